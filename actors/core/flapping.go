package core

import (
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// The second definition of flapping (rule 6) is fixed. It counts changes of the observed level,
// since the hard level of a signal that fails every other time never changes.
const (
	flapObservations = 20 // the last observations that count
	flapAlternations = 10 // this many changes between ok and above ok among them are flapping
	calmAlternations = 5  // fewer changes than this among them end it
)

// MaxFlapChanges is the largest Flapping.Changes.
const MaxFlapChanges = 20

// Flapping is the part of a policy that says when a signal flaps.
type Flapping struct {
	Changes uint16        // this many changes of the hard level within Within are flapping; 0: never
	Within  time.Duration // the window
	Settle  time.Duration // flapping ends when the hard level has not changed for this long
}

// String returns the numbers for people.
func (f Flapping) String() string {
	if f.Changes == 0 {
		return "never"
	}
	return fmt.Sprintf("%d changes within %s, over after %s", f.Changes, f.Within, f.Settle)
}

// DefaultFlapping is the default; rules may change it.
var DefaultFlapping = Flapping{Changes: 6, Within: time.Hour, Settle: 10 * time.Minute}

// changes holds the times of the last changes of a level. It is immutable once it is in a
// Signal, since copies of the Signal share it. The nil changes holds none.
type changes struct {
	at       [MaxFlapChanges]int64 // in nanoseconds, newest first; 0: none
	gap      [MaxFlapChanges]uint8 // observations between the change and the one before it
	critical uint32                // bit i: change i was to critical
}

func (c *changes) add(at int64, critical bool, gap uint8) *changes {
	next := new(changes)
	if c != nil {
		copy(next.at[1:], c.at[:])
		copy(next.gap[1:], c.gap[:])
		next.critical = c.critical << 1
	}
	next.at[0], next.gap[0] = at, gap
	if critical {
		next.critical |= 1
	}
	return next
}

// within reports whether at least n changes happened in the window that ends now.
func (c *changes) within(n uint16, window time.Duration, now time.Time) bool {
	if c == nil || c.at[n-1] == 0 {
		return false
	}
	return time.Duration(now.UnixNano()-c.at[n-1]) <= window
}

// among reports whether at least n changes fall into the last flapObservations. after is the
// number of observations after the newest change.
func (c *changes) among(n int, after uint8) bool {
	if c == nil || c.at[n-1] == 0 {
		return false
	}
	back := 1 + int(after)
	for _, gap := range c.gap[:n-1] {
		back += int(gap)
	}
	return back <= flapObservations
}

// worst returns critical if one of the newest n changes was to critical, else warning.
func (c *changes) worst(n uint16) messages.Level {
	if c.critical&(1<<n-1) != 0 {
		return messages.Critical
	}
	return messages.Warning
}

// alternate records an observed change between ok and above ok. An unknown observation is no
// change, but counts as an observation.
func (s *Signal) alternate(level messages.Level, now time.Time) (changed bool) {
	if s.alternations != nil && s.Steady < flapObservations {
		s.Steady++
	}
	if level == messages.Unknown || (level > messages.OK) == s.Bad {
		return false
	}
	s.Bad = !s.Bad
	s.alternations = s.alternations.add(now.UnixNano(), level == messages.Critical, s.Steady)
	s.Steady = 0
	return true
}

// flap applies rule 6. hardened and alternated say what the observation changed.
func (s *Signal) flap(level messages.Level, hardened, alternated bool, now time.Time, p *Policy) {
	switch {
	case p.Flapping.Changes == 0:
		s.Flapping = false
	case s.Flapping:
		s.calm(level, hardened, alternated, now, p)
	case hardened && s.hardenings.within(p.Flapping.Changes, p.Flapping.Within, now):
		s.startFlapping(s.hardenings, p.Flapping.Changes, now)
	case alternated && s.alternations.among(flapAlternations, s.Steady) && s.alternations.within(flapAlternations, p.Flapping.Within, now):
		s.startFlapping(s.alternations, flapAlternations, now)
	}
}

func (s *Signal) startFlapping(c *changes, n uint16, now time.Time) {
	s.Flapping, s.FlapByHard = true, c == s.hardenings
	s.FlapChanges, s.FlapWorst = uint32(n), c.worst(n)
	// The hard level has not changed since its last change, or since the last gap if that is later.
	s.Calm, s.CalmAt = forever, instantOf(now)
	if s.hardenings != nil {
		s.Calm = time.Duration(now.UnixNano() - s.hardenings.at[0])
	}
	if !s.GapEnd.IsZero() {
		s.Calm = min(s.Calm, since(s.GapEnd.time(), now))
	}
	if s.Announced == messages.OK || s.Since.IsZero() { // the trouble began with the first change
		s.Since = instant(c.at[n-1])
		s.Worst = s.FlapWorst
	}
	if s.Announced == messages.OK || s.Trouble == 0 {
		s.Trouble = int64(s.Since)
	}
}

const forever = time.Duration(1<<63 - 1)

// calm counts the changes of a flapping signal, and ends the flapping once the signal has
// settled. Time in a gap or without data does not count.
func (s *Signal) calm(level messages.Level, hardened, alternated bool, now time.Time, p *Policy) {
	if s.FlapByHard && hardened || !s.FlapByHard && alternated {
		s.FlapChanges++
	}
	if (hardened || alternated) && level == messages.Critical {
		s.FlapWorst = messages.Critical
	}
	switch {
	case hardened:
		s.Calm = 0
	case level != messages.Unknown && !s.CalmAt.IsZero() && s.Calm < forever:
		s.Calm += since(s.CalmAt.time(), now)
	}
	s.CalmAt = instantOf(now)
	if s.Calm >= p.Flapping.Settle && !s.alternations.among(calmAlternations, s.Steady) {
		s.Flapping, s.FlapByHard, s.FlapChanges, s.FlapWorst = false, false, 0, messages.OK
		s.Calm, s.CalmAt = 0, 0
		s.hardenings, s.alternations, s.Steady = nil, nil, 0
	}
}
