package supervisor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

// world is a probe of many signals whose levels a test changes.
type world struct {
	mu     sync.Mutex
	levels []messages.Level
}

// flip changes the level of one signal.
func (w *world) flip(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.levels[i] = messages.Critical - w.levels[i]
}

func (w *world) Observe(context.Context) (probe.Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var r probe.Reading
	for i, l := range w.levels {
		r.Observations = append(r.Observations, messages.Observation{Signal: messages.Key(fmt.Sprintf("dep_down:s%03d", i)), Level: l})
	}
	return r, nil
}

// headline matches all news except reminders, which go on after the outage.
var headline = regexp.MustCompile(`(?m)^\S+ (ALERT|WORSE|RECOVERED|MISSED|FLAPPING) dep_down:(s\d{3}) ·`)

// Telegram is unreachable for a day, while 500 signals change 10,000 times. Afterwards the last
// level of each changed signal is told exactly once, within the rate limits. Memory is bounded.
func TestADayWithoutTelegram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const signals, transitions = 500, 10_000
		api := fakeapi.InMemory(time.Now)
		ch, err := telegram.New(telegram.Options{
			Name: "telegram", Token: secret.New(fakeapi.Token), ChatID: "-1001", Transport: api.Transport(),
			Style: notifier.Style{Host: "web-1", Zone: time.UTC}, Log: zap.NewNop(),
		})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{levels: make([]messages.Level, signals)}
		r := run([]supervisor.ProbePart{{Name: "world", Probe: w, Interval: 5 * time.Minute, Deadline: time.Second}}, ch)
		time.Sleep(time.Minute) // so that no level changes at the moment of a reading
		api.Always(fakeapi.Page{Status: 502})

		// Two changes of a signal are at least an hour apart, so that none is flapping.
		random := rand.New(rand.NewPCG(1, 2))
		changed := make([]bool, signals)
		for hour := range 24 {
			for _, i := range random.Perm(signals)[:transitions/24] {
				w.flip(i)
				changed[i] = true
			}
			time.Sleep(time.Hour)
			if pending := r.tree.State().Channels()[0].Pending; pending > signals+1 {
				t.Fatalf("%d pieces of news are pending after hour %d, with %d signals", pending, hour, signals)
			}
		}
		if n := len(api.Messages()); n != 0 {
			t.Fatalf("%d messages arrived during the outage", n)
		}
		var memory runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory)
		if memory.HeapInuse > 200<<20 {
			t.Errorf("%d MiB in use after a day", memory.HeapInuse>>20)
		}

		api.Always(nil)
		time.Sleep(10 * time.Minute)
		told := map[string]int{}
		last := map[string]string{}
		for _, m := range api.Messages() {
			for _, found := range headline.FindAllStringSubmatch(m.Plain, -1) {
				told[found[2]]++
				last[found[2]] = found[1]
			}
		}
		for i, level := range w.levels {
			name := fmt.Sprintf("s%03d", i)
			want := 0
			if changed[i] {
				want = 1
			}
			if told[name] != want {
				t.Errorf("%s was told %d times, want %d", name, told[name], want)
			}
			if isBad := last[name] == "ALERT"; changed[i] && isBad != (level == messages.Critical) {
				t.Errorf("%s is %s, but was told as %s", name, level, last[name])
			}
		}
		inTheFirstMinute := 0
		for i, m := range api.Messages() {
			if m.At.Before(api.Messages()[0].At.Add(time.Minute)) {
				inTheFirstMinute++
			}
			if i > 0 && m.At.Sub(api.Messages()[i-1].At) < time.Second {
				t.Errorf("two messages within %s", m.At.Sub(api.Messages()[i-1].At))
			}
		}
		if inTheFirstMinute > 20 {
			t.Errorf("%d messages in the first minute after the outage", inTheFirstMinute)
		}
		t.Logf("%d messages told of %d signals", len(api.Messages()), len(told))
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
