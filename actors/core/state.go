package core

import (
	"cmp"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// State is all that the core knows. It is a value that is never changed: Step makes
// the next one, and the two share what is alike.
type State struct {
	settings *Settings
	started  time.Time       // of this run, for the startup grace
	clock    time.Time       // the core's time: it never goes back
	skew     time.Duration   // the core's time less the wall's: grows where the wall steps back
	epoch    uint32          // counts the gaps in our own running (rule 8)
	signals  table           //
	owns     map[string]int  // how many signals each probe has
	leaving  []messages.Key  // gone, with a recovery to tell that is held back
	waiting  []messages.Key  // one-shots that wait for their cause
	former   bool            // some keys of a former version's snapshot were not mapped yet
	unread   map[string]bool // probes that have not reported in this run; nil: there was no roster
	channels []*channel      // in the order of the roster
	silences []silence       // in the order in which they were made
	lastID   uint64          // of the last silence
	seq      uint64          // of the last notification
	judged   int             // how many signals had data once, at the last tick
	changes  uint64          // counts changes of what a snapshot holds
	policies []*Policy       // the latest different ones, which new signals share
}

// New makes the state of a watchdog that was told nothing yet.
func New(settings *Settings, at time.Time) State {
	return State{settings: settings, started: at.Round(0).UTC()}
}

// Reconfigure gives the state other settings. Levels, counts and what is still to be
// told stay; every signal gets the policy that applies to it now. Time before the
// change is measured by the former settings: with a shorter tick it would look like a gap.
func Reconfigure(s State, settings *Settings, at time.Time) State {
	s, _ = begin(s, at).end()
	s.settings, s.policies = settings, nil
	edit := tableEdit{table: s.signals}
	for e := range s.signals.all {
		changed := *e
		changed.policy, changed.inhibits = s.shared(settings.For(e.key)), settings.inhibits(e.key)
		edit.put(&changed)
	}
	s.signals = edit.table
	return s
}

// Changes counts the changes of what a snapshot holds. When it has moved, a new snapshot is
// worth writing.
func (s State) Changes() uint64 { return s.changes }

// SignalView is one signal as the outside sees it.
type SignalView struct {
	Key       messages.Key
	Level     messages.Level // of the last observation
	Hard      messages.Level
	Announced messages.Level
	Since     time.Time // of the trouble that is hard, or flaps; zero where there is none
	Value     float64
	Valued    bool
	Threshold string
	Detail    string
	Flapping  bool
	Held      Reason
	Trouble   int64 // names the trouble, see messages.Trouble; 0 where there is none
	// Acknowledged says who has taken the trouble on; the zero value: nobody.
	Acknowledged messages.Acknowledgement
	SilencedBy   []string // ids of the silences that cover it
	Expected     bool     // of an unknown level: it is right that there is no data
}

// Signals lists all signals by key.
func (s State) Signals() []SignalView {
	views := make([]SignalView, 0, len(s.signals.index))
	for e := range s.signals.all {
		views = append(views, s.view(e))
	}
	slices.SortFunc(views, func(a, b SignalView) int { return cmp.Compare(a.Key, b.Key) })
	return views
}

// Signal gives one signal; ok is false for one that is not known.
func (s State) Signal(key messages.Key) (v SignalView, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return v, false
	}
	return s.view(e), true
}

func (s State) view(e *entry) SignalView {
	v := SignalView{
		Key: e.key, Level: e.Seen, Hard: e.Hard, Announced: e.Announced, Value: e.last.Value, Valued: e.last.Valued,
		Threshold: e.last.Threshold, Detail: e.last.Detail, Flapping: e.Flapping, Held: e.Held, Expected: e.last.Expected,
	}
	if e.troubled() {
		v.Since, v.Trouble = e.Since.Add(-s.skew), e.Trouble
	}
	if e.acknowledged(s.clock, e.policy) {
		v.Acknowledged = e.ack.shown(s.skew)
	}
	for i := range s.silences {
		if s.silences[i].covers(e.key) {
			v.SilencedBy = append(v.SilencedBy, s.silences[i].id)
		}
	}
	return v
}

// UnderWay tells whether a further observation of the signal matters also where it is like
// the last one: a count or a wait of its own is under way, or it may inhibit a signal of
// which there is something to tell.
func (s State) UnderWay(key messages.Key) bool {
	e := s.signals.get(key)
	return e != nil && (e.UnderWay() || e.inhibits && s.signals.unsettled > 0)
}

// Last gives the last observation of a signal as its probe made it; ok is false for
// a signal that is not known.
func (s State) Last(key messages.Key) (obs messages.Observation, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return messages.Observation{}, false
	}
	return e.last, true
}

// TargetFailing tells whether a signal that is seen over the network was last seen
// failing: what turns failing witnesses into watchdog_offline.
func (s State) TargetFailing() bool {
	for e := range s.signals.all {
		if kind, ok := messages.KindOf(e.key); ok && kind.Network && e.Seen > messages.OK {
			return true
		}
	}
	return false
}
