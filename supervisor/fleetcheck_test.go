package supervisor_test

import (
	"fmt"
	"time"

	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// leastDelay is how long a failed send is not repeated.
const leastDelay = time.Second / 2

// longEnough is how long a truth lasts, with nothing in its way, until it was told: five readings,
// and what the delays of a chat and the rest behind flapping take.
func (h *site) longEnough() time.Duration { return 15*time.Minute + 5*max(h.tick, time.Minute) }

// flapsOut is the same of a signal that somebody knows as flapping: that ends by 20 readings.
func (h *site) flapsOut() time.Duration { return max(h.longEnough(), 21*h.tick) }

// looksBack is how old the readings may be of which something is decided.
func (h *site) looksBack() time.Duration { return 3 * h.tick }

// wrongs notes what should not be. The host is locked.
func (h *site) wrongs(format string, args ...any) {
	if len(h.wrong) < 10 {
		h.wrong = append(h.wrong, time.Now().UTC().Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
	}
}

// take is that a batch arrived: what it tells is in order, signal by signal, and follows from
// what was told before.
func (c *phone) take(batch notifier.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	heard, now := c.heard[c.name], time.Now()
	for _, n := range batch.Items {
		c.counts[n.News.String()]++
		if n.News == messages.Event {
			c.takeEvent(n)
			continue
		}
		if n.Seq < c.last[n.Signal] {
			c.wrongs("%s: %s %s, number %d, came behind number %d", c.name, n.News, n.Signal, n.Seq, c.last[n.Signal])
		}
		c.last[n.Signal] = n.Seq
		before, known := heard[n.Signal]
		if known && n.Seq == before.Seq && !c.mayRepeat(before.at) {
			c.wrongs("%s: %s %s, number %d, came twice", c.name, n.News, n.Signal, n.Seq)
		}
		if n.News == messages.Still && now.Sub(before.at) < leastCooldown/2 && c.mayNotRemind(n, before.at) {
			c.wrongs("%s: STILL %s came %s behind %q", c.name, n.Signal, now.Sub(before.at), before.News)
		}
		if n.News == messages.Recovered && !before.waits() && (!known || !c.mayRepeat(before.at)) {
			c.wrongs("%s: RECOVERED %s behind %q", c.name, n.Signal, before.News)
		}
		heard[n.Signal] = told{n, now}
	}
}

// told is what a channel heard of a signal last.
type told struct {
	messages.Notification
	at time.Time
}

func (t told) flaps() bool { return t.Flaps || t.News == messages.Flapping }

// waits tells whether people wait for a RECOVERED.
func (t told) waits() bool { return isBad(t.Notification) || t.News == messages.Flapping }

// mayRepeat tells whether a confirmation may have been lost since: what arrived then comes again.
func (c *phone) mayRepeat(since time.Time) bool {
	for _, at := range []time.Time{c.unconfirmed[c.name], c.panics["notifier:"+c.name], c.panics["core"], c.started} {
		if !at.Before(since) {
			return true
		}
	}
	return false
}

// mayNotRemind tells whether nothing allows a reminder soon behind other news: a clock that stepped
// ahead, an acknowledgement that expired. Where news waits it folds into a reminder, so that is held
// of the channel that is always well, and of signals that do not recover and rise within a second.
func (c *phone) mayNotRemind(n messages.Notification, since time.Time) bool {
	return c.name == "log" && c.truths[n.Signal] != nil && n.Acknowledged.IsZero() && c.stepped.Before(since.Add(-c.tick)) && !c.mayRepeat(since)
}

// tries holds the channel to its delay behind a failure, and to its pace.
func (c *phone) tries() {
	now := time.Now()
	if gap := now.Sub(c.failed); gap < leastDelay && !c.stopping { // a stop gives every channel one more chance
		c.wrongs("%s tried again %s behind a failure", c.name, gap)
	}
	c.tried = append(c.tried, now)
	if n := len(c.tried); c.name == "telegram" && n > 1 && now.Sub(c.tried[n-2]) < time.Second {
		c.wrongs("%s sent two messages within %s", c.name, now.Sub(c.tried[n-2]))
	}
	if n := len(c.tried); c.name == "telegram" && n > 20 && now.Sub(c.tried[n-21]) < time.Minute {
		c.wrongs("%s sent 21 messages within %s", c.name, now.Sub(c.tried[n-21]))
	}
	c.tried = c.tried[max(0, len(c.tried)-21):]
}

// isBad tells whether the channel was told last that the signal is not well.
func isBad(n messages.Notification) bool {
	switch n.News {
	case messages.Alert, messages.Worse, messages.Still:
		return true
	case messages.Recovered, messages.Missed, messages.Flapping, messages.Event:
	}
	return false
}

// look holds the host to its promises, once a minute: of every truth that lasted for long enough,
// while nothing was in its way, every channel knows whose route says so.
func (h *site) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for _, key := range h.keys {
		t := h.truths[key]
		if h.probes[t.probe].how != "" {
			continue
		}
		free := latest(t.since, h.probes[t.probe].since, h.started, h.quiet[key])
		if t.cause != "" {
			if h.truths[t.cause].level > messages.OK {
				continue
			}
			free = latest(free, h.truths[t.cause].since)
		}
		if now.Sub(free) < h.longEnough() {
			continue
		}
		for _, name := range fleetChannels {
			c := h.chats[name]
			waited := now.Sub(latest(free, c.since))
			if c.how != "" || name == "phone" && t.level == messages.Warning || waited < h.longEnough() {
				continue
			}
			last, told := h.heard[name][key]
			// A step of the clock may look like a gap, after which a signal has to settle anew (rule 8).
			if (last.flaps() || h.heard["log"][key].flaps()) && min(waited, now.Sub(h.stepped)) < h.flapsOut() {
				continue
			}
			h.counts["promises"]++
			switch {
			case (t.level > messages.OK) != (told && isBad(last.Notification)):
				h.wrongs("%s is %s for %s, and %s was told %q last", key, t.level, waited, name, last.News)
			case t.level == messages.Critical && last.Level < messages.Critical:
				h.wrongs("%s is critical for %s, and %s was told of %s", key, waited, name, last.Level)
			case t.level > messages.OK && waited > mostCooldown+h.longEnough() && now.Sub(h.acked[key]) > ackExpires+h.longEnough():
				h.counts["reminders held"]++
				if ago := now.Sub(last.at); ago > mostCooldown+h.longEnough() {
					h.wrongs("%s is %s for %s, and %s was told %s ago", key, t.level, waited, name, ago)
				}
			}
		}
	}
	h.lookAtShots(now)
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// decided is that the core logged a decision: it is true of what was to be seen just before.
func (h *site) decided(event string, key messages.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, p := h.truths[key], (*ill)(nil)
	if t == nil {
		return
	}
	p = h.probes[t.probe]
	now := time.Now()
	if p.how != "" || now.Sub(p.since) < h.looksBack() || t.cause != "" && now.Sub(h.truths[t.cause].since) < h.looksBack() || now.Sub(h.started) < h.looksBack() {
		return
	}
	h.counts["decisions"]++
	recent := now.Sub(t.since) < h.looksBack()
	bad, wasBad := t.level > messages.OK, t.was > messages.OK
	switch event {
	case "raised":
		if !bad && (!recent || !wasBad) {
			h.wrongs("%s was raised, and is %s for %s", key, t.level, now.Sub(t.since))
		}
	case "recovered":
		if bad && (!recent || wasBad) {
			h.wrongs("%s recovered, and is %s for %s", key, t.level, now.Sub(t.since))
		}
	}
}

// logCore sees the decisions in what the tree logs, and may panic within the actor that logs:
// in the middle of its work on whatever message.
type logCore struct {
	zapcore.LevelEnabler
	*site
	rng   *random
	actor string // "": nobody whose crash is counted
}

func (l logCore) With(fields []zapcore.Field) zapcore.Core {
	for _, f := range fields {
		if f.Key == "actor" && f.String != "supervisor" {
			l.actor = f.String
		}
	}
	return l
}

func (l logCore) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if l.Enabled(e.Level) {
		return c.AddCore(e, l)
	}
	return c
}

func (l logCore) Sync() error { return nil }

func (l logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if l.actor != "" && l.actor != "clock" && l.actor != "probe:steady" {
		l.panicsNow(l.rng, l.actor, 100)
	}
	if e.Message == "raised" || e.Message == "recovered" {
		for _, f := range fields {
			if f.Key == "signal" {
				l.decided(e.Message, messages.Key(f.String))
			}
		}
	}
	return nil
}

// fleetMetrics are the host's counters, which may panic within the actors that count.
type fleetMetrics struct {
	*site
	rng *random
}

func (m *fleetMetrics) ActorPanicked(a string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.panics[a] = time.Now()
	m.counts["panics"]++
	m.crashes++
}
func (m *fleetMetrics) ActorRestarted(string)   {}
func (m *fleetMetrics) Notified(string, string) { m.panicsNow(m.rng, "a notifier", 100) }
func (m *fleetMetrics) ProbeRemoved(string)     {}
func (m *fleetMetrics) ChannelAdded(string)     {}

// Ticked holds the clock to its beat, unless it panicked itself.
func (m *fleetMetrics) Ticked(time.Time) {
	m.mu.Lock()
	now := time.Now()
	if gap := now.Sub(m.ticked); !m.ticked.IsZero() && m.panics["clock"].Before(m.ticked) && gap != m.tick {
		m.wrongs("a tick came %s behind the one before it", gap)
	}
	m.ticked = now
	m.counts["ticks"]++
	m.mu.Unlock()
	m.panicsNow(m.rng, "the clock", m.perReading(300))
}

// ProbeReported holds the probe without faults to its beat.
func (m *fleetMetrics) ProbeReported(p string, _ time.Duration, _ bool) {
	if p == "steady" {
		m.mu.Lock()
		defer m.mu.Unlock()
		now := time.Now()
		if !m.steady.IsZero() && now.Sub(m.steady) > m.tick {
			m.wrongs("the steady probe reported %s behind its report before", now.Sub(m.steady))
		}
		m.steady = now
		return
	}
	m.panicsNow(m.rng, "a probe's actor", m.perReading(400))
}
