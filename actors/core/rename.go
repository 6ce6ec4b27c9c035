package core

import (
	"slices"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// renameSubjects renames the signals whose subjects have a new name in the report, so that
// their trouble goes on under the new name.
func (st *step) renameSubjects(r messages.Report) {
	st.warnOfFormer(r.Renamed)
	if !st.mayRename(r) {
		return
	}
	for _, rn := range st.renames(r) {
		st.rename(rn)
	}
}

// warnOfFormer warns of policies and windows that match a former key and not the present one.
func (st *step) warnOfFormer(renamed []messages.Rename) {
	warn := func(where, pattern string, rn messages.Rename) {
		if glob.Match(pattern, string(rn.From)) && !glob.Match(pattern, string(rn.To)) {
			st.effects = append(st.effects, Outdated{Where: where, Glob: pattern, Now: rn.To})
		}
	}
	for _, rn := range renamed {
		for i := range st.settings.Rules {
			warn(st.settings.Rules[i].From, st.settings.Rules[i].Glob, rn)
		}
		for _, w := range st.settings.Windows {
			warn(w.From, w.Signals, rn)
		}
	}
}

// mayRename is a cheap check: does the report have a key that is new, or one that belongs to
// another subject than before?
func (st *step) mayRename(r messages.Report) bool {
	for _, rn := range r.Renamed {
		if st.signals.get(rn.From) != nil && st.signals.get(rn.To) == nil {
			return true
		}
	}
	for i := range r.Observations {
		if o := &r.Observations[i]; o.Subject != "" {
			if e := st.signals.get(o.Signal); e == nil || e.last.Subject != o.Subject {
				return true
			}
		}
	}
	return false
}

// renames returns the renames of a report in the order in which they can be made.
func (st *step) renames(r messages.Report) []messages.Rename {
	names := make(map[string]string)          // by subject, in the report
	observed := make(map[messages.Key]string) // the subject of each key, in the report
	for i := range r.Observations {
		o := &r.Observations[i]
		observed[o.Signal] = o.Subject
		if o.Subject != "" {
			names[o.Subject] = o.Signal.Instance()
		}
	}
	var moves []messages.Rename
	for e := range st.signals.all {
		name, known := names[e.last.Subject]
		if known && e.last.Subject != "" && e.probe == r.Probe && !e.gone && name != e.key().Instance() && observed[e.key()] != e.last.Subject {
			moves = append(moves, messages.Rename{From: e.key(), To: messages.NewKey(e.key().Kind(), name)})
		}
	}
	for _, rn := range r.Renamed {
		if _, still := observed[rn.From]; !still && st.signals.get(rn.From) != nil && st.signals.get(rn.To) == nil {
			moves = append(moves, rn)
		}
	}
	return ordered(moves)
}

// ordered sorts the moves so that a key is free before another signal moves to it.
func ordered(moves []messages.Rename) []messages.Rename {
	sorted := make([]messages.Rename, 0, len(moves))
	for len(moves) > 0 {
		i := slices.IndexFunc(moves, func(m messages.Rename) bool {
			return !slices.ContainsFunc(moves, func(other messages.Rename) bool { return other.From == m.To && other != m })
		})
		if i < 0 {
			break // subjects that swapped their names: nothing moves
		}
		sorted = append(sorted, moves[i])
		moves = slices.Delete(moves, i, i+1)
	}
	return sorted
}

// rename moves one signal, with all that the channels hold of it. If there is a signal with the
// new key that is in trouble, nothing moves.
func (st *step) rename(rn messages.Rename) {
	e := st.signals.get(rn.From)
	if e == nil || e.gone {
		return
	}
	if there := st.signals.get(rn.To); there != nil {
		if there.Hard != messages.OK || there.Announced != messages.OK {
			return
		}
		st.drop(there)
	}
	moved := *st.newEntry(rn.To)
	moved.Signal, moved.last = e.Signal, e.last
	moved.last.Signal = rn.To
	if e.bad != nil {
		bad := *e.bad
		bad.Signal = rn.To
		moved.fell(bad)
	}
	moved.judged, moved.blindSince = e.judged, e.blindSince
	moved.probe, moved.interval, moved.seenAt, moved.epoch = e.probe, e.interval, e.seenAt, e.epoch
	if e.kept() {
		st.changes++
	}
	st.signals.remove(rn.From)
	st.signals.put(&moved)
	for i, key := range st.waiting {
		if key == rn.From {
			st.waiting = slices.Clone(st.waiting)
			st.waiting[i] = rn.To
		}
	}
	for _, ch := range st.channels {
		if ch.mentions(rn.From) {
			st.edit(ch.name).rename(rn, st.seq)
		}
	}
	st.effects = append(st.effects, Renamed(rn))
}

// forgetFormer drops the signals under keys of an earlier version that a complete report of the
// probe did not map to new keys.
func (st *step) forgetFormer(probe string) {
	if !st.former {
		return
	}
	st.former = false
	for e := range st.State.signals.all {
		e = st.signals.get(e.key())
		switch {
		case e == nil || !e.former:
		case e.probe != probe:
			st.former = true
		default:
			st.drop(e)
			for _, ch := range st.channels {
				if ch.mentions(e.key()) {
					st.edit(ch.name).forget(e.key())
				}
			}
		}
	}
}
