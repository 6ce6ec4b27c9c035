package core

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// plain is a second, naive implementation of rules 1, 2, 3, 5, 6, 8, 10 and 11 for one signal,
// which only a silence and an inhibitor suppress. It keeps all observations and goes through
// them each time.
type plain struct {
	policy *Policy
	tick   time.Duration

	seen      []sighting // since the last gap, including unknown ones
	wasBad    bool       // before seen the level was above ok
	latest    sighting   // also from before a gap; zero: none
	changes   []sighting // of the hard level, since flapping last ended
	settled   int        // how many of seen came before flapping last ended
	hard      messages.Level
	announced messages.Level
	told      time.Time
	flaps     bool
	byHard    bool
	calmFrom  time.Time     // the last change of the hard level
	blindFor  time.Duration // time without data since calmFrom
	last      time.Time     // the last observation
	awake     time.Time     // the last message
	gap       bool          // there was a gap since the last observation

	ack      *plainAck // nil: nobody acknowledged the trouble
	silences []span

	cause    *plain    // the inhibitor, of another probe; nil: none
	newsFrom time.Time // since when news waits for the cause; zero: none waits
	chat     plainChat
}

type plainAck struct {
	at    time.Time
	flaps bool // the signal flapped then
}

type span struct{ from, to time.Time }

// acknowledge has an effect only once, and once more after the signal began to flap.
func (p *plain) acknowledge(at time.Time) {
	wrong := p.hard != messages.OK || p.flaps
	if wrong && (!p.acknowledged(at) || p.ack.flaps != p.flaps) {
		p.ack = &plainAck{at, p.flaps}
		if p.chat.pending() == "STILL" {
			p.chat.untold = nil
		}
	}
}

func (p *plain) acknowledged(at time.Time) bool { return p.ack != nil && !p.expired(at) }

func (p *plain) expired(at time.Time) bool {
	return p.ack != nil && p.policy.AckExpires > 0 && at.Sub(p.ack.at) >= p.policy.AckExpires
}

func (p *plain) silenced(at time.Time) bool {
	return slices.ContainsFunc(p.silences, func(s span) bool { return !at.Before(s.from) && at.Before(s.to) })
}

// endAck ends the acknowledgement of a trouble that is over.
func (p *plain) endAck() {
	over := p.hard == messages.OK && p.announced == messages.OK
	if p.ack != nil && !p.flaps && (over || p.ack.flaps) {
		p.ack = nil
	}
}

// sighting is one observation.
type sighting struct {
	at    time.Time
	level messages.Level
}

// wake handles the time of any message. After a gap, earlier observations do not count.
func (p *plain) wake(at time.Time) {
	if !p.awake.IsZero() && at.Sub(p.awake) > gapTicks*p.tick {
		p.seen, p.settled = nil, 0
		p.gap, p.newsFrom = true, time.Time{}
		p.wasBad = p.hard > messages.OK
	}
	p.awake = at
}

// observe returns the news to tell, "" for none.
func (p *plain) observe(at time.Time, level messages.Level) string {
	p.wake(at)
	switch {
	case p.gap: // the hard level may have changed in the gap
		p.calmFrom, p.blindFor, p.gap = at, 0, false
	case level == messages.Unknown && !p.last.IsZero():
		p.blindFor += at.Sub(p.last)
	}
	p.last = at
	p.latest = sighting{at, level}
	p.seen = append(p.seen, p.latest)
	before := p.hard
	if level != messages.Unknown {
		p.harden()
	}
	if p.hard != before {
		p.changes = append(p.changes, sighting{at, p.hard})
		p.calmFrom, p.blindFor = at, 0
	}
	p.flap(at, p.hard != before)
	p.endAck()
	return p.tell(at, level)
}

// counted returns the levels of the observations that count: those with data, after the last
// blindTicks unknown ones in a row.
func (p *plain) counted() []messages.Level {
	var levels []messages.Level
	blind := 0
	for _, s := range p.seen {
		if s.level == messages.Unknown {
			if blind++; blind == blindTicks {
				levels = nil
			}
			continue
		}
		blind = 0
		levels = append(levels, s.level)
	}
	return levels
}

func (p *plain) harden() {
	levels := p.counted()
	last := func(count uint16, holds func(messages.Level) bool) bool {
		n := int(count)
		return len(levels) >= n && !slices.ContainsFunc(levels[len(levels)-n:], func(l messages.Level) bool { return !holds(l) })
	}
	for l := messages.Critical; l > p.hard; l-- {
		if last(p.policy.RaiseTicks, func(o messages.Level) bool { return o >= l }) {
			p.hard = l
			return
		}
	}
	for l := messages.OK; l < p.hard; l++ {
		if last(p.policy.ClearTicks, func(o messages.Level) bool { return o <= l }) {
			p.hard = l
			return
		}
	}
}

// alternations returns the times of the changes between ok and above ok among the last
// flapObservations.
func (p *plain) alternations() []time.Time {
	var times []time.Time
	bad := p.wasBad
	first := len(p.seen) - flapObservations
	for i, s := range p.seen {
		if s.level == messages.Unknown || (s.level > messages.OK) == bad {
			continue
		}
		bad = !bad
		if i >= first && i >= p.settled {
			times = append(times, s.at)
		}
	}
	return times
}

func (p *plain) flap(at time.Time, hardened bool) {
	f := p.policy.Flapping
	if f.Changes == 0 {
		return
	}
	within := func(times []time.Time) int {
		return len(slices.DeleteFunc(slices.Clone(times), func(t time.Time) bool { return at.Sub(t) > f.Within }))
	}
	var hardenings []time.Time
	for _, c := range p.changes {
		hardenings = append(hardenings, c.at)
	}
	alternations := p.alternations()
	alternated := len(alternations) > 0 && alternations[len(alternations)-1].Equal(at)
	switch {
	case !p.flaps:
		p.byHard = hardened && within(hardenings) >= int(f.Changes)
		p.flaps = p.byHard || alternated && within(alternations) >= flapAlternations
		if p.flaps {
			p.blindFor = 0 // time without data before the flapping counts as calm
		}
	case p.seen[len(p.seen)-1].level == messages.Unknown && p.calmFrom.IsZero():
	case (p.calmFrom.IsZero() || at.Sub(p.calmFrom)-p.blindFor >= f.Settle) && len(alternations) < calmAlternations:
		p.flaps, p.changes, p.settled = false, nil, len(p.seen)
	}
}

func (p *plain) tell(at time.Time, level messages.Level) string {
	news := p.news(at, level)
	if news == "" || news != "RECOVERED" && p.silenced(at) {
		p.newsFrom = time.Time{}
		return ""
	}
	if p.cause.holds(p, at) {
		return ""
	}
	p.newsFrom = time.Time{}
	ends := map[string]bool{"RECOVERED": true, "WORSE": true, "FLAPPING": p.ack != nil && !p.ack.flaps}
	if ends[news] || p.expired(at) {
		p.ack = nil
	}
	p.told = at
	p.announced = p.hard
	if p.flaps {
		p.announced = messages.AnnouncedFlapping
	}
	p.chat.untold = append(p.chat.untold, p.announced)
	return news
}

func (p *plain) news(at time.Time, level messages.Level) string {
	remind := p.policy.Cooldown > 0 && at.Sub(p.told) >= p.policy.Cooldown && !p.acknowledged(at) || p.expired(at)
	up := func(l messages.Level) bool { return l == messages.Warning || l == messages.Critical }
	switch {
	case p.flaps && p.announced != messages.AnnouncedFlapping:
		return "FLAPPING"
	case p.flaps && remind:
		return "STILL"
	case p.flaps:
		return ""
	case p.hard == messages.OK && p.announced != messages.OK && !up(level):
		return "RECOVERED"
	case up(p.hard) && !up(p.announced) && level != messages.OK:
		return "ALERT"
	case p.hard == messages.Critical && p.announced == messages.Warning && level != messages.OK:
		return "WORSE"
	case up(p.hard) && up(p.announced) && remind && level != messages.OK:
		return "STILL"
	}
	return ""
}

// request sends a random request, or none, to both.
func (p *plain) request(t *rapid.T, s State, at time.Time) State {
	switch rapid.SampledFrom([]string{"", "", "", "", "", "ack", "ack", "silence", "unsilence"}).Draw(t, "request") {
	case "ack":
		p.acknowledge(at)
		s, _ = Step(s, messages.Acknowledge{At: at, Troubles: []messages.Trouble{{Signal: "dep_down:db"}}})
	case "silence":
		lasts := rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, 2 * time.Hour}).Draw(t, "for")
		p.silences = append(p.silences, span{at, at.Add(lasts)})
		s, _ = Step(s, messages.Silence{At: at, Signals: []string{"dep_*"}, For: lasts})
	case "unsilence":
		for i := range p.silences {
			if p.silences[i].to.After(at) {
				p.silences[i].to = at
			}
		}
		s, _ = Step(s, messages.Unsilence{At: at, All: true})
	}
	return s
}

// The core tells the same as the plain rules.
func TestPropertyThePlainRulesTellTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := genSettings(t)
		settings.Windows = nil
		settings.Rules = nil
		p := &plain{policy: settings.PolicyOf("dep_down:db"), tick: settings.Tick}
		s, at := New(settings, origin), origin
		levels := rapid.SampledFrom([][]messages.Level{
			{messages.OK, messages.Critical},
			{messages.OK, messages.OK, messages.OK, messages.Warning},
			{messages.OK, messages.Warning, messages.Critical, messages.Critical, messages.Unknown},
			{messages.OK, messages.Critical, messages.Unknown, messages.Unknown, messages.Unknown, messages.Unknown, messages.Unknown, messages.Unknown},
		}).Draw(t, "levels")
		for range rapid.IntRange(1, 400).Draw(t, "observations") {
			at = at.Add(rapid.SampledFrom([]time.Duration{15 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 20 * time.Minute}).Draw(t, "pause"))
			level := rapid.SampledFrom(levels).Draw(t, "level")
			for range rapid.SampledFrom([]int{1, 1, 1, 1, 1, 3, 12}).Draw(t, "times") {
				at = at.Add(time.Second)
				s = p.request(t, s, at)
				var effects []Effect
				s, effects = Step(s, messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: level}}})
				got := ""
				for _, n := range news(effects) {
					got += n.News.String()
				}
				e := s.signals.get("dep_down:db")
				if want := p.observe(at, level); got != want || e.Hard != p.hard || e.Flapping != p.flaps || e.acknowledged(at, e.policy) != p.acknowledged(at) {
					t.Fatalf("%s %s: told %q, hard %s, flaps %t; by the plain rules %q, hard %s, flaps %t (%s)", at, level,
						got, e.Hard, e.Flapping, want, p.hard, p.flaps, fmt.Sprint(p.alternations()))
				}
			}
		}
	})
}
