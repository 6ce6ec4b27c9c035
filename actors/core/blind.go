package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// blindAfter is how long a signal that once had a level may lack data.
	blindAfter = 15 * time.Minute
	// maxBlindKeys is how many signals the detail names.
	maxBlindKeys = 5

	blindSignal messages.Key = "watchdog_blind"
)

// noDataSince returns since when the signal lacks data that it should have. It is zero if
// the signal has data, never had any, or is expected to have none.
func noDataSince(e *entry, obs *messages.Observation, now time.Time) instant {
	switch {
	case obs.Level != messages.Unknown, obs.Expected, !e.judged:
		return 0
	case e.blindSince.IsZero():
		return instantOf(now)
	}
	return e.blindSince
}

// observeBlindness observes watchdog_blind: signals that lack data for too long without an
// inhibitor or a failing probe that explains it.
func (st *step) observeBlindness() {
	var keys []string
	why, judged := "", 0
	for e := range st.signals.all {
		if e.judged {
			judged++
		}
		if e.blindSince.IsZero() || e.epoch != st.epoch || since(e.blindSince.time(), st.now) < blindAfter || st.explained(e) {
			continue
		}
		if why == "" {
			why = e.last.Detail
		}
		keys = append(keys, string(e.key()))
	}
	if judged != st.judged { // counted once a tick: a new container alone is not worth a snapshot
		st.judged = judged
		st.changes++
	}
	o := messages.Observation{Signal: blindSignal, Detail: "every signal that was judged before is judged"}
	if len(keys) > 0 {
		slices.Sort(keys)
		shown := strings.Join(keys[:min(len(keys), maxBlindKeys)], ", ")
		if more := len(keys) - maxBlindKeys; more > 0 {
			shown += fmt.Sprintf(" and %d more", more)
		}
		o.Level = messages.Warning
		o.Detail = joined(fmt.Sprintf("no data for %d min of %s", int(blindAfter.Minutes()), shown), why, ": ")
		o = o.WithValue(float64(len(keys)))
	} else if st.signals.get(blindSignal) == nil {
		return // nothing was ever blind
	}
	st.observeOwn(reading{}, o)
}

// explained reports whether another signal explains the missing data.
func (st *step) explained(e *entry) bool {
	if probe := st.signals.get(messages.NewKey("watchdog_probe", e.probe)); probe != nil && probe.Hard > messages.OK {
		return true
	}
	for by := range st.inhibitorsOf(e) {
		if st.up(by, 0) {
			return true
		}
	}
	return false
}
