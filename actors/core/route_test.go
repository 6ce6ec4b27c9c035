package core

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// routedLife is a random life of a watchdog with two channels: "chat" is told everything,
// "log" by a route.
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

// live plays so many random messages, and calls check around each.
func (l *routedLife) live(n int, check func(before State)) {
	for range n {
		l.at = l.at.Add(genPause(l.T))
		l.receipts++
		before := l.State
		l.take(genMessage(l.T, l.State, l.at, l.receipts))
		check(before)
	}
}

// end lets everything be well for an hour, and every channel deliver.
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

// Whoever was told of a trouble is told of its end, whatever the route and the level: when
// all is well and delivered, nobody is left with an alert, and nothing waits to be told.
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
				t.Fatalf("%s is left with told %v, to tell %v %v, to escalate %v", ch.name, ch.told, ch.pending, ch.events, ch.escalations)
			}
		}
	})
}

// A fallback was told, or has to tell, every trouble that the failing channel has not told.
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
					t.Fatalf("the chat fails, has to tell %s of %s, and the fallback knows nothing of it", n.News, key)
				}
			}
		})
	})
}

// A channel with a delay hears of a trouble no sooner than that after it was announced, and
// not while somebody has acknowledged it.
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
					t.Fatalf("%s is told at %s, and was announced at %s (%t)", key, l.clock, began, waited)
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
