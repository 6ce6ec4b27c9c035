package core

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// life is a random sequence of messages about a few signals, under random settings.
type life struct {
	settings *Settings
	messages []messages.Message
}

var keys = []messages.Key{"orch_down", "orch_rule:queue", "dep_down:db", "host_memory", "watchdog_offline"}

func genSettings(t *rapid.T) *Settings {
	down := rapid.Uint16Range(1, 4).Draw(t, "orch_down_ticks")
	s := &Settings{
		Tick: 15 * time.Second,
		Defaults: Policy{
			Enabled:    true,
			RaiseTicks: rapid.Uint16Range(1, 4).Draw(t, "raise_ticks"),
			ClearTicks: rapid.Uint16Range(1, 4).Draw(t, "clear_ticks"),
			Cooldown:   rapid.SampledFrom([]time.Duration{0, time.Minute, 10 * time.Minute}).Draw(t, "cooldown"),
			Flapping:   DefaultFlapping,
			AckExpires: rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, time.Hour}).Draw(t, "ack_expires"),
		},
		Rules: append(BuiltinRules(), Rule{Glob: "orch_down", RaiseTicks: &down}),
	}
	if rapid.Bool().Draw(t, "maintenance") {
		s.Windows = append(s.Windows, &Window{Signals: "dep_*", Start: 5 * time.Minute, For: 20 * time.Minute, Zone: time.UTC})
	}
	if rapid.Bool().Draw(t, "routes") {
		s.Routes = map[string]*Route{"log": genRoute(t, "chat")}
	}
	return s
}

// genRoute draws a route, which may be a fallback for the other channel.
func genRoute(t *rapid.T, other string) *Route {
	r := &Route{MinSeverity: rapid.SampledFrom([]messages.Level{messages.OK, messages.Warning, messages.Critical}).Draw(t, "min_severity")}
	if rapid.Bool().Draw(t, "signals") {
		r.Signals = []string{"dep_*", "orch_down"}
	}
	if rapid.Bool().Draw(t, "quiet") {
		r.Quiet = &Window{Start: 10 * time.Minute, For: time.Hour, Zone: time.UTC}
	}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 1:
		r.After = 5 * time.Minute
	case 2:
		r.FallbackFor = other
	}
	return r
}

func genLevel(t *rapid.T) messages.Level {
	return rapid.SampledFrom([]messages.Level{messages.OK, messages.OK, messages.Warning, messages.Critical, messages.Critical, messages.Unknown}).Draw(t, "level")
}

func genReport(t *rapid.T, at time.Time) messages.Report {
	r := messages.Report{Probe: "p", At: at}
	for _, key := range keys {
		if rapid.IntRange(0, 4).Draw(t, "observed") > 0 {
			r.Observations = append(r.Observations, messages.Observation{Signal: key, Level: genLevel(t), Detail: "d"})
		}
	}
	return r
}

var origin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func genLife(t *rapid.T) life {
	r := life{settings: genSettings(t)}
	at := origin
	r.messages = append(r.messages, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"chat", "log"}})
	for range rapid.IntRange(1, 120).Draw(t, "reports") {
		at = at.Add(rapid.SampledFrom([]time.Duration{15 * time.Second, 15 * time.Second, 15 * time.Second, time.Minute, 10 * time.Minute}).Draw(t, "pause"))
		r.messages = append(r.messages, genReport(t, at))
		if rapid.IntRange(0, 5).Draw(t, "somebody asks") == 0 {
			r.messages = append(r.messages, genRequest(t, at))
		}
	}
	return r
}

// genRequest draws a request of a person.
func genRequest(t *rapid.T, at time.Time) messages.Message {
	switch rapid.SampledFrom([]string{"ack", "ack", "silence", "unsilence"}).Draw(t, "request") {
	case "silence":
		return messages.Silence{
			At: at, Signals: rapid.SampledFrom([][]string{{"*"}, {"dep_*"}, {"orch_down", "host_*"}}).Draw(t, "signals"),
			For: rapid.SampledFrom([]time.Duration{0, time.Minute, 20 * time.Minute, messages.MaxSilence}).Draw(t, "for"),
		}
	case "unsilence":
		return messages.Unsilence{At: at, IDs: []string{rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "id")}, All: rapid.Bool().Draw(t, "all")}
	}
	return messages.Acknowledge{At: at, By: messages.Asker{Name: "Ann"}, Troubles: []messages.Trouble{{Signal: rapid.SampledFrom(keys).Draw(t, "key")}}}
}

// play returns the state after all messages, and what was told, in order.
func (r life) play(observe func(State, messages.Message, []Effect)) (State, []messages.Notification) {
	s := New(r.settings, origin)
	var told []messages.Notification
	for _, m := range r.messages {
		var effects []Effect
		s, effects = Step(s, m)
		told = append(told, news(effects)...)
		if observe != nil {
			observe(s, m, effects)
		}
	}
	return s, told
}

func news(effects []Effect) []messages.Notification {
	var told []messages.Notification
	for _, e := range effects {
		if t, ok := e.(Told); ok {
			told = append(told, t.Notification)
		}
	}
	return told
}

// News is only told on an observation of its signal that does not contradict it.
func TestPropertyNothingIsToldAgainstTheEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		genLife(t).play(func(_ State, m messages.Message, effects []Effect) {
			report, ok := m.(messages.Report)
			if !ok {
				return
			}
			for _, n := range news(effects) {
				i := slices.IndexFunc(report.Observations, func(o messages.Observation) bool { return o.Signal == n.Signal })
				if i < 0 {
					t.Fatalf("%s of %s without an observation of it", n.News, n.Signal)
				}
				level := report.Observations[i].Level
				switch n.News {
				case messages.Alert, messages.Worse, messages.Still:
					if level == messages.OK && !n.Flaps {
						t.Fatalf("%s of %s on an observation of ok", n.News, n.Signal)
					}
				case messages.Recovered:
					if level > messages.OK {
						t.Fatalf("%s of %s on an observation of %s", n.News, n.Signal, level)
					}
				case messages.Flapping, messages.Event, messages.Missed:
				}
			}
		})
	})
}

// For each signal, ALERT and RECOVERED alternate, WORSE and STILL come between them, and each
// announced level differs from the one before it, except in a reminder.
func TestPropertyAlertAndRecoveryAlternate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, told := genLife(t).play(nil)
		announced := map[messages.Key]messages.Level{}
		for _, n := range told {
			before := announced[n.Signal]
			flapping := before == messages.AnnouncedFlapping
			right := map[messages.News]bool{
				messages.Alert:     (before == messages.OK || flapping) && n.Level > messages.OK,
				messages.Worse:     before == messages.Warning && n.Level == messages.Critical,
				messages.Still:     before > messages.OK && n.Level > messages.OK && n.Flaps == flapping,
				messages.Recovered: before > messages.OK && n.Level == messages.OK,
				messages.Flapping:  !flapping,
			}
			if !right[n.News] {
				t.Fatalf("%s of %s at %s after it was announced as %s", n.News, n.Signal, n.At, before)
			}
			announced[n.Signal] = n.Level
			if n.Flaps {
				announced[n.Signal] = messages.AnnouncedFlapping
			}
		}
	})
}

// A suppressed signal is not told.
func TestPropertyNothingIsToldWhileSuppressed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genLife(t)
		r.play(func(s State, _ messages.Message, effects []Effect) {
			hard := map[messages.Key]messages.Level{}
			for _, v := range s.Signals() {
				hard[v.Key] = v.Hard
			}
			for _, n := range news(effects) {
				p := r.settings.PolicyOf(n.Signal)
				for _, by := range p.InhibitedBy {
					if by := messages.Key(by); by != n.Signal && hard[by] > messages.OK {
						t.Fatalf("%s was told while %s inhibits it", n.Signal, by)
					}
				}
				for _, w := range p.Windows {
					if w.Open(n.At) {
						t.Fatalf("%s was told at %s, inside of %s", n.Signal, n.At, w)
					}
				}
			}
		})
	})
}

// Inside a silence only RECOVERED is told.
func TestPropertyInASilenceOnlyRecoveriesAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		genLife(t).play(func(s State, _ messages.Message, effects []Effect) {
			for _, n := range news(effects) {
				for _, silence := range s.Silences() {
					covers := slices.ContainsFunc(silence.Signals, func(g string) bool { return glob.Match(g, string(n.Signal)) })
					if covers && n.At.Before(silence.Until) && n.News != messages.Recovered {
						t.Fatalf("%s of %s at %s, inside of %+v", n.News, n.Signal, n.At, silence)
					}
				}
			}
		})
	})
}

// An acknowledged trouble has no reminders, and a signal without trouble no acknowledgement.
func TestPropertyWhatIsAcknowledgedIsNotRemindedOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genLife(t)
		before := New(r.settings, origin)
		r.play(func(s State, _ messages.Message, effects []Effect) {
			for _, n := range news(effects) {
				e := before.signals.get(n.Signal)
				if n.News == messages.Still && e.acknowledged(s.clock, e.policy) {
					t.Fatalf("STILL of %s at %s, which was acknowledged at %s", n.Signal, n.At, e.ack.at)
				}
				if n.News == messages.Still && e.ack != nil && n.Acknowledged.By != "Ann" {
					t.Fatalf("STILL of %s at %s does not say who acknowledged it", n.Signal, n.At)
				}
			}
			for e := range s.signals.all {
				if e.ack != nil && !e.troubled() && e.Announced == messages.OK {
					t.Fatalf("%s is ok and acknowledged", e.key())
				}
			}
			before = s
		})
	})
}

// Once nothing is suppressed and the observed levels are steady, every announced level is the
// observed one.
func TestPropertyInTheEndTheTruthWasTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genLife(t)
		r.settings.Defaults.Cooldown = max(r.settings.Defaults.Cooldown, time.Minute) // a change from critical to warning is told only by a reminder
		s, _ := r.play(nil)
		free := *r.settings
		free.Rules = append(slices.Clone(free.Rules), Rule{Glob: "*", InhibitedBy: &[]string{}})
		free.Windows = nil
		free.Defaults.AckExpires = time.Minute
		s = Reconfigure(s, &free, s.clock)
		s, _ = Step(s, messages.Unsilence{At: s.clock, All: true})
		last := genReport(t, s.clock)
		for range 10 * 60 { // two and a half hours: longer than any flapping or cooldown
			last.At = last.At.Add(15 * time.Second)
			s, _ = Step(s, last)
		}
		for _, o := range last.Observations {
			e := s.signals.get(o.Signal)
			if o.Level != messages.Unknown && (e.Announced != o.Level || e.Hard != o.Level) {
				t.Fatalf("%s has been %s for hours; hard %s, announced %s", o.Signal, o.Level, e.Hard, e.Announced)
			}
			if e.Hard != e.Announced && !e.Flapping {
				t.Fatalf("%s: hard %s, announced %s", o.Signal, e.Hard, e.Announced)
			}
		}
	})
}

// Step never changes an earlier state.
func TestPropertyStepChangesNoEarlierState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genLife(t)
		type kept struct {
			state State
			text  []byte
		}
		var all []kept
		s := New(r.settings, origin)
		receipts := uint64(0)
		for _, m := range r.messages {
			s, _ = Step(s, m)
			all = append(all, kept{s, stateText(t, s)})
			if rapid.IntRange(0, 3).Draw(t, "receipt") == 0 {
				receipts++
				s, _ = Step(s, messages.Receipt{ID: receipts, Channel: "chat", At: s.clock, Items: s.Outbox("chat").Items, MessageID: int64(receipts)})
				all = append(all, kept{s, stateText(t, s)})
			}
		}
		for i, k := range all {
			if now := stateText(t, k.state); !bytes.Equal(now, k.text) {
				t.Fatalf("state %d of %d was\n%s\nand is\n%s", i, len(all), k.text, now)
			}
		}
	})
}

func stateText(t *rapid.T, s State) []byte {
	data, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(data, "%+v %v %+v", s.Signals(), s.owns, s.Silences())
}

// The order of observations in a report changes only the order of the news.
func TestPropertyOrderWithinAReportDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genLife(t)
		shuffled := life{settings: r.settings}
		for _, m := range r.messages {
			if report, ok := m.(messages.Report); ok {
				report.Observations = rapid.Permutation(report.Observations).Draw(t, "order")
				m = report
			}
			shuffled.messages = append(shuffled.messages, m)
		}
		_, told := r.play(nil)
		_, other := shuffled.play(nil)
		one, two := lines(told), lines(other)
		slices.Sort(one)
		slices.Sort(two)
		if !slices.Equal(one, two) {
			t.Fatalf("in order:\n%s\nshuffled:\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"))
		}
	})
}

func lines(told []messages.Notification) []string {
	all := make([]string, len(told))
	for i, n := range told {
		all[i] = fmt.Sprintf("%s %s %s %s %s since %s worst %s", n.At, n.News, n.Signal, n.Level, n.Detail, n.Since, n.Worst)
	}
	return all
}
