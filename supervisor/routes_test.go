package supervisor_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

var routeSeed = flag.Uint64("route-seed", 0, "the seed of TestADayOfRoutes; 0: a random one")

// The times in a slot of the day: outages begin, two bursts of transitions come, people acknowledge,
// and one outage ends. The pauses between are longer than any retry takes, so that the order of
// a channel's news does not depend on chance.
const (
	slot        = 40 * time.Minute
	outageAt    = time.Minute
	burstA      = 5 * time.Minute
	ackAt       = 12 * time.Minute
	burstB      = 18 * time.Minute
	endAt       = 31 * time.Minute
	reloadAt    = 39 * time.Minute
	transitions = 28 // in one burst
	crashes     = 2  // one-shots in one burst
)

// phase names the part of the day at a time after the start.
func phase(since time.Duration) string {
	n, in := int(since/slot), since%slot
	switch {
	case in < burstA:
		return fmt.Sprintf("%02d end", n-1)
	case in < burstB:
		return fmt.Sprintf("%02d A", n)
	case in < endAt:
		return fmt.Sprintf("%02d B", n)
	}
	return fmt.Sprintf("%02d end", n)
}

// diary records the news of one channel, by part of the day and signal.
type diary map[string][]string

// note adds a piece of news. A channel tells two failures of its own in one or two pieces, depending
// on whether another message at the same moment is sent first. note counts two as one.
func (d diary) note(since time.Duration, key messages.Key, news string) {
	line := phase(since) + " " + string(key)
	if n := len(d[line]); n > 0 && news == "MISSED" && d[line][n-1] == news && key.Kind() == "watchdog_delivery" {
		return
	}
	d[line] = append(d[line], news)
}

// outage is how a channel fails.
type outage int

const (
	works outage = iota
	passing
	forGood
)

// flakyChannel is a channel whose outages a test sets.
type flakyChannel struct {
	mu    sync.Mutex
	name  string
	start time.Time
	fails outage
	told  diary
}

func (s *flakyChannel) Name() string { return s.name }

func (s *flakyChannel) set(o outage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = o
}

func (s *flakyChannel) Send(_ context.Context, b notifier.Batch) (notifier.Sent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fails {
	case passing:
		return notifier.Sent{}, errors.New("no answer")
	case forGood:
		return notifier.Sent{}, &notifier.Failure{Err: errors.New("blocked"), Permanent: true}
	case works:
	}
	for _, n := range b.Items {
		s.told.note(time.Since(s.start), n.Signal, n.News.String())
	}
	return notifier.Sent{MessageID: 1}, nil
}

// scriptedProbe is a probe of many signals and one-shots that a test changes.
type scriptedProbe struct {
	mu     sync.Mutex
	levels map[messages.Key]messages.Level
	happen []messages.Key
}

func (c *scriptedProbe) Observe(context.Context) (probe.Reading, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var r probe.Reading
	for _, key := range slices.Sorted(maps.Keys(c.levels)) {
		r.Observations = append(r.Observations, messages.Observation{Signal: key, Level: c.levels[key], Detail: "as it is"})
	}
	for _, key := range c.happen {
		r.Observations = append(r.Observations, messages.Observation{Signal: key, Level: messages.Critical, Detail: "it happened"})
	}
	c.happen = nil
	return r, nil
}

// The quiet time of the channel night. Neither end is close to one of the times in a slot.
const (
	quietFrom = 22*time.Hour + 2*time.Minute
	quietFor  = 9*time.Hour + 16*time.Minute
)

// routesOfTheDay returns routes of every kind. In the afternoon "ops" has another one.
func routesOfTheDay(afternoon bool) map[string]*core.Route {
	ops := &core.Route{Signals: []string{"dep_down:*"}, MinSeverity: messages.Critical}
	if afternoon {
		ops = &core.Route{Signals: []string{"orch_rule:*", "container_*"}}
	}
	return map[string]*core.Route{
		"ops":   ops,
		"phone": {MinSeverity: messages.Critical, After: 45 * time.Minute},
		"mail":  {FallbackFor: "chat"},
		"night": {Quiet: &core.Window{Start: quietFrom, For: quietFor, Zone: time.UTC}},
	}
}

var channelNames = []string{"chat", "ops", "phone", "mail", "night"}

// During a day with five channels, routes of every kind, outages and 2,000 transitions, every channel
// is told what plainRules predict.
func TestADayOfRoutes(t *testing.T) {
	seed := *routeSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d: rerun with -args -route-seed %d", seed, seed)
	synctest.Test(t, func(t *testing.T) { aDayOfRoutes(t, rand.New(rand.NewPCG(seed, 15))) })
}

func aDayOfRoutes(t *testing.T, random *rand.Rand) {
	start := time.Now() // midnight, by synctest
	world := &scriptedProbe{levels: map[messages.Key]messages.Level{}}
	for i := range 40 {
		world.levels[messages.NewKey("dep_down", fmt.Sprintf("d%02d", i))] = messages.OK
		world.levels[messages.NewKey("orch_rule", fmt.Sprintf("q%02d", i))] = messages.OK
	}
	keys := slices.Sorted(maps.Keys(world.levels))
	channels := map[string]*flakyChannel{}
	var parts []supervisor.ChannelPart
	for _, name := range channelNames {
		channels[name] = &flakyChannel{name: name, start: start, told: diary{}}
		parts = append(parts, supervisor.ChannelPart{Channel: channels[name], Spec: name})
	}
	settings := func(afternoon bool) *core.Settings {
		return &core.Settings{
			Tick: tick, GroupWait: time.Second, Rules: core.BuiltinRules(), Routes: routesOfTheDay(afternoon),
			Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2},
		}
	}
	probes := []supervisor.ProbePart{{Name: "world", Probe: world, Interval: tick, Deadline: time.Second, Spec: "world"}}
	r := runWith(func(p *supervisor.Parts) { p.Channels, p.Settings = parts, settings(false) }, probes)
	time.Sleep(time.Second) // so that no level changes at the moment of a reading
	rules := newPlainRules(keys)
	total := 0
	burst := func() {
		world.mu.Lock()
		defer world.mu.Unlock()
		for _, i := range random.Perm(len(keys))[:transitions] {
			was := world.levels[keys[i]]
			world.levels[keys[i]] = []messages.Level{messages.OK, messages.Warning, messages.Critical}[(levelIndex(was)+1+random.IntN(2))%3]
			total++
		}
		for range crashes {
			key := messages.NewKey("container_crashed", fmt.Sprintf("c%d", random.IntN(5)))
			if !slices.Contains(world.happen, key) {
				world.happen = append(world.happen, key)
			}
		}
		rules.events = slices.Clone(world.happen)
	}
	for at := time.Duration(0); at < 24*time.Hour; at += tick {
		switch at % slot { //nolint:exhaustive // times of a slot
		case outageAt:
			for _, name := range channelNames {
				if rules.channels[name].fails == works && random.IntN(3) == 0 {
					rules.channels[name].fails = passing + outage(random.IntN(2))
					channels[name].set(rules.channels[name].fails)
				}
			}
		case burstA, burstB:
			burst()
		case ackAt:
			for range 5 {
				if key := keys[random.IntN(len(keys))]; rules.acknowledge(key) {
					_ = r.tree.Send(t.Context(), messages.Acknowledge{At: time.Now(), By: messages.Asker{Name: "Ann"}, Troubles: []messages.Trouble{{Signal: key}}})
				}
			}
		case endAt:
			if name := rules.outageToEnd(random); name != "" {
				rules.channels[name].fails = works
				channels[name].set(works)
			}
		case reloadAt:
			if at/slot == 17 {
				if _, err := r.tree.Reload(t.Context(), supervisor.Change{Settings: settings(true), Probes: probes, Channels: parts}); err != nil {
					t.Fatal(err)
				}
				rules.afternoon()
			}
		}
		time.Sleep(tick)
		world.mu.Lock()
		levels := maps.Clone(world.levels)
		world.mu.Unlock()
		rules.observe(at, levels)
	}
	synctest.Wait()
	news, outages := 0, 0
	for _, name := range channelNames {
		s := channels[name]
		s.mu.Lock()
		got, want := maps.Clone(s.told), rules.channels[name].told
		s.mu.Unlock()
		news, outages = news+len(want), outages+rules.channels[name].raised
		for _, line := range differences(got, want) {
			t.Errorf("%s: %s", name, line)
		}
		if len(want) == 0 {
			t.Errorf("%s was told nothing in a day", name)
		}
	}
	_ = r.stop()
	t.Logf("%d transitions, %d pieces of news, %d outages that were told", total, news, outages)
}

func levelIndex(l messages.Level) int {
	return slices.Index([]messages.Level{messages.OK, messages.Warning, messages.Critical}, l)
}

// differences returns up to five lines in which two diaries differ.
func differences(got, want diary) (lines []string) {
	all := slices.Concat(slices.Collect(maps.Keys(got)), slices.Collect(maps.Keys(want)))
	slices.Sort(all)
	for _, line := range slices.Compact(all) {
		if g, w := strings.Join(got[line], ", "), strings.Join(want[line], ", "); g != w && len(lines) < 5 {
			lines = append(lines, fmt.Sprintf("%s: told %q, want %q", line, g, w))
		}
	}
	return lines
}
