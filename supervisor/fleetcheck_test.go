package supervisor_test

import (
	"fmt"
	"time"

	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// Times of the promises.
const (
	longEnough = 20 * time.Minute // a truth that lasted so long, with nothing in its way, was told
	looksBack  = 3 * readEvery    // what is decided is of readings that are no older
	leastDelay = time.Second / 2  // a failed send is not repeated before
)

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
		c.counts["news"]++
		if n.Seq < c.last[n.Signal] {
			c.wrongs("%s: %s %s, number %d, came behind number %d", c.name, n.News, n.Signal, n.Seq, c.last[n.Signal])
		}
		c.last[n.Signal] = n.Seq
		before, known := heard[n.Signal]
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

// tries holds the channel to its delay behind a failure, and to its pace.
func (c *phone) tries() {
	now := time.Now()
	if gap := now.Sub(c.failed); gap < leastDelay && !c.stopping { // a stop gives every channel one more chance
		c.wrongs("%s tried again %s behind a failure", c.name, gap)
	}
	c.tried = append(c.tried, now)
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
		ways := []time.Time{t.since, h.probes[t.probe].since, h.started, h.quiet[key]}
		if h.probes[t.probe].how != "" || h.silence {
			continue
		}
		if t.cause != "" {
			if h.truths[t.cause].level > messages.OK {
				continue
			}
			ways = append(ways, h.truths[t.cause].since)
		}
		for _, name := range []string{"telegram", "phone", "log"} {
			c := h.chats[name]
			if c.how != "" || name == "phone" && t.level == messages.Warning {
				continue
			}
			waited := now.Sub(c.since)
			for _, since := range ways {
				waited = min(waited, now.Sub(since))
			}
			last, told := h.heard[name][key]
			if waited < longEnough {
				continue
			}
			h.counts["promises"]++
			switch {
			case (t.level > messages.OK) != (told && isBad(last.Notification)):
				h.wrongs("%s is %s for %s, and %s was told %q last", key, t.level, waited, name, last.News)
			case t.level == messages.Critical && last.Level < messages.Critical:
				h.wrongs("%s is critical for %s, and %s was told of %s", key, waited, name, last.Level)
			}
		}
	}
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
	if p.how != "" || now.Sub(p.since) < looksBack || t.cause != "" && now.Sub(h.truths[t.cause].since) < looksBack || now.Sub(h.started) < looksBack {
		return
	}
	h.counts["decisions"]++
	recent := now.Sub(t.since) < looksBack
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
func (m *fleetMetrics) ProbeGone(string)        {}
func (m *fleetMetrics) Expect(string)           {}

// Ticked holds the clock to its beat, unless it panicked itself.
func (m *fleetMetrics) Ticked(time.Time) {
	m.mu.Lock()
	now := time.Now()
	if n := len(m.ticks); n > 0 && m.panics["clock"].Before(m.ticks[n-1]) && now.Sub(m.ticks[n-1]) != readEvery {
		m.wrongs("a tick came %s behind the one before it", now.Sub(m.ticks[n-1]))
	}
	m.ticks = []time.Time{now}
	m.counts["ticks"]++
	m.mu.Unlock()
	m.panicsNow(m.rng, "the clock", 300)
}

// ProbeReported holds the probe without faults to its beat.
func (m *fleetMetrics) ProbeReported(p string, _ time.Duration, _ bool) {
	if p == "steady" {
		m.mu.Lock()
		defer m.mu.Unlock()
		now := time.Now()
		if !m.steady.IsZero() && now.Sub(m.steady) > readEvery {
			m.wrongs("the steady probe reported %s behind its report before", now.Sub(m.steady))
		}
		m.steady = now
		return
	}
	m.panicsNow(m.rng, "a probe's actor", 400)
}
