package core

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// routedLife is a random sequence of messages for a core with two channels: "chat" is told
// everything, "log" has a route.
type routedLife struct {
	*rapid.T
	State
	route    *Route
	at       time.Time
	receipts uint64
}

func newRoutedLife(t *rapid.T, route *Route) *routedLife {
	settings := genSettings(t)
	settings.Routes = map[string]*Route{"log": route}
	l := &routedLife{T: t, State: New(settings, origin), at: origin, route: route}
	l.take(messages.Roster{At: l.at, Probes: []string{"p"}, Channels: []string{"chat", "log"}})
	return l
}

func (l *routedLife) take(m messages.Message) { l.State, _ = Step(l.State, m) }

// live sends n random messages, and calls check after each with the state before it.
func (l *routedLife) live(n int, check func(before State)) {
	for range n {
		l.at = l.at.Add(genPause(l.T))
		l.receipts++
		before := l.State
		l.take(genMessage(l.T, l.State, l.at, l.receipts))
		check(before)
	}
}

// end makes all signals ok for an hour, and lets every channel deliver.
func (l *routedLife) end() {
	for range 240 {
		l.at = l.at.Add(15 * time.Second)
		r := messages.Report{Probe: "p", At: l.at}
		for _, key := range keys {
			r.Observations = append(r.Observations, messages.Observation{Signal: key, Level: messages.OK})
		}
		l.take(r)
		l.take(messages.Tick{At: l.at})
		for _, channel := range []string{"chat", "log"} {
			l.receipts++
			l.take(messages.Receipt{ID: l.receipts, Channel: channel, At: l.at, Items: l.Outbox(channel).Items})
		}
	}
}

func (l *routedLife) channel(name string) *channel {
	for _, ch := range l.channels {
		if ch.name == name {
			return ch
		}
	}
	return nil
}

func (l *routedLife) entry(key messages.Key) *entry { return l.signals.get(key) }

// A channel that was told of a trouble is told of its end, whatever its route. Once all signals
// are ok and all is delivered, nothing is pending and no channel has an open alert.
func TestPropertyEveryoneHearsTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRoutedLife(t, genRoute(t, "chat"))
		l.live(rapid.IntRange(1, 80).Draw(t, "messages"), func(State) {})
		if rapid.Bool().Draw(t, "another route") {
			settings := *l.settings
			settings.Routes = map[string]*Route{"log": genRoute(t, "chat")}
			l.State = Reconfigure(l.State, &settings, l.at)
		}
		l.end()
		for _, ch := range l.channels {
			if len(ch.told)+len(ch.pending)+len(ch.events)+len(ch.escalations) > 0 {
				t.Fatalf("%s is left with told %v, pending %v %v, escalations %v", ch.name, ch.told, ch.pending, ch.events, ch.escalations)
			}
		}
	})
}

// While a channel fails, its fallback was or will be told of every trouble that is pending there.
func TestPropertyNoNewsIsOnNeither(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRoutedLife(t, &Route{FallbackFor: "chat"})
		l.live(rapid.IntRange(1, 80).Draw(t, "messages"), func(State) {
			down := l.entry(deliverySignal("chat"))
			if down == nil || down.Hard == messages.OK {
				return
			}
			for key, n := range l.channel("chat").pending {
				if n.Level > messages.OK && key.Kind() != deliveryKind && !l.channel("log").follows(key) {
					t.Fatalf("%s of %s is pending for the failing chat, and not told on the fallback", n.News, key)
				}
			}
		})
	})
}

// A channel with a delay is told of a trouble only after the delay, and only if nobody has
// acknowledged it.
func TestPropertyEscalationWaits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRoutedLife(t, &Route{After: 5 * time.Minute})
		l.live(rapid.IntRange(1, 80).Draw(t, "messages"), func(before State) {
			was := (&routedLife{State: before}).channel("log")
			for key := range l.channel("log").pending {
				if key.Kind() == deliveryKind || was.follows(key) {
					continue
				}
				began, waited := was.escalations[key]
				if !waited || l.clock.Sub(began) < 5*time.Minute {
					t.Fatalf("%s is told at %s, and was announced at %s (escalates: %t)", key, l.clock, began, waited)
				}
				if e := l.entry(key); e.acknowledged(l.clock, e.policy) {
					t.Fatalf("%s is told though it is acknowledged", key)
				}
			}
		})
	})
}

// A quiet time never delays what rings.
func TestPropertyQuietDelaysNothingThatRings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRoutedLife(t, &Route{Quiet: &Window{Start: 10 * time.Minute, For: time.Hour, Zone: time.UTC}})
		l.live(rapid.IntRange(1, 80).Draw(t, "messages"), func(State) {
			for _, n := range l.Outbox("log").Items {
				if n.Rings() && n.NotBefore.After(n.At.Add(l.settings.GroupWait)) {
					t.Fatalf("%s of %s waits until %s", n.News, n.Signal, n.NotBefore)
				}
			}
		})
	})
}
