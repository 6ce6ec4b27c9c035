package core

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// holds applies rule 5: it reports whether the inhibitor p holds news of s back.
func (p *plain) holds(s *plain, at time.Time) bool {
	if p == nil || p.latest.at.IsZero() {
		return false
	}
	if p.hard > messages.OK {
		s.newsFrom = time.Time{}
		return true
	}
	last := p.latest
	missed := s.announced == messages.OK && last.at.Before(s.runFrom()) // p was not observed since the trouble of s began
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

// runFrom returns the time of the first observation of the present run above ok.
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

// plainChat is what a channel was told of one signal.
type plainChat struct {
	knows  messages.Level   // the announced level that it was told last
	untold []messages.Level // the levels announced since
}

// pending returns the folded news that is pending for the channel, "" for none.
func (c *plainChat) pending() string {
	if len(c.untold) == 0 {
		return ""
	}
	last := c.untold[len(c.untold)-1]
	flaps, knows := c.knows == messages.AnnouncedFlapping, c.knows != messages.OK
	switch {
	case last == messages.AnnouncedFlapping && !flaps:
		return "FLAPPING"
	case last == messages.AnnouncedFlapping:
		return "STILL"
	case last == messages.OK && knows:
		return "RECOVERED"
	case last == messages.OK:
		return "MISSED"
	case !knows || flaps:
		return "ALERT"
	case last > c.knows:
		return "WORSE"
	}
	return "STILL"
}

// confirm says that the channel delivered the pending news.
func (c *plainChat) confirm() {
	if len(c.untold) > 0 {
		c.knows, c.untold = c.untold[len(c.untold)-1], nil
	}
}

// clone returns an independent copy.
func (p *plain) clone() *plain {
	if p == nil {
		return nil
	}
	c := *p
	c.seen, c.changes, c.silences = slices.Clip(p.seen), slices.Clip(p.changes), slices.Clone(p.silences)
	c.chat.untold = slices.Clip(p.chat.untold)
	c.cause = p.cause.clone()
	return &c
}

// plainView is the part of the past that the future depends on.
type plainView struct {
	Counted         []messages.Level
	Changes         []time.Duration // ages
	Alternations    []int           // how many observations ago
	Bad             bool
	Hard, Announced messages.Level
	Told, News, Ack time.Duration // ages
	Flaps, ByHard   bool
	Calm, Last      time.Duration // ages
	BlindFor        time.Duration
	Blind           int
	AckOfFlapping   bool
	Silenced        bool
	Missed          bool // the inhibitor was not observed since the trouble began
	Knows           messages.Level
	Pending         string
	Latest          messages.Level
	Cause           *plainView
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

// matters returns the view of the present.
func (p *plain) matters() plainView {
	age := func(at time.Time, limit time.Duration) time.Duration {
		if at.IsZero() {
			return -1
		}
		return min(p.awake.Sub(at), limit)
	}
	v := plainView{
		Hard: p.hard, Announced: p.announced, Told: -1, News: age(p.newsFrom, longAgo), Ack: -1,
		Flaps: p.flaps, ByHard: p.byHard, Silenced: len(p.silences) > 0, Knows: p.chat.knows, Pending: p.chat.pending(),
	}
	if p.announced != messages.OK {
		v.Told = age(p.told, p.policy.Cooldown)
	}
	if p.ack != nil {
		v.Ack, v.AckOfFlapping = age(p.ack.at, p.policy.AckExpires), p.ack.flaps
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
