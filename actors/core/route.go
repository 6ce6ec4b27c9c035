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

// Route says which news a channel is told, and when. It does not change what is decided for a
// signal. The zero value takes all news at once. A Route is immutable.
type Route struct {
	Signals     []string       // key globs; none: every signal
	MinSeverity messages.Level // news of a lower level is not told; OK: all is
	// After delays trouble by this time after it was announced at a level that the route takes.
	// It is told only if it is not over and not acknowledged then. 0: at once.
	After time.Duration
	// FallbackFor names a channel. Only news that it could not deliver is told here. Empty: none.
	FallbackFor string
	Quiet       *Window // news that does not ring waits for the end of the window; nil: it never waits
}

// takes reports whether the route takes trouble of the signal at the level.
func (r *Route) takes(key messages.Key, level messages.Level) bool {
	fits := len(r.Signals) == 0 || slices.ContainsFunc(r.Signals, func(pattern string) bool { return glob.Match(pattern, string(key)) })
	return fits && level >= r.MinSeverity
}

// takesAllAtOnce reports whether the route takes all news at once.
func (r *Route) takesAllAtOnce() bool {
	return len(r.Signals) == 0 && r.MinSeverity <= messages.OK && r.After == 0 && r.FallbackFor == ""
}

// MaxQuiet is longer than any quiet time. After it, no news waits for the end of one.
const MaxQuiet = 8 * 24 * time.Hour

var everything = &Route{}

// route returns the route of a channel.
func (s *Settings) route(channel string) *Route {
	if r := s.Routes[channel]; r != nil {
		return r
	}
	return everything
}

// RouteText returns the sentence that describes a channel's route.
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

// Takes reports whether a channel can be told of the signal at all.
func (s *Settings) Takes(channel string, key messages.Key) bool {
	return s.route(channel).takes(key, messages.Critical)
}

// routed puts news into the outbox of a channel as its route says. The failure of a channel
// goes to all other channels, whatever their routes.
func (st *step) routed(ch *channel, n messages.Notification) {
	r := st.settings.route(ch.name)
	if r.takesAllAtOnce() || n.Signal.Kind() == deliveryKind {
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
	case n.News != messages.Event: // events don't escalate
		st.startEscalation(ch, n.Signal)
	}
}

// routeRecovery puts a recovery into the outbox of a channel that was told of the trouble,
// whatever its level is now. A fallback also gets the recoveries of the channel that fails.
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

// follows reports whether the channel was told of the signal's present trouble or will be.
func (ch *channel) follows(key messages.Key) bool {
	_, told := ch.told[key]
	_, waits := ch.pending[key]
	return told || waits
}

// isDown reports whether watchdog_delivery of the channel is up.
func (st *step) isDown(channel string) bool {
	e := st.signals.get(deliverySignal(channel))
	return e != nil && e.Hard > messages.OK
}

// fallBack copies the pending news of a channel to its fallbacks. It is called when
// watchdog_delivery of the channel rises.
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
		for _, n := range from.items() {
			if st.wasTold(ch, n) {
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

// wasTold reports whether a fallback was told this news already when it was decided.
func (st *step) wasTold(ch *channel, n messages.Notification) bool {
	switch {
	case n.News == messages.Event:
		return false
	case n.Signal.Kind() == deliveryKind, ch.follows(n.Signal):
		return true
	}
	at, heardOfEnd := ch.ended[n.Signal]
	return heardOfEnd && n.Level == messages.OK && at.Equal(n.At)
}

// startEscalation starts the delay of Route.After for a trouble.
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

// escalate tells the troubles whose delay of Route.After is over.
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

// escalateOne tells one trouble whose delay is over. It waits longer while the trouble is
// acknowledged, suppressed or below the route's level, was not observed since a gap, or was
// last observed as ok.
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

// delayedByQuiet returns the news, delayed to the end of the channel's quiet time if it does not ring.
func (st *step) delayedByQuiet(channel string, n messages.Notification) messages.Notification {
	quiet := st.settings.route(channel).Quiet
	if quiet == nil || n.Rings() {
		return n
	}
	if end, open := quiet.Closes(st.wall); open && end.After(n.NotBefore) {
		n.NotBefore = end
	}
	return n
}

// delayPending delays news that was pending before the quiet time began.
func (st *step) delayPending(ch *channel) {
	quiet := st.settings.route(ch.name).Quiet
	if quiet == nil || !quiet.Open(st.wall) {
		return
	}
	for key, n := range ch.pending {
		if later := st.delayedByQuiet(ch.name, n); later.NotBefore != n.NotBefore {
			st.edit(ch.name).pending[key] = later
			st.changes++
		}
	}
	for i, n := range ch.events {
		if later := st.delayedByQuiet(ch.name, n); later.NotBefore != n.NotBefore {
			edited := st.edit(ch.name)
			edited.events = slices.Clone(edited.events)
			edited.events[i] = later
			st.changes++
		}
	}
}
