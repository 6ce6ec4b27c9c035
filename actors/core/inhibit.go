package core

import (
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// maxPassing is the longest chain of inhibitors that is followed.
const maxPassing = 16

// Inhibitor matches the signals that inhibit another one.
type Inhibitor struct {
	pattern string
	literal bool // pattern is a key
}

// instanceMark stands for the signal's own instance in inhibited_by.
const instanceMark = "{instance}"

// inhibitor resolves an entry of inhibited_by for one signal. A * or ? in the signal's instance
// is not a wildcard.
func inhibitor(pattern string, key messages.Key) Inhibitor {
	return Inhibitor{strings.ReplaceAll(pattern, instanceMark, key.Instance()), glob.Literal(pattern)}
}

func (i Inhibitor) matches(key messages.Key) bool {
	return i.pattern == string(key) || !i.literal && glob.Match(i.pattern, string(key))
}

// inhibited applies rule 5: it returns whether other signals hold news of e back.
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

// inhibitorsOf iterates over the known inhibitors of a signal, except itself and those that are
// gone.
func (st *step) inhibitorsOf(e *entry) func(yield func(*entry) bool) {
	return func(yield func(*entry) bool) {
		for _, i := range e.policy.inhibitors {
			if i.literal {
				if by := st.signals.get(messages.Key(i.pattern)); by != nil && by.key() != e.key() && !by.gone && !yield(by) {
					return
				}
				continue
			}
			for by := range st.signals.all {
				if by.inhibits && by.key() != e.key() && !by.gone && i.matches(by.key()) && !yield(by) {
					return
				}
			}
		}
	}
}

// up reports whether an inhibitor inhibits now: its hard level is above ok, or it has no data
// because it is inhibited itself.
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

// waitsFor reports whether news of e waits until it is known whether the inhibitor is up. It
// does while the inhibitor counts upwards, or was observed before the trouble but not since.
func (st *step) waitsFor(e, by *entry, news messages.News) bool {
	due := st.now
	if !e.WaitSince.IsZero() {
		due = e.WaitSince.time()
	}
	if by.Seen == messages.Unknown || since(due, st.now) >= st.patience(by) {
		return false
	}
	if signal := st.upToDate(by); signal.rising() {
		return true
	}
	// Compare the start of the reading: one that was under way may have seen the state before.
	return by.probe != e.probe && by.seenAt.time().Before(st.troubleOf(e, news))
}

// patience returns how long news waits for an inhibitor at most.
func (st *step) patience(by *entry) time.Duration {
	interval := by.interval
	if interval <= 0 {
		interval = st.settings.Tick
	}
	return time.Duration(max(2, by.policy.RaiseTicks)) * interval
}

// troubleOf returns when the trouble began that the news is about: the start of the present run
// of observations above ok. It is zero for a trouble that was told before, since its news has
// waited for the inhibitors already.
func (st *step) troubleOf(e *entry, news messages.News) time.Time {
	switch news {
	case messages.Alert, messages.Flapping:
		if e.Announced == messages.OK && e.AtLeastWarning > 0 {
			return e.BadSince.time()
		}
	case messages.Event:
		if e.WaitSince.IsZero() {
			return st.now
		}
		return e.WaitSince.time()
	case messages.Worse, messages.Still, messages.Recovered, messages.Missed:
	}
	return time.Time{}
}

// passPending reports whether e waits for the first pass of all probes: it can be inhibited, and
// some probe has not reported yet. It waits two ticks at most.
func (st *step) passPending(e *entry) bool {
	return len(st.unreported) > 0 && len(e.policy.inhibitors) > 0 && since(st.started, st.wall) < 2*st.settings.Tick
}

// expect starts the first pass, at the first roster of this run.
func (st *step) expect(probes []string) {
	if st.unreported != nil {
		return
	}
	st.unreported = make(map[string]bool, len(probes))
	for _, name := range probes {
		st.unreported[name] = true
	}
}

// passed records that a probe has reported.
func (st *step) passed(probe string) {
	if !st.unreported[probe] {
		return
	}
	unreported := make(map[string]bool, len(st.unreported))
	for name := range st.unreported {
		if name != probe {
			unreported[name] = true
		}
	}
	st.unreported = unreported
}
