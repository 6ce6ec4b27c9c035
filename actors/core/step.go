package core

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// gapTicks ticks without a message are a gap in our own running (rule 8).
	gapTicks = 10
	// backStep is how much older than the latest message a message may be, since messages
	// wait in mailboxes. If one is older, the wall clock has stepped back.
	backStep = time.Minute
	// ownProbe is the probe of the core's own signals.
	ownProbe = "core"
)

// Step handles one message and returns the next state and the effects. It is a pure
// function, and never changes s.
func Step(s State, m messages.Message) (State, []Effect) {
	st := begin(s, m.When())
	switch m := m.(type) {
	case messages.Tick:
		st.tick()
	case messages.Report:
		st.report(m)
	case messages.Edge:
		st.observe(m.Probe, reading{began: st.now}, &m.Observation)
	case messages.Receipt:
		st.receipt(m)
	case messages.Polled:
		st.polled(m)
	case messages.Roster:
		st.roster(m)
	case messages.Crash:
		st.crash(m)
	case messages.Retired:
		st.retired(m)
	case messages.Acknowledge:
		st.acknowledge(m)
	case messages.Silence:
		st.silence(m)
	case messages.Unsilence:
		st.unsilence(m)
	}
	st.tell()
	st.tellWaiting()
	st.escalate()
	return st.end()
}

// step is a Step under way, with its own copy of the state. All observations of a message are
// taken before anything is told, so that their order does not matter.
type step struct {
	State
	now      time.Time // core time
	wall     time.Time
	signals  tableEdit
	owned    dictEdit        // of owns
	fresh    map[string]bool // the channels that are this step's own copies
	due      []messages.Key  // observed signals with news to tell or hold back
	gone     []messages.Key  // retired signals with a recovery to tell or hold back
	confirm  bool            // the probe should read again soon
	observed bool            // the message had an observation
	effects  []Effect
}

// reading is the start of a report's reading, and the interval of its probe.
type reading struct {
	began    time.Time
	interval time.Duration
}

func begin(s State, at time.Time) *step {
	st := &step{State: s, wall: at.Round(0).UTC(), signals: tableEdit{table: s.signals}}
	st.now = st.wall.Add(s.skew)
	if back := s.clock.Sub(st.now); back > 0 {
		if back > backStep {
			st.skew += back
			st.shiftOutboxes(-back)
		}
		st.now = s.clock
	}
	if !s.clock.IsZero() && st.now.Sub(s.clock) > gapTicks*s.settings.Tick {
		st.epoch++
	}
	st.clock = st.now
	st.endSilences()
	return st
}

func (st *step) end() (State, []Effect) {
	st.State.signals = st.signals.table
	return st.State, st.effects
}

// wallTime converts core time to wall time; zero stays zero.
func (st *step) wallTime(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-st.skew)
}

func (st *step) tick() {
	for _, ch := range st.channels {
		if ch.shortened != "" {
			ch = st.edit(ch.name)
			ch.shortened = ""
		}
		st.delayPending(ch)
		st.observeDelivery(ch)
	}
	st.observeBlindness()
	st.gone, st.leaving = append(st.gone, st.leaving...), nil
}

// report handles the report of a probe.
func (st *step) report(r messages.Report) {
	st.renameSubjects(r)
	read := reading{began: st.now.Add(-r.Took), interval: r.Interval}
	known := 0
	for i := range r.Observations {
		if e := st.observe(r.Probe, read, &r.Observations[i]); e != nil {
			known++
			st.confirm = st.confirm || e.Pending()
		}
	}
	if r.Complete {
		if owned, _ := st.owns.get(r.Probe); known != owned {
			st.retireMissing(r, read)
		}
		st.forgetFormer(r.Probe)
	}
	st.passed(r.Probe)
	st.tell()
	if st.confirm {
		st.effects = append(st.effects, Pending{Probe: r.Probe})
	}
}

// observe applies one observation and returns its signal's entry, or nil if the policy
// disables the signal. News of it is decided later.
func (st *step) observe(probe string, read reading, obs *messages.Observation) *entry {
	e := st.signals.get(obs.Signal)
	added := e == nil
	if added {
		e = st.newEntry(obs.Signal)
	}
	if !e.policy.Enabled {
		if !added && !e.gone {
			st.retire(e)
		}
		return nil
	}
	next := *e
	next.last, next.probe, next.epoch, next.gone, next.former = finite(*obs), probe, st.epoch, false, false
	next.last.Signal = e.key() // equal, and not another string in memory
	if obs.Level > messages.OK {
		next.fell(next.last)
	}
	if e.epoch != st.epoch { // a gap is no evidence (rule 8)
		next.blindSince = 0
	}
	next.blindSince = noDataSince(&next, obs, st.now)
	next.judged = next.judged || obs.Level != messages.Unknown
	if read.interval > 0 {
		next.interval = read.interval
	}
	if e.inhibits && st.signals.unsettled > 0 {
		next.seenAt = instantOf(read.began)
	}
	st.observed = true
	next.Signal = Observe(st.upToDate(e), e.policy.level(obs.Level), st.now, e.policy)
	st.decideLater(&next, obs.Level)
	if next == *e {
		return e
	}
	st.count(e, probe, added)
	return st.store(e, &next)
}

// decideLater adds a signal with news to due, since news is decided after all observations of
// the message. If the signal has no news, nothing of it is held back any more.
func (st *step) decideLater(e *entry, level messages.Level) {
	if e.policy.OneShot {
		if level > messages.OK {
			st.due = append(st.due, e.key())
		}
		return
	}
	d := e.due(st.now, e.policy)
	if d.News != 0 {
		st.due = append(st.due, e.key())
		return
	}
	st.follow(e, d)
	e.Held, e.WaitSince = d.Reason, 0
}

// store puts a changed entry into the table. It allocates, so callers skip unchanged entries.
func (st *step) store(before, after *entry) *entry {
	if after.durable() != before.durable() || after.gone != before.gone {
		st.changes++
	}
	stored := *after
	st.signals.put(&stored)
	return &stored
}

// tell decides on the news that is due.
func (st *step) tell() {
	for _, key := range st.due {
		if e := st.signals.get(key); e != nil {
			st.decide(e)
		}
	}
	gone := st.gone
	st.due, st.gone = nil, nil
	for _, key := range gone {
		if e := st.signals.get(key); e != nil && e.gone {
			st.tellGone(e)
		}
	}
}

// finite drops a value that is NaN or infinite, since JSON can't encode it.
func finite(o messages.Observation) messages.Observation {
	if o.Value-o.Value != 0 { // NaN
		o.Value, o.Valued = 0, false
	}
	return o
}

// decide calls Decide. If there is news and the signal is suppressed, it calls Decide again with
// the reason. Checking that first would be slower, since most observations bring no news.
func (st *step) decide(e *entry) {
	signal, d := Decide(e.Signal, st.now, e.policy, Unsuppressed)
	if d.News != 0 {
		if held := st.held(e, d.News); held != Unsuppressed {
			signal, d = Decide(e.Signal, st.now, e.policy, held)
		}
	}
	next := *e
	next.Signal = signal
	st.follow(&next, d)
	st.confirm = st.confirm || !next.WaitSince.IsZero()
	if next == *e {
		return
	}
	if next.policy.OneShot && next.WaitSince != e.WaitSince {
		st.waitForCause(next.key(), !next.WaitSince.IsZero())
	}
	st.store(e, &next)
}

// follow announces the news of a decision, or reports once that it is held back.
func (st *step) follow(e *entry, d Decision) {
	if d.News != 0 {
		st.announce(e, d)
		return
	}
	if d.Reason != Unsuppressed && st.heldBefore(e.key()) != d.Reason {
		st.effects = append(st.effects, Suppressed{Signal: e.key(), Level: e.Seen, Reason: d.Reason})
	}
}

// heldBefore returns why the signal was held back before this step.
func (st *step) heldBefore(key messages.Key) Reason {
	if e := st.State.signals.get(key); e != nil {
		return e.Held
	}
	return Unsuppressed
}

// upToDate returns the signal without counts from before a gap.
func (st *step) upToDate(e *entry) Signal {
	if e.epoch != st.epoch {
		return e.forgetPending(e.policy, st.now)
	}
	return e.Signal
}

// held returns what suppresses news of a signal now (rules 4, 5 and 11).
func (st *step) held(e *entry, news messages.News) Reason {
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
	if news != messages.Recovered && st.isSilenced(e.key()) {
		return HeldBySilence
	}
	return st.inhibited(e, news)
}

// waitForCause records whether a one-shot waits for its cause. Since a one-shot is observed only
// when it happens, observations of other signals end its wait.
func (st *step) waitForCause(key messages.Key, waits bool) {
	st.waiting = slices.DeleteFunc(slices.Clone(st.waiting), func(k messages.Key) bool { return k == key })
	if waits {
		st.waiting = append(st.waiting, key)
	}
}

// tellWaiting decides again on the one-shots that wait for their cause, if the message observed
// anything.
func (st *step) tellWaiting() {
	if !st.observed {
		return
	}
	for _, key := range st.waiting {
		if e := st.signals.get(key); e != nil {
			st.decide(e)
		} else {
			st.waitForCause(key, false)
		}
	}
}

func (st *step) crash(m messages.Crash) {
	if m.Lost != nil {
		st.ackReceipt(m.Lost.Channel, m.Lost.ID)
	}
	st.observeOwn(reading{began: st.now}, messages.Observation{
		Signal: "watchdog_core", Level: messages.Critical,
		Detail: "the decision core panicked on a " + m.On + "; it was dropped and the state is kept: see the log event actor_panicked and report it",
	})
}

// observeOwn applies an observation that the core made itself.
func (st *step) observeOwn(read reading, o messages.Observation) {
	st.observe(ownProbe, read, &o)
	st.effects = append(st.effects, Observed{st.wall, o})
}
