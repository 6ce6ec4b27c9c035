package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// blindAfter is how long a signal that was judged before may be without data.
	blindAfter = 15 * time.Minute
	// maxBlindKeys are named in the detail.
	maxBlindKeys = 5

	blindSignal messages.Key = "watchdog_blind"
)

// withoutData is the time since which the signal lacks data that it should have. It is zero if
// the signal has data, was never judged, or rightly has none.
func withoutData(e *entry, obs *messages.Observation, now time.Time) time.Time {
	switch {
	case obs.Level != messages.Unknown, obs.Expected, !e.judged:
		return time.Time{}
	case e.blindSince.IsZero():
		return now
	}
	return e.blindSince
}

// observeBlindness is the core's own observation of signals that nobody can judge any more,
// where nothing else says why: no inhibitor, and no trouble of their probe.
func (st *step) observeBlindness() {
	var keys []string
	why, judged := "", 0
	for e := range st.signals.all {
		if e.judged {
			judged++
		}
		if e.blindSince.IsZero() || e.epoch != st.epoch || since(e.blindSince, st.now) < blindAfter || st.explained(e) {
			continue
		}
		if why == "" {
			why = e.last.Detail
		}
		keys = append(keys, string(e.key))
	}
	if judged != st.judged { // once a tick: each container that comes is not worth a write
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
		return // it never was
	}
	st.observeOwn(reading{}, o)
}

// explained tells whether another signal says why there is no data.
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
