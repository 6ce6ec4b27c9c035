package peerclock

import (
	"context"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
)

const (
	// MinSources is how many peers it takes: of two that differ, neither is right.
	MinSources = 3
	// agreement is how far a clock may be from the median to be of the same opinion.
	agreement = 10 * time.Second
)

// limit is in seconds. It is cleared below where it is raised: headers name whole seconds and
// answers take their time, so a clock at the bound would be told again and again.
var limit = messages.LimitOf("host_clock")

// Declared is the threshold that the file can set, with its default.
var Declared = field.Threshold{
	Name: "clock", Unit: "s", Doc: "host_clock: difference from the median of the peers", Warning: true,
	Threshold: limit,
}

// Options are what a Probe is made of.
type Options struct {
	Board *Board
	Raise time.Duration // off by more is a warning; 0: 30 s
	Clear time.Duration // well again when off by no more; 0: 25 s, or Raise if that is less
}

// Probe judges our clock.
type Probe struct {
	board        *Board
	raise, clear time.Duration
	known        bool // there were enough peers once: host_clock is a signal
	off          bool // the last judgement, for the hysteresis
}

// New makes the probe.
func New(o Options) *Probe {
	if o.Raise == 0 {
		o.Raise = Seconds(limit.Raise)
	}
	if o.Clear == 0 {
		o.Clear = min(Seconds(limit.Clear), o.Raise)
	}
	return &Probe{board: o.Board, raise: o.Raise, clear: o.Clear}
}

// Seconds is a part of the threshold as a duration.
func Seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Observe judges by what the board says now. As long as there never were enough peers
// there is no signal: a watchdog of two dependencies has no opinion on its clock, and
// nothing to nag about.
func (p *Probe) Observe(context.Context) (probe.Reading, error) {
	offsets := p.board.offsets()
	if p.known = p.known || len(offsets) >= MinSources; !p.known {
		return probe.Reading{}, nil
	}
	return probe.Reading{Observations: []messages.Observation{p.judge(offsets)}}, nil
}

func (p *Probe) judge(offsets []time.Duration) messages.Observation {
	o := messages.Observation{Signal: "host_clock", Level: messages.Unknown}.Against(p.raise.Seconds(), "> "+p.raise.String())
	agreed := agreeing(offsets)
	switch {
	case len(offsets) < MinSources:
		o.Detail = fmt.Sprintf("%d peers told their time lately, and it takes %d", len(offsets), MinSources)
		return o
	case len(agreed) <= len(offsets)/2:
		o.Detail = fmt.Sprintf("the clocks of %d peers do not agree", len(offsets))
		return o
	}
	offset := median(agreed)
	bound := p.raise
	if p.off {
		bound = p.clear
	}
	p.off = offset.Abs() > bound
	o.Level = messages.OK
	if p.off {
		o.Level = messages.Warning
	}
	o.Detail = describe(offset, len(agreed), len(offsets), p.off)
	return o.WithValue(offset.Seconds())
}

func describe(offset time.Duration, agreed, all int, off bool) string {
	direction := "behind"
	if offset < 0 {
		direction = "ahead of"
	}
	text := fmt.Sprintf("our clock is %s %s that of %d of %d peers", offset.Abs().Round(time.Second), direction, agreed, all)
	if off {
		text += ": check the host's time synchronisation"
	}
	return text
}

// agreeing leaves out the outliers of sorted offsets.
func agreeing(offsets []time.Duration) []time.Duration {
	if len(offsets) == 0 {
		return nil
	}
	middle := median(offsets)
	var kept []time.Duration
	for _, offset := range offsets {
		if (offset - middle).Abs() <= agreement {
			kept = append(kept, offset)
		}
	}
	return kept
}

// median is the middle of sorted offsets; of an even number the lower of the two in
// the middle, so that it is always what some peer said.
func median(offsets []time.Duration) time.Duration { return offsets[(len(offsets)-1)/2] }
