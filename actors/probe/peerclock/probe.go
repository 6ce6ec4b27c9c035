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
	// MinSources is how many peers are needed: if two differ, either may be wrong.
	MinSources = 3
	// agreement is how far a clock may be from the median and still agree with it.
	agreement = 10 * time.Second
)

// limit is in seconds. It clears below the value at which it raises: headers have whole seconds
// and answers take time, so a clock near the limit would flap.
var limit = messages.LimitOf("host_clock")

// Declared is the threshold in the settings, with its default.
var Declared = field.Threshold{
	Name: "clock", Unit: "s", Doc: "host_clock: difference from the median of the peers", Warning: true,
	Threshold: limit,
}

// Options are the configuration of a Probe.
type Options struct {
	Offsets *Offsets
	Raise   time.Duration // a larger difference is a warning; 0: 30 s
	Clear   time.Duration // a difference up to this clears the warning; 0: 25 s, or Raise if that is less
}

// Probe observes host_clock.
type Probe struct {
	offsets      *Offsets
	raise, clear time.Duration
	known        bool // there have been enough peers, so host_clock is a signal
	off          bool // the last judgement, for hysteresis
}

// New creates the probe.
func New(o Options) *Probe {
	if o.Raise == 0 {
		o.Raise = Seconds(limit.Raise)
	}
	if o.Clear == 0 {
		o.Clear = min(Seconds(limit.Clear), o.Raise)
	}
	return &Probe{offsets: o.Offsets, raise: o.Raise, clear: o.Clear}
}

// Seconds converts seconds of the threshold to a duration.
func Seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Observe judges our clock by the offsets. Until there have been enough peers there is no signal: a
// watchdog with two dependencies can't check its clock, and should not warn about that.
func (p *Probe) Observe(context.Context) (probe.Reading, error) {
	offsets := p.offsets.fresh()
	if p.known = p.known || len(offsets) >= MinSources; !p.known {
		return probe.Reading{}, nil
	}
	return probe.Reading{Observations: []messages.Observation{p.judge(offsets)}}, nil
}

func (p *Probe) judge(offsets []time.Duration) messages.Observation {
	o := messages.Observation{Signal: "host_clock", Level: messages.Unknown}.WithBound(p.raise.Seconds(), "> "+p.raise.String())
	agreed := agreeing(offsets)
	switch {
	case len(offsets) < MinSources:
		o.Detail = fmt.Sprintf("%d peers sent their time in the last 10 minutes, and %d are needed", len(offsets), MinSources)
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

// agreeing returns sorted offsets without their outliers.
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

// median returns the median of sorted offsets. Of an even number it is the lower of the two in the
// middle, so that it is always the offset of a peer.
func median(offsets []time.Duration) time.Duration { return offsets[(len(offsets)-1)/2] }
