package core

import (
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

const (
	// gapTicks without a message are a gap in our own running (rule 8).
	gapTicks = 10
	// backStep is how far a message's time may lie behind the latest without the wall
	// clock having stepped back: messages wait in mailboxes.
	backStep = time.Minute
	// ownProbe is the name under which the core observes its own signals.
	ownProbe = "core"
)

// Step takes one message: the same state and message give the same next state and
// effects, always. It never changes s.
func Step(s State, m messages.Message) (State, []Effect) {
	st := begin(s, m.When())
	switch m := m.(type) {
	case messages.Tick:
		st.tick()
	case messages.Report:
		st.report(m)
	case messages.Edge:
		st.observe(m.Probe, &m.Observation)
	case messages.Receipt:
		st.receipt(m)
	case messages.Roster:
		st.roster(m)
	case messages.Crash:
		st.crash(m)
	}
	return st.end()
}

// step is one Step under way: a copy of the state that it changes.
type step struct {
	State
	now      time.Time // the core's time
	wall     time.Time
	signals  tableEdit
	ownsOwns bool
	fresh    map[string]bool                 // channels that this step has its own copy of
	hard     map[messages.Key]messages.Level // of inhibiting signals in the report under way
	effects  []Effect
}

func begin(s State, at time.Time) *step {
	st := &step{State: s, wall: at.Round(0).UTC(), signals: tableEdit{table: s.signals}}
	st.now = st.wall.Add(s.skew)
	if back := s.clock.Sub(st.now); back > 0 {
		if back > backStep {
			st.skew += back
		}
		st.now = s.clock
	}
	if !s.clock.IsZero() && st.now.Sub(s.clock) > gapTicks*s.settings.Tick {
		st.epoch++
	}
	st.clock = st.now
	return st
}

func (st *step) end() (State, []Effect) {
	st.State.signals = st.signals.table
	return st.State, st.effects
}

func (st *step) tick() {
	for _, ch := range st.channels {
		st.observeDelivery(ch)
	}
	leaving := st.leaving
	st.leaving = nil
	for _, key := range leaving {
		if e := st.signals.get(key); e != nil && e.gone {
			st.tellGone(e)
		}
	}
}

// report takes all observations of one reading. Signals that inhibit others are
// debounced first, so that the order of observations does not matter.
func (st *step) report(r messages.Report) {
	for i := range r.Observations {
		st.debounceInhibitor(&r.Observations[i])
	}
	known, pending := 0, false
	for i := range r.Observations {
		if e := st.observe(r.Probe, &r.Observations[i]); e != nil {
			known++
			pending = pending || e.Pending()
		}
	}
	st.hard = nil
	if r.Complete && known != st.owns[r.Probe] {
		st.retireMissing(r)
	}
	if pending {
		st.effects = append(st.effects, Pending{Probe: r.Probe})
	}
}

func (st *step) debounceInhibitor(obs *messages.Observation) {
	e := st.signals.get(obs.Signal)
	if e == nil {
		e = st.settings.newEntry(obs.Signal)
	}
	if !e.inhibits || !e.policy.Enabled {
		return
	}
	if st.hard == nil {
		st.hard = make(map[messages.Key]messages.Level)
	}
	signal := st.upToDate(e)
	debounce(&signal, e.policy.level(obs.Level), st.now, e.policy)
	st.hard[obs.Signal] = signal.Hard
}

// observe takes one observation and gives its signal's entry, or nil where policy
// says that the signal is not watched.
func (st *step) observe(probe string, obs *messages.Observation) *entry {
	e := st.signals.get(obs.Signal)
	added := e == nil
	if added {
		e = st.settings.newEntry(obs.Signal)
	}
	if !e.policy.Enabled {
		if !added && !e.gone {
			st.retire(e)
		}
		return nil
	}
	next := *e
	next.last, next.probe, next.epoch, next.gone = finite(*obs), probe, st.epoch, false
	if obs.Level > messages.OK {
		next.bad = next.last
	}
	d := st.decide(e, &next)
	st.follow(&next, d)
	if next == *e {
		return e
	}
	if next.durable() != e.durable() || next.gone != e.gone {
		st.changes++
	}
	st.count(e, probe, added)
	stored := next // what lands on the heap, and only where something changed
	st.signals.put(&stored)
	return &stored
}

// finite drops a value that is no number: a snapshot has no word for it, and people
// have no use.
func finite(o messages.Observation) messages.Observation {
	if o.Value-o.Value != 0 {
		o.Value, o.Valued = 0, false
	}
	return o
}

// decide asks Decide, and asks again where it would tell and something suppresses
// the signal: looking for that is dear, and news is rare.
func (st *step) decide(prev, next *entry) Decision {
	obs := next.last
	obs.Level = next.policy.level(obs.Level)
	signal, d := Decide(st.upToDate(prev), obs, st.now, next.policy, Unsuppressed)
	if d.News != 0 {
		if held := st.held(next); held != Unsuppressed {
			signal, d = Decide(st.upToDate(prev), obs, st.now, next.policy, held)
		}
	}
	next.Signal = signal
	return d
}

// follow makes of a decision what others are to know of it.
func (st *step) follow(e *entry, d Decision) {
	if d.News != 0 {
		st.announce(e, d)
		return
	}
	// Once: the signal's Held, which the decision wrote, was another before.
	if d.Reason != Unsuppressed && st.heldBefore(e.key) != d.Reason {
		st.effects = append(st.effects, Withheld{Signal: e.key, Level: e.Seen, Reason: d.Reason})
	}
}

// heldBefore is why the signal was held back before this step.
func (st *step) heldBefore(key messages.Key) Reason {
	if e := st.State.signals.get(key); e != nil {
		return e.Held
	}
	return Unsuppressed
}

// upToDate is the signal without counts from before a gap.
func (st *step) upToDate(e *entry) Signal {
	if e.epoch != st.epoch {
		return e.forgetPending()
	}
	return e.Signal
}

// held says what suppresses the telling of a signal now (rule 4).
func (st *step) held(e *entry) Reason {
	if since(st.started, st.wall) < st.settings.StartupGrace {
		return HeldByGrace
	}
	if e.policy.Mute {
		return HeldByMute
	}
	for _, w := range e.policy.Windows {
		if w.Open(st.wall) {
			return HeldByMaintenance
		}
	}
	for _, by := range e.policy.InhibitedBy {
		if st.active(by, e.key) {
			return HeldByInhibition
		}
	}
	return Unsuppressed
}

// active tells whether the hard level of a signal that fits the glob is above ok.
func (st *step) active(pattern string, except messages.Key) bool {
	if glob.Literal(pattern) {
		key := messages.Key(pattern)
		return key != except && st.hardOf(key, st.signals.get(key)) > messages.OK
	}
	for e := range st.signals.all {
		if e.key != except && glob.Match(pattern, string(e.key)) && st.hardOf(e.key, e) > messages.OK {
			return true
		}
	}
	return false
}

func (st *step) hardOf(key messages.Key, e *entry) messages.Level {
	if level, ok := st.hard[key]; ok {
		return level
	}
	if e == nil {
		return messages.OK
	}
	return e.Hard
}

func (st *step) crash(m messages.Crash) {
	if m.Lost != nil {
		st.acknowledge(m.Lost.Channel, m.Lost.ID)
	}
	st.observe(ownProbe, &messages.Observation{
		Signal: "watchdog_core", Level: messages.Critical,
		Detail: "the decision core panicked on a " + m.On + "; it was dropped and the state is kept: see the log event actor_panicked and report it",
	})
}
