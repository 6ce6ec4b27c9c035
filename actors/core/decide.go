package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Flapping thresholds of rule 6.
const (
	flapChanges = 6         // so many changes of the hard level within flapWindow start it
	flapCalm    = 3         // fewer than so many within flapWindow end it
	flapWindow  = time.Hour // the window that both are counted in
)

// Signal is what the core remembers of one signal: the hard level (the debounced
// truth) and the announced level (what people were last told), with what it takes to
// move them. The zero value is a signal that was always ok. It is comparable, and
// Decide returns an equal one where an observation changed nothing.
type Signal struct {
	Hard      messages.Level
	Announced messages.Level
	Seen      messages.Level // of the last observation, unknown included

	// Observations in a row at the level or beyond, up to the number that policy asks for.
	AtLeastWarning, AtLeastCritical, AtMostWarning, AtMostOK uint16

	BadSince time.Time      // the first observation of the present run above ok
	Since    time.Time      // when the trouble that is hard began: BadSince when it rose
	ToldAt   time.Time      // when the signal was last told
	Worst    messages.Level // the worst hard level since it rose from ok

	Changes  [flapChanges]time.Time // when the hard level last changed, newest first
	Flapping bool
	FlapTold bool

	Uncounted int    // one-shots that happened and were not told
	Held      Reason // why news of it was last held back; Unsuppressed when none is
}

// Reason says why a decision came out as it did.
type Reason uint8

// The reasons, of telling and of silence.
const (
	Unsuppressed        Reason = iota // nothing suppresses the signal; as a decision: nothing to tell
	RoseFromOK                        // rule 2: ALERT
	WarningToCritical                 // rule 2: WORSE
	FellToOK                          // rule 2: RECOVERED
	CooldownPassed                    // rule 3: STILL
	ChangesTooOften                   // rule 6: FLAPPING
	Happened                          // rule 7: EVENT
	SubjectGone                       // rule 9: RECOVERED, detail "gone"
	HeldByInhibition                  // rule 4, by another signal's hard level
	HeldByMaintenance                 // rule 4
	HeldByMute                        // rule 4
	HeldByGrace                       // rule 4, startup grace
	HeldByFlapping                    // rule 6, after its one message
	HeldByEventCooldown               // rule 7: counted, and told with the next one
)

var reasonNames = [...]string{
	"unsuppressed", "rose_from_ok", "warning_to_critical", "fell_to_ok", "cooldown_passed", "changes_too_often",
	"happened", "subject_gone", "inhibited", "maintenance", "muted", "startup_grace", "flapping", "event_cooldown",
}

// String gives the reason as logs spell it.
func (r Reason) String() string { return reasonNames[r] }

// Decision is what is to be told of a signal now, and why. With News 0 nothing is,
// and Reason says what held it back, if anything did.
type Decision struct {
	News   messages.News
	Reason Reason
	Count  int // Event: how many happened, those held back before included
}

// Decide takes one observation of one signal. held is Unsuppressed, or what keeps
// the signal from being told now; it never stops the debounce (rule 4).
func Decide(prev Signal, obs messages.Observation, now time.Time, p *Policy, held Reason) (Signal, Decision) {
	s := prev // one copy, changed in place from here on: a Signal is large
	if p.OneShot {
		d := occur(&s, obs.Level, now, p, held)
		return s, d
	}
	debounce(&s, obs.Level, now, p)
	d := tell(&s, now, p, held)
	return s, d
}

// debounce is rule 1: the hard level follows observations in a row.
func debounce(s *Signal, level messages.Level, now time.Time, p *Policy) {
	s.Seen = level
	if level == messages.Unknown {
		return
	}
	if s.AtLeastWarning == 0 && level >= messages.Warning {
		s.BadSince = now
	}
	s.AtLeastWarning = run(s.AtLeastWarning, level >= messages.Warning, p.RaiseTicks)
	s.AtLeastCritical = run(s.AtLeastCritical, level >= messages.Critical, p.RaiseTicks)
	s.AtMostWarning = run(s.AtMostWarning, level <= messages.Warning, p.ClearTicks)
	s.AtMostOK = run(s.AtMostOK, level <= messages.OK, p.ClearTicks)

	switch {
	case s.Hard < messages.Critical && s.AtLeastCritical >= p.RaiseTicks:
		harden(s, messages.Critical, now)
	case s.Hard < messages.Warning && s.AtLeastWarning >= p.RaiseTicks:
		harden(s, messages.Warning, now)
	case s.Hard > messages.OK && s.AtMostOK >= p.ClearTicks:
		harden(s, messages.OK, now)
	case s.Hard > messages.Warning && s.AtMostWarning >= p.ClearTicks:
		harden(s, messages.Warning, now)
	}
}

// run counts one more observation in a row, no further than the policy looks, so
// that a steady signal's state stays the same; a contrary one starts anew.
func run(count uint16, agrees bool, limit uint16) uint16 {
	if !agrees {
		return 0
	}
	return min(count+1, limit)
}

func harden(s *Signal, level messages.Level, now time.Time) {
	if s.Hard == messages.OK {
		s.Since, s.Worst = s.BadSince, level
	}
	s.Hard = level
	s.Worst = max(s.Worst, level)
	copy(s.Changes[1:], s.Changes[:flapChanges-1])
	s.Changes[0] = now
	if changesWithin(&s.Changes, now) >= flapChanges {
		s.Flapping = true
	}
}

func changesWithin(changes *[flapChanges]time.Time, now time.Time) int {
	n := 0
	for _, at := range changes {
		if !at.IsZero() && since(at, now) <= flapWindow {
			n++
		}
	}
	return n
}

// tell is rules 2, 3 and 6: tell if and only if hard and announced differ and
// nothing suppresses the signal.
func tell(s *Signal, now time.Time, p *Policy, held Reason) Decision {
	if s.Flapping && changesWithin(&s.Changes, now) < flapCalm {
		s.Flapping, s.FlapTold = false, false
	}
	d := due(s, now, p)
	if d.News == 0 {
		s.Held = d.Reason
		return d
	}
	if held != Unsuppressed {
		s.Held = held
		return Decision{Reason: held}
	}
	s.Held = Unsuppressed
	s.ToldAt = now
	if d.News == messages.Flapping {
		// Not an announcement of a level: what was last told of it stands, so that
		// rule 2 ends the silence with the RECOVERED or ALERT that people still miss.
		s.FlapTold = true
		return d
	}
	s.Announced = s.Hard
	return d
}

// due is what would be told if nothing suppressed the signal.
func due(s *Signal, now time.Time, p *Policy) Decision {
	switch {
	case s.Flapping && !s.FlapTold:
		return Decision{News: messages.Flapping, Reason: ChangesTooOften}
	case s.Flapping:
		return Decision{Reason: HeldByFlapping}
	case s.Announced == messages.OK && s.Hard > messages.OK:
		return Decision{News: messages.Alert, Reason: RoseFromOK}
	case s.Announced > messages.OK && s.Hard == messages.OK:
		return Decision{News: messages.Recovered, Reason: FellToOK}
	case s.Hard > s.Announced:
		return Decision{News: messages.Worse, Reason: WarningToCritical}
	case s.Hard > messages.OK && p.Cooldown > 0 && since(s.ToldAt, now) >= p.Cooldown:
		return Decision{News: messages.Still, Reason: CooldownPassed}
	}
	return Decision{}
}

// occur is rule 7: a one-shot is told at most once per cooldown, further ones are
// counted and the count goes with the next.
func occur(s *Signal, level messages.Level, now time.Time, p *Policy, held Reason) Decision {
	s.Seen = level
	if level < messages.Warning {
		return Decision{}
	}
	if held == Unsuppressed && !s.ToldAt.IsZero() && since(s.ToldAt, now) < p.Cooldown {
		held = HeldByEventCooldown
	}
	s.Held = held
	if held != Unsuppressed {
		s.Uncounted++
		return Decision{Reason: held}
	}
	count := s.Uncounted + 1
	s.Uncounted = 0
	s.ToldAt, s.Since, s.Worst = now, now, level
	return Decision{News: messages.Event, Reason: Happened, Count: count}
}

// forgetPending starts the pending counts anew after a gap (rule 8): what was
// counted before it is no evidence. Hard and announced levels stay.
func (s Signal) forgetPending() Signal {
	s.AtLeastWarning, s.AtLeastCritical, s.AtMostWarning, s.AtMostOK = 0, 0, 0, 0
	return s
}

// Pending tells whether the debounce is under way: the last observation speaks for
// another level than the hard one.
func (s Signal) Pending() bool { return s.Seen != messages.Unknown && s.Seen != s.Hard }

// since is the time from then to now, never negative (rule 8).
func since(then, now time.Time) time.Duration { return max(0, now.Sub(then)) }
