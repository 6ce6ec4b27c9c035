package core

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// holds is rule 5: whether the inhibitor keeps news of the signal from being told.
func (p *plain) holds(s *plain, at time.Time) bool {
	if p == nil || p.latest.at.IsZero() {
		return false
	}
	if p.hard > messages.OK {
		s.newsFrom = time.Time{}
		return true
	}
	last := p.latest
	missed := s.announced == messages.OK && last.at.Before(s.runFrom()) // the beginning of a trouble that was not told
	levels := p.counted()
	countsUp := len(levels) > 0 && levels[len(levels)-1] > messages.OK
	if last.level == messages.Unknown || !countsUp && !missed {
		return false
	}
	if s.newsFrom.IsZero() {
		s.newsFrom = at
	}
	return at.Sub(s.newsFrom) < time.Duration(max(2, p.policy.RaiseTicks))*p.tick
}

// runFrom is the first of the observations above ok that came in a row, up to now.
func (p *plain) runFrom() time.Time {
	var began time.Time
	blind := 0
	for _, s := range slices.Backward(p.seen) {
		if s.level == messages.Unknown {
			blind++
		} else {
			blind = 0
		}
		if s.level == messages.OK || blind == blindTicks {
			break
		}
		if s.level > messages.OK {
			began = s.at
		}
	}
	return began
}

// plainChat is what a channel was told of one signal, and what came since.
type plainChat struct {
	knows  messages.Level
	untold []said
}

type said struct {
	news  string
	level messages.Level
}

// waits is what the channel is still to be told: what all the untold news comes to, for one
// who knows what the channel knows.
func (c *plainChat) waits() string {
	if len(c.untold) == 0 {
		return ""
	}
	last := c.untold[len(c.untold)-1]
	flaps, knows := c.knows == messages.AnnouncedFlapping, c.knows != messages.OK
	switch {
	case last.level == messages.AnnouncedFlapping && !flaps:
		return "FLAPPING"
	case last.level == messages.AnnouncedFlapping:
		return "STILL"
	case last.level == messages.OK && knows:
		return "RECOVERED"
	case last.level == messages.OK:
		return "MISSED"
	case !knows || flaps:
		return "ALERT"
	case last.level > c.knows:
		return "WORSE"
	}
	return "STILL"
}

// heard is that the channel confirmed it all.
func (c *plainChat) heard() {
	if len(c.untold) > 0 {
		c.knows, c.untold = c.untold[len(c.untold)-1].level, nil
	}
}

// clone is a copy that changes nothing of the original.
func (p *plain) clone() *plain {
	if p == nil {
		return nil
	}
	c := *p
	c.seen, c.changes, c.taken, c.silences = slices.Clip(p.seen), slices.Clip(p.changes), slices.Clip(p.taken), slices.Clone(p.silences)
	c.chat.untold = slices.Clip(p.chat.untold)
	c.cause = p.cause.clone()
	return &c
}

// plainView is what of the past matters to whatever comes next.
type plainView struct {
	Counted             []messages.Level
	Changes             []time.Duration // ages
	Alternations        []int           // so many observations ago
	Bad                 bool
	Hard, Announced     messages.Level
	Told, News, TakenOn time.Duration // ages
	Flaps, ByHard       bool
	Calm, Last          time.Duration // ages
	BlindFor            time.Duration
	Blind               int
	TakenFlapping       bool
	Silenced            bool
	Missed              bool // the inhibitor was not observed since
	Knows               messages.Level
	Waits               string
	Latest              messages.Level
	Cause               *plainView
}

// badNow reports whether the last observation with data was above ok.
func (p *plain) badNow() bool {
	for _, s := range slices.Backward(p.seen) {
		if s.level != messages.Unknown {
			return s.level > messages.OK
		}
	}
	return p.wasBad
}

// matters is the view of the present: of all that was ever observed only what the rules look
// back on.
func (p *plain) matters() plainView {
	age := func(at time.Time, alike time.Duration) time.Duration {
		if at.IsZero() {
			return -1
		}
		return min(p.awake.Sub(at), alike)
	}
	v := plainView{
		Hard: p.hard, Announced: p.announced, Told: -1, News: age(p.newsFrom, longAgo), TakenOn: -1,
		Flaps: p.flaps, ByHard: p.byHard, Silenced: len(p.silences) > 0, Knows: p.chat.knows, Waits: p.chat.waits(),
	}
	if p.announced != messages.OK {
		v.Told = age(p.told, p.policy.Cooldown)
	}
	if len(p.taken) > 0 {
		v.TakenOn, v.TakenFlapping = age(p.taken[0].at, p.policy.AckExpires), p.taken[0].flaps
	}
	v.Counted = p.counted()
	v.Counted = v.Counted[max(0, len(v.Counted)-int(max(p.policy.RaiseTicks, p.policy.ClearTicks))):]
	for _, s := range slices.Backward(p.seen) {
		if s.level != messages.Unknown {
			break
		}
		v.Blind++
	}
	v.Blind = min(v.Blind, blindTicks)
	if f := p.policy.Flapping; f.Changes > 0 {
		v.Bad, v.Calm, v.BlindFor, v.Last = p.badNow(), age(p.calmFrom, f.Settle+p.blindFor), p.blindFor, age(p.last, f.Settle)
		for _, c := range p.changes {
			v.Changes = append(v.Changes, age(c.at, f.Within+1))
		}
		for i, s := range p.seen {
			if slices.Contains(p.alternations(), s.at) {
				v.Alternations = append(v.Alternations, len(p.seen)-i)
			}
		}
	}
	if p.cause != nil {
		cause := p.cause.matters()
		v.Cause = &cause
		v.Cause.Latest, v.Missed = p.cause.latest.level, p.cause.latest.at.Before(p.runFrom())
	}
	return v
}
