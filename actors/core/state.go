package core

import (
	"cmp"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// State is the state of the core. It is an immutable value: Step returns the next one,
// and the two share the parts that are equal.
type State struct {
	settings   *Settings
	started    time.Time     // when this run started, for the startup grace
	clock      time.Time     // core time: it never goes back
	skew       time.Duration // core time minus wall time; it grows when the wall clock steps back
	epoch      uint32        // counts the gaps in our own running (rule 8)
	signals    table
	owns       dict            // how many signals each probe has, except one-shots
	leaving    []messages.Key  // signals that are gone and whose recovery is held back
	waiting    []messages.Key  // one-shots that wait for their cause
	former     bool            // some keys of a snapshot of formerVersion were not mapped yet
	unreported map[string]bool // probes that have not reported in this run; nil: there was no roster
	channels   []*channel      // in the order of the roster
	silences   []silence       // oldest first
	lastID     uint64          // of the last silence
	seq        uint64          // of the last notification
	judged     int             // how many signals ever had data, at the last tick
	changes    uint64          // see Changes
	policies   []*Policy       // the latest distinct ones, which new signals share
}

// New returns the initial state.
func New(settings *Settings, at time.Time) State {
	return State{settings: settings, started: at.Round(0).UTC()}
}

// Reconfigure returns the state with other settings. Levels, counts and pending news stay;
// every signal gets its new policy. The time until now is measured by the former settings,
// since with a shorter tick it could look like a gap.
func Reconfigure(s State, settings *Settings, at time.Time) State {
	s, _ = begin(s, at).end()
	s.settings, s.policies = settings, nil
	edit := tableEdit{table: s.signals}
	for e := range s.signals.all {
		changed := *e
		changed.policy, changed.inhibits = s.shared(settings.PolicyOf(e.key())), settings.inhibits(e.key())
		edit.put(&changed)
	}
	s.signals = edit.table
	return s
}

// Changes returns a counter that rises when the content of a snapshot changes.
func (s State) Changes() uint64 { return s.changes }

// SignalView is one signal as users see it.
type SignalView struct {
	Key       messages.Key
	Level     messages.Level // of the last observation
	Hard      messages.Level
	Announced messages.Level
	Since     time.Time // when the present trouble began; zero: none
	Value     float64
	Valued    bool
	Threshold string
	Detail    string
	Flapping  bool
	Held      Reason
	Trouble   int64 // see messages.Trouble.Began; 0: none
	// Acknowledged is the zero value if nobody has acknowledged the trouble.
	Acknowledged messages.Acknowledgement
	SilencedBy   []string // ids of the silences that cover the signal
	Expected     bool     // the level is unknown, and that is normal now
}

// Signals returns all signals, sorted by key.
func (s State) Signals() []SignalView {
	views := make([]SignalView, 0, s.signals.index.size)
	for e := range s.signals.all {
		views = append(views, s.view(e))
	}
	slices.SortFunc(views, func(a, b SignalView) int { return cmp.Compare(a.Key, b.Key) })
	return views
}

// Signal returns one signal; ok is false for an unknown one.
func (s State) Signal(key messages.Key) (v SignalView, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return v, false
	}
	return s.view(e), true
}

func (s State) view(e *entry) SignalView {
	v := SignalView{
		Key: e.key(), Level: e.Seen, Hard: e.Hard, Announced: e.Announced, Value: e.last.Value, Valued: e.last.Valued,
		Threshold: e.last.Threshold, Detail: e.last.Detail, Flapping: e.Flapping, Held: e.Held, Expected: e.last.Expected,
	}
	if e.troubled() {
		v.Since, v.Trouble = e.Since.time().Add(-s.skew), e.Trouble
	}
	if e.acknowledged(s.clock, e.policy) {
		v.Acknowledged = e.ack.shown(s.skew)
	}
	for i := range s.silences {
		if s.silences[i].covers(e.key()) {
			v.SilencedBy = append(v.SilencedBy, s.silences[i].id)
		}
	}
	return v
}

// UnderWay reports whether an observation that equals the last one still matters: a count or
// wait of the signal is under way, or it may inhibit a signal that is unsettled.
func (s State) UnderWay(key messages.Key) bool {
	e := s.signals.get(key)
	return e != nil && (e.UnderWay() || e.inhibits && s.signals.unsettled > 0)
}

// Last returns the last observation of a signal as its probe made it; ok is false for an
// unknown signal.
func (s State) Last(key messages.Key) (obs messages.Observation, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return messages.Observation{}, false
	}
	return e.last, true
}

// TargetFailing reports whether the last observation of any signal over the network is above
// ok. Only then do failing witnesses mean watchdog_offline.
func (s State) TargetFailing() bool {
	for e := range s.signals.all {
		if kind, ok := messages.KindOf(e.key()); ok && kind.Network && e.Seen > messages.OK {
			return true
		}
	}
	return false
}
