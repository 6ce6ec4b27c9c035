package core

import (
	"flag"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// Times of the exhaustive check. They are short, so that ages soon reach their caps.
const (
	exhaustiveTick     = 15 * time.Second
	exhaustiveCooldown = time.Minute
	longAgo            = 4 * time.Minute // longer than every duration of the policies
)

var exhaustively = flag.Bool("exhaustively", false, "explore all sequences of nine steps; of seven for policies with flapping. Takes minutes")

// depthOf returns the length of the sequences. Policies with flapping have the most states.
func depthOf(p Policy) int {
	simple, flaps := p.RaiseTicks == 1 && p.ClearTicks == 1, p.Flapping.Changes > 0
	switch {
	case *exhaustively && flaps:
		return 7
	case *exhaustively:
		return 9
	case testing.Short():
		return 5
	case simple && !flaps:
		return 9
	case flaps:
		return 5
	}
	return 7
}

// exhaustiveSteps are the possible steps. Only random sequences take the last randomOnly of them.
var exhaustiveSteps = []string{
	"ok", "warning", "critical", "unknown", "pass", "ack", "silence", "inhibitor up", "inhibitor down", "sent", "failed",
	"inhibitor unknown", "gap",
}

const randomOnly = 2

// pair is the core and the plain rules (see plain) after the same steps.
type pair struct {
	core  State
	plain *plain
	at    time.Time
	path  []byte // indices into exhaustiveSteps
}

func (p pair) words() string {
	words := make([]string, len(p.path))
	for i, step := range p.path {
		words[i] = exhaustiveSteps[step]
	}
	return strings.Join(words, ", ")
}

func newPair(settings *Settings) pair {
	cause := &plain{policy: settings.PolicyOf("b"), tick: settings.Tick}
	p := pair{core: New(settings, origin), plain: &plain{policy: settings.PolicyOf("a"), tick: settings.Tick, cause: cause}, at: origin}
	p.core, _ = Step(p.core, messages.Roster{At: origin, Channels: []string{"chat"}})
	return p
}

// after returns the pair after one more step, and how the two differ; empty: they agree.
func (p pair) after(step int) (next pair, differs string) {
	next = pair{core: p.core, plain: p.plain.clone(), at: p.at, path: append(slices.Clip(p.path), byte(step))}
	var told []string
	do := func(m messages.Message) {
		next.plain.wake(next.at)
		next.plain.cause.wake(next.at)
		var effects []Effect
		next.core, effects = Step(next.core, m)
		for _, n := range news(effects) {
			if n.Signal == "a" {
				told = append(told, n.News.String())
			}
		}
	}
	observe := func(key messages.Key, level messages.Level) {
		next.at = next.at.Add(exhaustiveTick)
		do(messages.Report{Probe: "of " + string(key), At: next.at, Observations: []messages.Observation{{Signal: key, Level: level}}})
	}
	want := ""
	name := exhaustiveSteps[step]
	switch name {
	case "pass":
		next.at = next.at.Add(exhaustiveCooldown)
		do(messages.Tick{At: next.at})
	case "ack":
		do(messages.Acknowledge{At: next.at, Troubles: []messages.Trouble{{Signal: "a"}}})
		next.plain.acknowledge(next.at)
	case "silence":
		if next.plain.silenced(next.at) {
			next.plain.silences = nil
			do(messages.Unsilence{At: next.at, All: true})
		} else {
			next.plain.silences = []span{{next.at, next.at.Add(24 * time.Hour)}}
			do(messages.Silence{At: next.at, Signals: []string{"a"}, For: 24 * time.Hour})
		}
	case "inhibitor up":
		observe("b", messages.Warning)
		next.plain.cause.observe(next.at, messages.Warning)
	case "gap":
		next.at = next.at.Add((gapTicks + 1) * exhaustiveTick)
	case "inhibitor unknown":
		observe("b", messages.Unknown)
		next.plain.cause.observe(next.at, messages.Unknown)
	case "inhibitor down":
		observe("b", messages.OK)
		next.plain.cause.observe(next.at, messages.OK)
	case "sent":
		do(messages.Receipt{ID: 1, Channel: "chat", At: next.at, Items: next.core.Outbox("chat").Items, MessageID: 1})
		next.plain.chat.confirm()
	case "failed":
		do(messages.Receipt{ID: 1, Channel: "chat", At: next.at, Items: next.core.Outbox("chat").Items, Err: "no route"})
	default:
		level, err := messages.ParseLevel(name)
		if err != nil {
			panic(err)
		}
		observe("a", level)
		want = next.plain.observe(next.at, level)
	}
	return next, next.compare(strings.Join(told, " "), want)
}

// compare returns how the core and the plain rules differ; empty: they agree.
func (p pair) compare(told, want string) string {
	if told != want {
		return fmt.Sprintf("told %q, by the plain rules %q", told, want)
	}
	pending := ""
	for _, n := range p.core.Outbox("chat").Items {
		if n.Signal == "a" {
			pending = n.News.String()
		}
	}
	if want := p.plain.chat.pending(); pending != want {
		return fmt.Sprintf("pending for the chat: %q, by the plain rules %q", pending, want)
	}
	e := p.core.signals.get("a")
	if e == nil {
		return ""
	}
	core := fmt.Sprintf("hard %s, flaps %t, acknowledged %t", e.Hard, e.Flapping, e.acknowledged(p.at, e.policy))
	if want := fmt.Sprintf("hard %s, flaps %t, acknowledged %t", p.plain.hard, p.plain.flaps, p.plain.acknowledged(p.at)); core != want {
		return fmt.Sprintf("%s; by the plain rules %s", core, want)
	}
	return ""
}

// exhaustivePolicies returns small policies: with counts of one and two, with and without
// reminders, with and without flapping.
func exhaustivePolicies() map[string]*Settings {
	all := make(map[string]*Settings)
	for _, counts := range [][2]uint16{{1, 1}, {2, 2}, {1, 2}, {2, 1}} {
		for _, cooldown := range []time.Duration{0, exhaustiveCooldown} {
			for _, flaps := range []uint16{0, 3} {
				name := fmt.Sprintf("raise %d, clear %d, cooldown %s, %d changes flap", counts[0], counts[1], cooldown, flaps)
				all[name] = &Settings{
					Tick: exhaustiveTick,
					Defaults: Policy{
						Enabled: true, RaiseTicks: counts[0], ClearTicks: counts[1], Cooldown: cooldown, AckExpires: 2 * exhaustiveCooldown,
						Flapping: Flapping{Changes: flaps, Within: 3 * exhaustiveCooldown, Settle: exhaustiveCooldown},
					},
					Rules: []Rule{{Glob: "a", InhibitedBy: &[]string{"b"}}, {Glob: "b", FlapChanges: new(uint16)}},
				}
			}
		}
	}
	return all
}

// The core tells the same as the plain rules after every sequence of steps. Of sequences that
// lead to the same state, only the first is continued.
func TestEverySequenceOfStepsTellsWhatThePlainRulesTell(t *testing.T) {
	for name, settings := range exhaustivePolicies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			depth := depthOf(settings.Defaults)
			states, transitions := explore(t, newPair(settings), depth)
			t.Logf("%d states, %d transitions, to a depth of %d", states, transitions, depth)
		})
	}
}

// Longer sequences, of random steps.
func TestLongRandomSequencesTellWhatThePlainRulesTell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exhaustivePolicies()
		p := newPair(all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(t, "policy")])
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			var differs string
			if p, differs = p.after(rapid.IntRange(0, len(exhaustiveSteps)-1).Draw(t, "step")); differs != "" {
				t.Fatalf("after %s: %s", p.words(), differs)
			}
		}
	})
}

func explore(t *testing.T, from pair, depth int) (states, transitions int) {
	seed := maphash.MakeSeed()
	seen := map[uint64]struct{}{from.fingerprint(seed): {}}
	level := []pair{from}
	for d := range depth {
		var next []pair
		for _, p := range level {
			for step := range len(exhaustiveSteps) - randomOnly {
				q, differs := p.after(step)
				transitions++
				if differs != "" {
					t.Fatalf("after %s: %s", q.words(), differs)
				}
				fingerprint := q.fingerprint(seed)
				if _, known := seen[fingerprint]; known {
					continue
				}
				seen[fingerprint] = struct{}{}
				if d < depth-1 {
					next = append(next, q)
				}
			}
		}
		level = next
	}
	return len(seen), transitions
}
