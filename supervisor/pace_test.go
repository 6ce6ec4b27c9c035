package supervisor_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// group is a chat whose topics are channels.
type group struct {
	mu    sync.Mutex
	times []time.Time
}

type topic struct {
	*group
	name string
}

func (g topic) Name() string         { return g.name }
func (topic) Chat() (string, string) { return "123", "-1001" }

func (g topic) Send(context.Context, notifier.Batch) (notifier.Sent, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.times = append(g.times, time.Now())
	return notifier.Sent{MessageID: 1}, nil
}

// Channels that share a chat share its rate limit, including a channel that a reload adds.
func TestChannelsShareThePaceOfAChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &group{}
		r := run([]supervisor.ProbePart{observing("db", "dep_down:db", func(d time.Duration) messages.Level {
			return messages.Level(int(d/time.Minute)%2) * messages.Critical
		})}, topic{g, "one"}, topic{g, "two"})
		time.Sleep(3*time.Minute + 20*time.Second)
		settings := &core.Settings{Tick: tick, GroupWait: time.Second, Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2}}
		change := supervisor.Change{Settings: settings, Probes: []supervisor.ProbePart{observing("other", "dep_down:other", always(messages.Critical))}}
		for _, name := range []string{"one", "two", "three"} {
			change.Channels = append(change.Channels, supervisor.ChannelPart{Channel: topic{g, name}, Paced: true})
		}
		if _, err := r.tree.Reload(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		_ = r.stop()
		if len(g.times) < 9 {
			t.Fatalf("%d messages", len(g.times))
		}
		for i := 1; i < len(g.times); i++ {
			if apart := g.times[i].Sub(g.times[i-1]); apart < time.Second {
				t.Errorf("messages %d and %d came %s apart", i, i+1, apart)
			}
		}
	})
}
