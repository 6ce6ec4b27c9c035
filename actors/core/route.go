package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Route says which news a channel is told, and when. The decision of rule 2 is one for the
// signal: a route changes nothing of it. The zero value takes all news at once. It is never
// changed once given.
type Route struct {
	Signals     []string       // key globs; none: every signal
	MinSeverity messages.Level // news of a lower level is not told; OK: any
	// After is how long trouble has to stand, announced at a level that the route takes and not
	// acknowledged, before this channel is told of it; 0: at once.
	After time.Duration
	// FallbackFor names a channel: only what that could not deliver is told here. Empty: none.
	FallbackFor string
	Quiet       *Window // news that does not ring waits for its end; nil: never
}

// takes tells whether the route is for trouble of the signal at the level.
func (r *Route) takes(key messages.Key, level messages.Level) bool {
	fits := len(r.Signals) == 0 || slices.ContainsFunc(r.Signals, func(pattern string) bool { return glob.Match(pattern, string(key)) })
	return fits && level >= r.MinSeverity
}

// wholesale tells whether the route takes all news at once.
func (r *Route) wholesale() bool {
	return len(r.Signals) == 0 && r.MinSeverity <= messages.OK && r.After == 0 && r.FallbackFor == ""
}

// MaxQuiet is longer than any quiet time. After it, all news that waited has been told.
const MaxQuiet = 8 * 24 * time.Hour

var everything = &Route{}

// route is the route of a channel.
func (s *Settings) route(channel string) *Route {
	if r := s.Routes[channel]; r != nil {
		return r
	}
	return everything
}

// RouteText says in words which news a channel is told, and when.
func (s *Settings) RouteText(channel string) string {
	r := s.route(channel)
	what := "everything"
	if len(r.Signals) > 0 {
		what = strings.Join(r.Signals, ", ")
	}
	if r.MinSeverity > messages.OK {
		what += fmt.Sprintf(" from %s on", r.MinSeverity)
	}
	switch {
	case r.FallbackFor != "":
		what += ", while " + r.FallbackFor + " fails"
	case r.After > 0:
		what += fmt.Sprintf(", %s after it was announced and while nobody has acknowledged it", r.After)
	default:
		what += ", at once"
	}
	if r.Quiet != nil {
		what += fmt.Sprintf("; what does not ring waits for the end of the quiet time (%s)", r.Quiet.times())
	}
	return what
}

// Takes tells whether a channel is ever told of the signal, at whatever level.
func (s *Settings) Takes(channel string, key messages.Key) bool {
	return s.route(channel).takes(key, messages.Critical)
}

// routed puts news into the outbox of a channel, if and when its route says so. That a
// channel fails is told on every other one, whatever its route.
func (st *step) routed(ch *channel, n messages.Notification) {
	r := st.settings.route(ch.name)
	if r.wholesale() || n.Signal.Kind() == deliveryKind {
		st.enqueue(ch.name, n)
		return
	}
	switch {
	case n.News == messages.Recovered:
		st.routeRecovery(ch, r, n)
	case ch.follows(n.Signal):
		if r.takes(n.Signal, n.Level) || ch.told[n.Signal].Flaps {
			st.enqueue(ch.name, n)
		}
	case !r.takes(n.Signal, n.Level):
	case r.FallbackFor != "":
		if st.isDown(r.FallbackFor) {
			st.enqueue(ch.name, n)
		}
	case r.After == 0:
		st.enqueue(ch.name, n)
	case n.News != messages.Event: // an event is over: there is nothing to escalate
		st.startEscalation(ch, n.Signal)
	}
}

// routeRecovery sends a recovery to the channels that were told of the trouble, whatever its
// level is now. A fallback also stands in for a channel that was told and can't be reached.
func (st *step) routeRecovery(ch *channel, r *Route, n messages.Notification) {
	if _, waits := ch.escalations[n.Signal]; waits {
		st.endEscalation(ch.name, n.Signal)
	}
	if ch.follows(n.Signal) || r.FallbackFor != "" && st.isDown(r.FallbackFor) && r.takes(n.Signal, n.Worst) {
		st.enqueue(ch.name, n)
		if r.FallbackFor != "" && !st.isDown(r.FallbackFor) {
			ch = st.edit(ch.name)
			ch.ended = cloned(ch.ended)
			ch.ended[n.Signal] = n.At
		}
	}
}

// follows tells whether the channel was told of the present trouble of the signal, or is to be.
func (ch *channel) follows(key messages.Key) bool {
	_, told := ch.told[key]
	_, waits := ch.pending[key]
	return told || waits
}

// isDown tells whether watchdog_delivery of the channel is up.
func (st *step) isDown(channel string) bool {
	e := st.signals.get(deliverySignal(channel))
	return e != nil && e.Hard > messages.OK
}

// fallBack gives what a channel has still to tell to those that stand in for it, when
// watchdog_delivery has just risen.
func (st *step) fallBack(failing string) {
	from := st.channelNamed(failing)
	if from == nil {
		return
	}
	for _, ch := range st.channels {
		r := st.settings.route(ch.name)
		if r.FallbackFor != failing {
			continue
		}
		for _, n := range from.waiting() {
			if st.hasHeard(ch, n) {
				continue
			}
			if over := n.News == messages.Recovered || n.News == messages.Missed; over && r.takes(n.Signal, n.Worst) || !over && r.takes(n.Signal, n.Level) {
				n.NotBefore = time.Time{}
				st.enqueue(ch.name, n)
			}
		}
		st.edit(ch.name).ended = nil
	}
}

// hasHeard tells whether a channel that stands in for another was told news of that as it
// came: it was told of the trouble before, or it is another channel's failure.
func (st *step) hasHeard(ch *channel, n messages.Notification) bool {
	switch {
	case n.News == messages.Event:
		return false
	case n.Signal.Kind() == deliveryKind, ch.follows(n.Signal):
		return true
	}
	at, heardOfEnd := ch.ended[n.Signal]
	return heardOfEnd && n.Level == messages.OK && at.Equal(n.At)
}

// startEscalation notes that trouble was announced at a level that the channel's route takes.
func (st *step) startEscalation(ch *channel, key messages.Key) {
	if _, waits := ch.escalations[key]; waits {
		return
	}
	ch = st.edit(ch.name)
	ch.escalations = cloned(ch.escalations)
	ch.escalations[key] = st.now
	st.changes++
}

func (st *step) endEscalation(channel string, key messages.Key) {
	ch := st.edit(channel)
	ch.escalations = maps.Clone(ch.escalations)
	delete(ch.escalations, key)
	st.changes++
}

// escalate tells, on the channels with a delay, what is still so after it.
func (st *step) escalate() {
	for _, ch := range st.channels {
		if len(ch.escalations) == 0 {
			continue
		}
		r := st.settings.route(ch.name)
		for _, key := range slices.Sorted(maps.Keys(ch.escalations)) {
			if since(ch.escalations[key], st.now) >= r.After {
				st.escalateOne(ch.name, r, key)
			}
		}
	}
}

// escalateOne tells of one trouble that has stood for long enough. A trouble waits while it is
// acknowledged, suppressed or below the route's level. It also waits if it was not observed since
// a gap, or if its last observation contradicts it.
func (st *step) escalateOne(channel string, r *Route, key messages.Key) {
	e := st.signals.get(key)
	if e == nil || e.gone || e.Announced == messages.OK {
		st.endEscalation(channel, key)
		return
	}
	d := Decision{News: messages.Alert, Reason: RoseFromOK}
	if e.Flapping {
		d = Decision{News: messages.Flapping, Reason: ChangesTooOften}
	}
	if e.epoch != st.epoch || e.Seen == messages.OK && !e.Flapping {
		return
	}
	n := st.notification(e, d)
	if n.Level == messages.OK || !r.takes(key, n.Level) || e.acknowledged(st.now, e.policy) || st.held(e, d.News) != Unsuppressed {
		return
	}
	st.endEscalation(channel, key)
	st.enqueue(channel, n)
}

// quietened makes news that does not ring wait for the end of the channel's quiet time.
func (st *step) quietened(channel string, n messages.Notification) messages.Notification {
	quiet := st.settings.route(channel).Quiet
	if quiet == nil || n.Rings() {
		return n
	}
	if end, open := quiet.Closes(st.wall); open && end.After(n.NotBefore) {
		n.NotBefore = end
	}
	return n
}

// keepQuiet lets what could not be told before a quiet time began wait for its end too.
func (st *step) keepQuiet(ch *channel) {
	quiet := st.settings.route(ch.name).Quiet
	if quiet == nil || !quiet.Open(st.wall) {
		return
	}
	for key, n := range ch.pending {
		if later := st.quietened(ch.name, n); later.NotBefore != n.NotBefore {
			st.edit(ch.name).pending[key] = later
			st.changes++
		}
	}
	for i, n := range ch.events {
		if later := st.quietened(ch.name, n); later.NotBefore != n.NotBefore {
			edited := st.edit(ch.name)
			edited.events = slices.Clone(edited.events)
			edited.events[i] = later
			st.changes++
		}
	}
}
