package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// After blindTicks unknown observations in a row the counts are too old (rule 1).
const blindTicks = 10

// Signal is what the core remembers of one signal: the hard level (the debounced
// truth) and the announced level (what people were last told), with what it takes to
// move them. The zero value is a signal that was always ok. It is comparable, and
// Observe and Decide return an equal one where nothing changed.
type Signal struct {
	Hard      messages.Level
	Announced messages.Level
	Seen      messages.Level // of the last observation, unknown included

	// Observations in a row at the level or beyond, up to the number that policy asks for.
	AtLeastWarning, AtLeastCritical, AtMostWarning, AtMostOK uint16
	Blind                                                    uint8 // unknown ones in a row, up to blindTicks

	BadSince time.Time      // the first observation of the present run above ok
	Since    time.Time      // when the trouble that is hard began: BadSince when it rose
	Trouble  int64          // names what people know as one trouble: Since when it began, never moved since
	ack      *ack           // who has taken the trouble on; nil: nobody
	ToldAt   time.Time      // when the signal was last told
	Worst    messages.Level // the worst hard level since it rose from ok

	Flapping     bool
	FlapByHard   bool           // FlapChanges counts changes of the hard level, not of what is observed
	FlapChanges  uint32         // how often it changed
	FlapWorst    messages.Level // critical if one of the changes was to critical
	Calm         time.Duration  // how long the hard level has stood, in observed time
	CalmAt       time.Time      // the observation up to which Calm counts
	GapEnd       time.Time      // the first observation after the last gap in our own running
	hardenings   *changes       // of the hard level
	alternations *changes       // between ok and above ok, as observed
	Steady       uint8          // observations since the last alternation, up to flapObservations
	Bad          bool           // the last observation with data was above ok

	Uncounted int       // one-shots that happened and were not told
	WaitSince time.Time // when news that waits for its cause would have been told; zero: none waits
	Held      Reason    // why news of it was last held back; Unsuppressed when none is
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
	HeldByInhibition                  // rule 5, by another signal's hard level
	HeldByWait                        // rule 5, until its cause is known
	HeldByMaintenance                 // rule 4
	HeldByMute                        // rule 4
	HeldByGrace                       // rule 4, startup grace
	HeldByFlapping                    // rule 6, after its message and between reminders
	HeldByEventCooldown               // rule 7: counted, and told with the next one
	AckExpired                        // rule 10: STILL
	HeldByAck                         // rule 10
	HeldBySilence                     // rule 11
)

var reasonNames = [...]string{
	"unsuppressed", "rose_from_ok", "warning_to_critical", "fell_to_ok", "cooldown_passed", "changes_too_often",
	"happened", "subject_gone", "inhibited", "waits_for_cause", "maintenance", "muted", "startup_grace", "flapping", "event_cooldown",
	"acknowledgement_expired", "acknowledged", "silenced",
}

// String gives the reason as logs spell it.
func (r Reason) String() string { return reasonNames[r] }

// Decision is what is to be told of a signal now, and why. With News 0 nothing is,
// and Reason says what held it back, if anything did.
type Decision struct {
	News   messages.News
	Reason Reason
	Count  int  // Event: how many happened, those held back before included
	ack    *ack // Still: the acknowledgement that has expired
}

// Observe takes one observation of one signal: rules 1, 6 and 7, and what they mean for rule 10.
// It tells nothing, so that all observations of a report are known before anything is told.
func Observe(prev Signal, level messages.Level, now time.Time, p *Policy) Signal {
	s := prev // one copy, changed in place from here on: a Signal is large
	if !p.OneShot {
		s.debounce(level, now, p)
		s.endAckWithTrouble()
		return s
	}
	s.Seen = level
	if level > messages.OK {
		s.Uncounted++
		s.Worst = level
	}
	return s
}

// Decide says what is to be told of a signal as it was observed last. held is
// Unsuppressed, or what keeps the signal from being told now.
func Decide(prev Signal, now time.Time, p *Policy, held Reason) (Signal, Decision) {
	s := prev
	var d Decision
	if p.OneShot {
		d = s.tellEvent(now, p, held)
	} else {
		d = s.tell(now, p, held)
	}
	return s, d
}

// debounce is rule 1: the hard level follows observations in a row.
func (s *Signal) debounce(level messages.Level, now time.Time, p *Policy) {
	s.Seen = level
	alternated := s.alternate(level, now)
	hardened := false
	if level == messages.Unknown {
		s.blind()
	} else {
		s.Blind = 0
		hardened = s.count(level, now, p)
	}
	s.flap(level, hardened, alternated, now, p)
}

// blind notes an observation without data. It neither counts nor resets. After blindTicks of
// them in a row the counts start anew.
func (s *Signal) blind() {
	if s.Blind == blindTicks {
		return
	}
	if s.Blind++; s.Blind == blindTicks {
		s.forgetCounts()
	}
}

func (s *Signal) count(level messages.Level, now time.Time, p *Policy) (hardened bool) {
	if s.AtLeastWarning == 0 && level >= messages.Warning {
		s.BadSince = now
	}
	s.AtLeastWarning = run(s.AtLeastWarning, level >= messages.Warning, p.RaiseTicks)
	s.AtLeastCritical = run(s.AtLeastCritical, level >= messages.Critical, p.RaiseTicks)
	s.AtMostWarning = run(s.AtMostWarning, level <= messages.Warning, p.ClearTicks)
	s.AtMostOK = run(s.AtMostOK, level <= messages.OK, p.ClearTicks)

	switch {
	case s.Hard < messages.Critical && s.AtLeastCritical >= p.RaiseTicks:
		s.harden(messages.Critical, now)
	case s.Hard < messages.Warning && s.AtLeastWarning >= p.RaiseTicks:
		s.harden(messages.Warning, now)
	case s.Hard > messages.OK && s.AtMostOK >= p.ClearTicks:
		s.harden(messages.OK, now)
	case s.Hard > messages.Warning && s.AtMostWarning >= p.ClearTicks:
		s.harden(messages.Warning, now)
	default:
		return false
	}
	return true
}

// run counts one more observation in a row, no further than the policy looks, so
// that a steady signal's state stays the same; a contrary one starts anew.
func run(count uint16, agrees bool, limit uint16) uint16 {
	if !agrees {
		return 0
	}
	return min(count+1, limit)
}

func (s *Signal) harden(level messages.Level, now time.Time) {
	if s.Hard == messages.OK && !s.Flapping && s.Announced != messages.AnnouncedFlapping {
		s.Since, s.Worst = s.BadSince, level
		if s.Announced == messages.OK {
			s.Trouble = s.Since.UnixNano()
		}
	}
	s.Hard = level
	s.Worst = max(s.Worst, level)
	s.hardenings = s.hardenings.add(now.UnixNano(), level == messages.Critical, 0)
}

// tell is rules 2, 3, 6 and 10: tell if and only if hard and announced differ and
// nothing suppresses the signal.
func (s *Signal) tell(now time.Time, p *Policy, held Reason) Decision {
	d := s.due(now, p)
	if d.News == 0 {
		s.Held, s.WaitSince = d.Reason, time.Time{}
		return d
	}
	if held != Unsuppressed {
		s.hold(held, now)
		return Decision{Reason: held}
	}
	s.Held, s.WaitSince, s.ToldAt = Unsuppressed, time.Time{}, now
	s.Announced = s.Hard
	d.ack = s.endAckWithNews(d, now, p)
	if s.Flapping {
		s.Announced = messages.AnnouncedFlapping
	}
	return d
}

// hold notes what keeps news from being told, and since when it waits for its cause alone.
func (s *Signal) hold(held Reason, now time.Time) {
	s.Held = held
	switch {
	case held != HeldByWait:
		s.WaitSince = time.Time{}
	case s.WaitSince.IsZero():
		s.WaitSince = now
	}
}

// due is what would be told if nothing suppressed the signal. Nothing is told on an
// observation that contradicts it.
func (s *Signal) due(now time.Time, p *Policy) Decision {
	switch {
	case s.Flapping && s.Announced != messages.AnnouncedFlapping:
		return Decision{News: messages.Flapping, Reason: ChangesTooOften}
	case s.Flapping:
		if d := s.remind(now, p); d.Reason != Unsuppressed {
			return d
		}
		return Decision{Reason: HeldByFlapping}
	case s.Hard == messages.OK && s.Announced != messages.OK && s.Seen <= messages.OK:
		return Decision{News: messages.Recovered, Reason: FellToOK}
	case s.Hard == messages.OK, s.Seen == messages.OK:
		return Decision{}
	case s.Announced == messages.OK, s.Announced == messages.AnnouncedFlapping:
		return Decision{News: messages.Alert, Reason: RoseFromOK}
	case s.Hard > s.Announced:
		return Decision{News: messages.Worse, Reason: WarningToCritical}
	}
	return s.remind(now, p)
}

// remind is rule 3, where it may hold: a reminder is due, or somebody has taken the trouble on.
func (s *Signal) remind(now time.Time, p *Policy) Decision {
	passed := p.Cooldown > 0 && since(s.ToldAt, now) >= p.Cooldown
	switch {
	case s.ack != nil && !s.acknowledged(now, p):
		return Decision{News: messages.Still, Reason: AckExpired}
	case passed && s.ack != nil:
		return Decision{Reason: HeldByAck}
	case passed:
		return Decision{News: messages.Still, Reason: CooldownPassed}
	}
	return Decision{}
}

// tellEvent is rule 7: a one-shot is told at most once per cooldown, further ones are
// counted and the count goes with the next.
func (s *Signal) tellEvent(now time.Time, p *Policy, held Reason) Decision {
	if held == Unsuppressed && !s.ToldAt.IsZero() && since(s.ToldAt, now) < p.Cooldown {
		held = HeldByEventCooldown
	}
	if held != Unsuppressed {
		s.hold(held, now)
		return Decision{Reason: held}
	}
	s.Since = now
	if !s.WaitSince.IsZero() {
		s.Since = s.WaitSince // when it happened
	}
	count := s.Uncounted
	s.Held, s.WaitSince, s.ToldAt, s.Uncounted = Unsuppressed, time.Time{}, now, 0
	return Decision{News: messages.Event, Reason: Happened, Count: count}
}

// forgetPending starts the pending counts anew after a gap (rule 8): what was
// counted before it is no evidence. Hard and announced levels stay, and so does a one-shot
// that waits to be told.
func (s Signal) forgetPending(p *Policy, now time.Time) Signal {
	s.forgetCounts()
	s.alternations, s.Steady, s.Bad = nil, 0, s.Hard > messages.OK
	s.Calm, s.CalmAt, s.GapEnd = 0, time.Time{}, now
	if !p.OneShot {
		s.WaitSince = time.Time{}
	}
	return s
}

func (s *Signal) forgetCounts() {
	s.AtLeastWarning, s.AtLeastCritical, s.AtMostWarning, s.AtMostOK = 0, 0, 0, 0
}

// Pending tells whether the probe is to look again soon: the last observation speaks for
// another level than the hard one, or news waits for its cause.
func (s *Signal) Pending() bool {
	return s.Seen != messages.Unknown && s.Seen != s.Hard || !s.WaitSince.IsZero()
}

// rising tells whether a count upward from ok is under way.
func (s *Signal) rising() bool {
	return s.Hard == messages.OK && s.AtLeastWarning > 0 && s.Seen != messages.Unknown
}

// counting tells whether a count is under way that would move the hard level.
func (s *Signal) counting() bool {
	switch s.Hard {
	case messages.OK:
		return s.AtLeastWarning > 0
	case messages.Warning:
		return s.AtLeastCritical > 0 || s.AtMostOK > 0
	default:
		return s.AtMostWarning > 0
	}
}

// unsettled tells whether there is something to tell, or may soon be.
func (s *Signal) unsettled() bool {
	told := s.Hard == s.Announced || s.Hard == messages.Warning && s.Announced == messages.Critical
	return !told || s.moving()
}

// moving tells whether a count or a wait is under way.
func (s *Signal) moving() bool { return s.counting() || s.Flapping || !s.WaitSince.IsZero() }

// UnderWay tells whether a count or a wait is under way, so that each further observation
// matters, also one that is like the last (the log of observations keeps them all then).
func (s *Signal) UnderWay() bool {
	return s.moving() || s.alternations != nil && s.Steady < flapObservations
}

// since is the time from then to now, never negative (rule 8).
func since(then, now time.Time) time.Duration { return max(0, now.Sub(then)) }
