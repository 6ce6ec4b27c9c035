package core

import (
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// maxPassing bounds how far inhibition is passed on. Settings hold no circle.
const maxPassing = 16

// Inhibitor fits the signals that inhibit another one.
type Inhibitor struct {
	pattern string
	literal bool // pattern is a key
}

// instanceMark stands for the signal's own instance in inhibited_by.
const instanceMark = "{instance}"

// inhibitor makes an entry of inhibited_by into what it means for one signal. An instance
// stands for itself, also where it holds a * or a ?.
func inhibitor(pattern string, key messages.Key) Inhibitor {
	return Inhibitor{strings.ReplaceAll(pattern, instanceMark, key.Instance()), glob.Literal(pattern)}
}

func (i Inhibitor) fits(key messages.Key) bool {
	return i.pattern == string(key) || !i.literal && glob.Match(i.pattern, string(key))
}

// inhibited is rule 5: what other signals mean for the telling of e.
func (st *step) inhibited(e *entry, news messages.News) Reason {
	waits := st.passPending(e)
	for by := range st.inhibitorsOf(e) {
		if st.up(by, 0) {
			return HeldByInhibition
		}
		if st.waitsFor(e, by, news) {
			waits = true
			st.effects = append(st.effects, Pending{Probe: by.probe})
		}
	}
	if waits {
		return HeldByWait
	}
	return Unsuppressed
}

// inhibitorsOf gives the known inhibitors of a signal: never itself, nor what is gone.
func (st *step) inhibitorsOf(e *entry) func(yield func(*entry) bool) {
	return func(yield func(*entry) bool) {
		for _, i := range e.policy.inhibitors {
			if i.literal {
				if by := st.signals.get(messages.Key(i.pattern)); by != nil && by.key != e.key && !by.gone && !yield(by) {
					return
				}
				continue
			}
			for by := range st.signals.all {
				if by.inhibits && by.key != e.key && !by.gone && i.fits(by.key) && !yield(by) {
					return
				}
			}
		}
	}
}

// up tells whether an inhibitor holds what it inhibits: its hard level is above ok, or it
// has no data because it is inhibited itself.
func (st *step) up(e *entry, passed int) bool {
	if e.Hard > messages.OK {
		return true
	}
	if e.Seen != messages.Unknown || e.epoch != st.epoch || passed == maxPassing {
		return false
	}
	for by := range st.inhibitorsOf(e) {
		if st.up(by, passed+1) {
			return true
		}
	}
	return false
}

// waitsFor tells whether news of e waits until it is known whether the inhibitor is up:
// while that one counts upward, or was observed before the trouble but not since.
func (st *step) waitsFor(e, by *entry, news messages.News) bool {
	due := st.now
	if !e.WaitSince.IsZero() {
		due = e.WaitSince
	}
	if by.Seen == messages.Unknown || since(due, st.now) >= st.patience(by) {
		return false
	}
	if signal := st.upToDate(by); signal.rising() {
		return true
	}
	// By the start of the reading: one that was under way may have seen the time before.
	return by.probe != e.probe && by.seenAt.Before(st.troubleOf(e, news))
}

// patience is how long news waits for an inhibitor at the most.
func (st *step) patience(by *entry) time.Duration {
	interval := by.interval
	if interval <= 0 {
		interval = st.settings.Tick
	}
	return time.Duration(max(2, by.policy.RaiseTicks)) * interval
}

// troubleOf is when the trouble began that the news tells of: the present run of observations
// above ok, since what came before may have been told. It is zero for news of a trouble that was
// told, when every inhibitor was observed.
func (st *step) troubleOf(e *entry, news messages.News) time.Time {
	switch news {
	case messages.Alert, messages.Flapping:
		if e.Announced == messages.OK && e.AtLeastWarning > 0 {
			return e.BadSince
		}
	case messages.Event:
		if e.WaitSince.IsZero() {
			return st.now
		}
		return e.WaitSince
	case messages.Worse, messages.Still, messages.Recovered, messages.Missed:
	}
	return time.Time{}
}

// passPending tells whether the first pass of all probes is under way: a signal that could
// be inhibited waits for it, two ticks at the most.
func (st *step) passPending(e *entry) bool {
	return len(st.unread) > 0 && len(e.policy.inhibitors) > 0 && since(st.started, st.wall) < 2*st.settings.Tick
}

// expect begins the first pass, with the first roster of this run.
func (st *step) expect(probes []string) {
	if st.unread != nil {
		return
	}
	st.unread = make(map[string]bool, len(probes))
	for _, name := range probes {
		st.unread[name] = true
	}
}

// passed notes that a probe reported.
func (st *step) passed(probe string) {
	if !st.unread[probe] {
		return
	}
	unread := make(map[string]bool, len(st.unread))
	for name := range st.unread {
		if name != probe {
			unread[name] = true
		}
	}
	st.unread = unread
}
