package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// blindTicks unknown observations in a row reset the counts (rule 1).
const blindTicks = 10

// Signal is the state of one signal: the hard level (the debounced truth), the announced
// level (what people were last told), and the counts behind both. The zero value is a
// signal that was always ok. Signal is comparable: if nothing changed, Observe and Decide
// return an equal one. Its small fields are neighbours, since there may be thousands of signals.
type Signal struct {
	Hard      messages.Level
	Announced messages.Level
	Seen      messages.Level // of the last observation, which may be unknown
	Worst     messages.Level // the worst hard level since it rose from ok
	Held      Reason         // why news was last held back; Unsuppressed: none is

	// Observations in a row at or beyond the level, up to the policy's limit.
	Blind                                                    uint8 // unknown ones in a row, up to blindTicks
	AtLeastWarning, AtLeastCritical, AtMostWarning, AtMostOK uint16

	Flapping    bool
	FlapByHard  bool           // FlapChanges counts hardenings, not alternations
	FlapChanges uint32         // how often the signal changed
	FlapWorst   messages.Level // critical if one of the changes was to critical
	Steady      uint8          // observations since the last alternation, up to flapObservations
	Bad         bool           // the last observation with data was above ok

	Calm         time.Duration // how long the hard level has not changed, in observed time
	CalmAt       instant       // the observation up to which Calm counts
	GapEnd       instant       // the first observation after the last gap in our own running
	hardenings   *changes      // of the hard level
	alternations *changes      // of observations between ok and above ok

	BadSince instant // the first observation of the present run above ok
	Since    instant // when the present trouble began: BadSince when the hard level rose
	Trouble  int64   // identifies the trouble: Since when it began, never changed since
	ToldAt   instant // when the signal was last told
	ack      *ack    // nil: nobody acknowledged it

	Uncounted int     // one-shots that happened and were not told
	WaitSince instant // since when news waits for its cause; zero: none waits
}

// Reason is the reason of a decision.
type Reason uint8

// The reasons for telling and for holding back.
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
	HeldByFlapping                    // rule 6, after FLAPPING was told and between reminders
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

// String returns the reason as logs spell it.
func (r Reason) String() string { return reasonNames[r] }

// Decision is the news to tell of a signal now, and why. News 0 means none; then Reason
// says what held it back, if there was any.
type Decision struct {
	News   messages.News
	Reason Reason
	Count  int  // Event: how many happened, including those held back before
	ack    *ack // Still: the acknowledgement that has expired
}

// Observe applies one observation to a signal: rules 1, 6 and 7, and their effects on rule 10.
// It decides nothing, since a decision needs all observations of a report.
func Observe(prev Signal, level messages.Level, now time.Time, p *Policy) Signal {
	s := prev // a Signal is large: copy it once and change the copy in place
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

// Decide returns the news of a signal after its last observation. held is what suppresses
// the signal now, or Unsuppressed.
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

// debounce applies rule 1: the hard level follows observations in a row.
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

// blind handles an observation without data. It does not change the counts, but blindTicks of
// them in a row reset them.
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
		s.BadSince = instantOf(now)
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

// run counts an observation that agrees, and resets at one that does not. It counts up to the
// policy's limit, so that the state of a steady signal does not change.
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
			s.Trouble = int64(s.Since)
		}
	}
	s.Hard = level
	s.Worst = max(s.Worst, level)
	s.hardenings = s.hardenings.add(now.UnixNano(), level == messages.Critical, 0)
}

// tell applies rules 2, 3, 6 and 10 to a signal that is not a one-shot.
func (s *Signal) tell(now time.Time, p *Policy, held Reason) Decision {
	d := s.due(now, p)
	if d.News == 0 {
		s.Held, s.WaitSince = d.Reason, 0
		return d
	}
	if held != Unsuppressed {
		s.hold(held, now)
		return Decision{Reason: held}
	}
	s.Held, s.WaitSince, s.ToldAt = Unsuppressed, 0, instantOf(now)
	s.Announced = s.Hard
	d.ack = s.endAckWithNews(d, now, p)
	if s.Flapping {
		s.Announced = messages.AnnouncedFlapping
	}
	return d
}

// hold records what holds the news back, and since when it only waits for its cause.
func (s *Signal) hold(held Reason, now time.Time) {
	s.Held = held
	switch {
	case held != HeldByWait:
		s.WaitSince = 0
	case s.WaitSince.IsZero():
		s.WaitSince = instantOf(now)
	}
}

// due returns the decision for an unsuppressed signal. News that contradicts the last
// observation is not due.
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

// remind applies rule 3, and the part of rule 10 that concerns reminders.
func (s *Signal) remind(now time.Time, p *Policy) Decision {
	passed := p.Cooldown > 0 && since(s.ToldAt.time(), now) >= p.Cooldown
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

// tellEvent applies rule 7: a one-shot is told at most once per cooldown, with the count of
// those since.
func (s *Signal) tellEvent(now time.Time, p *Policy, held Reason) Decision {
	if held == Unsuppressed && !s.ToldAt.IsZero() && since(s.ToldAt.time(), now) < p.Cooldown {
		held = HeldByEventCooldown
	}
	if held != Unsuppressed {
		s.hold(held, now)
		return Decision{Reason: held}
	}
	s.Since = instantOf(now)
	if !s.WaitSince.IsZero() {
		s.Since = s.WaitSince // the time of the event
	}
	count := s.Uncounted
	s.Held, s.WaitSince, s.ToldAt, s.Uncounted = Unsuppressed, 0, instantOf(now), 0
	return Decision{News: messages.Event, Reason: Happened, Count: count}
}

// forgetPending resets the counts after a gap (rule 8). The hard and announced levels stay,
// and so does a one-shot that waits to be told.
func (s Signal) forgetPending(p *Policy, now time.Time) Signal {
	s.forgetCounts()
	s.alternations, s.Steady, s.Bad = nil, 0, s.Hard > messages.OK
	s.Calm, s.CalmAt, s.GapEnd = 0, 0, instantOf(now)
	if !p.OneShot {
		s.WaitSince = 0
	}
	return s
}

func (s *Signal) forgetCounts() {
	s.AtLeastWarning, s.AtLeastCritical, s.AtMostWarning, s.AtMostOK = 0, 0, 0, 0
}

// Pending reports whether the probe should read again soon: the last observation differs from
// the hard level, or news waits for its cause.
func (s *Signal) Pending() bool {
	return s.Seen != messages.Unknown && s.Seen != s.Hard || !s.WaitSince.IsZero()
}

// rising reports whether a count from ok upwards is under way.
func (s *Signal) rising() bool {
	return s.Hard == messages.OK && s.AtLeastWarning > 0 && s.Seen != messages.Unknown
}

// counting reports whether a count is under way that would move the hard level.
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

// unsettled reports whether there is news, or may be soon.
func (s *Signal) unsettled() bool {
	told := s.Hard == s.Announced || s.Hard == messages.Warning && s.Announced == messages.Critical
	return !told || s.moving()
}

// moving reports whether a count or a wait is under way.
func (s *Signal) moving() bool { return s.counting() || s.Flapping || !s.WaitSince.IsZero() }

// UnderWay reports whether a count or a wait is under way. Then each observation matters, also
// one that equals the last, and the log of observations keeps all of them.
func (s *Signal) UnderWay() bool {
	return s.moving() || s.alternations != nil && s.Steady < flapObservations
}

// since returns the time from then to now, never negative (rule 8).
func since(then, now time.Time) time.Duration { return max(0, now.Sub(then)) }
