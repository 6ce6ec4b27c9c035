package orchestrator

import (
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// memory is what a rule remembers between readings.
type memory struct {
	at      time.Time // of the last judgement; zero: none yet
	window  window
	began   bool      // the window began when while came to hold: before it nothing was wrong
	missing time.Time // since when the field is absent; zero: it is there
	level   messages.Level
	known   bool // it was ok, warning or critical once
	noted   bool // an operator was told that it can't be judged
	last    verdict
}

// verdict is what a rule says of one answer, and how it came to it.
type verdict struct {
	level    messages.Level
	field    value // as the answer has it
	guard    value
	measured value // what raise is held against; a problem says why there is nothing
	idle     bool  // while does not hold
	partial  bool  // the window is not full yet
	held     bool  // neither raise nor clear holds: hysteresis
}

// judge holds an answer's values against the rule. Beside its arguments it depends on
// nothing, and it changes only the memory. After more than maxGap without an answer,
// or when the clock went back, what it looks back on starts anew.
func (m *memory) judge(r *Rule, v, guard value, now time.Time, maxGap time.Duration) verdict {
	if gap := now.Sub(m.at); gap > maxGap || gap < 0 {
		m.window.clear()
		m.began, m.missing = false, time.Time{}
	}
	m.at = now
	verdict := verdict{level: messages.Unknown, field: v, guard: guard}
	if !m.awake(r, &verdict) {
		m.last = verdict
		return verdict
	}
	m.measure(r, &verdict, now, maxGap)
	verdict.measured = r.raise.operand.type_.comparable(verdict.measured)
	if m.decidable(r, &verdict) {
		m.decide(r, &verdict)
	}
	m.last = verdict
	return verdict
}

// awake tells whether while holds; where it does not, all is well.
func (m *memory) awake(r *Rule, d *verdict) bool {
	if r.while == nil {
		return true
	}
	d.guard = r.while.compare.operand.type_.comparable(d.guard)
	if d.guard.unusable() {
		d.measured = value{problem: fmt.Sprintf("counts while %s, and that value %s", r.while, d.guard.why())}
		return false
	}
	if r.while.compare.holds(d.guard) {
		return true
	}
	m.window.clear()
	if field := r.raise.operand.type_.comparable(d.field); r.preset && field.unusable() {
		m.began, d.measured = false, field // it needs its field, also while there is nothing to count
		return false
	}
	m.began, m.level, m.known = true, messages.OK, true
	d.level, d.idle = messages.OK, true
	return false
}

// measure takes the quantity that the rule compares.
func (m *memory) measure(r *Rule, d *verdict, now time.Time, maxGap time.Duration) {
	switch r.of {
	case ofAbsent:
		d.measured = m.absent(r, d.field, now)
	case ofAge:
		d.measured = age(d.field, now)
	case ofIncrease, ofDecrease, ofRate:
		d.measured = asNumber.comparable(d.field)
		if !d.measured.unusable() {
			m.follow(r, d, now, maxGap)
		}
	default:
		d.measured = d.field
	}
}

// absent is true once the field was missing in every answer for as long as the rule says.
func (m *memory) absent(r *Rule, v value, now time.Time) value {
	if v.kind == noValue && v.problem != "" {
		return v // it can't be in an answer of this form
	}
	if v.kind != noValue {
		m.missing = time.Time{}
		return value{kind: aBoolean}
	}
	if m.missing.IsZero() {
		m.missing = now
	}
	gone := value{kind: aBoolean}
	if now.Sub(m.missing) >= r.over {
		gone.number = 1
	}
	return gone
}

func age(v value, now time.Time) value {
	if v.unusable() {
		return v
	}
	at, ok := v.when()
	if !ok {
		v.problem = fmt.Sprintf("is %s, no time in RFC 3339 or Unix seconds", v)
		return v
	}
	return numeric(max(0, now.Sub(at).Seconds()))
}

// follow adds a number to the window, and measures that.
func (m *memory) follow(r *Rule, d *verdict, now time.Time, maxGap time.Duration) {
	if end := len(m.window.points); end > 0 && now.Sub(m.window.points[end-1].at) > maxGap {
		m.window.clear() // the field was missing for a while
		m.began = false
	}
	m.window.add(now, d.measured.number, r.over)
	span := m.window.span()
	d.partial = span < r.over
	switch r.of {
	case ofDecrease:
		d.measured = numeric(m.window.fall())
	case ofRate:
		d.measured = numeric(m.window.rise() / max(span.Seconds(), 1e-3))
	default:
		d.measured = numeric(m.window.rise())
	}
}

// decidable tells whether there is enough to go by. Part of a window is enough where
// more of it could only add to what is too much already, and where its beginning was well.
func (m *memory) decidable(r *Rule, d *verdict) bool {
	switch {
	case d.measured.unusable():
		return false
	case !d.partial:
		return true
	}
	grows := r.of != ofRate && (r.raise.op == ">" || r.raise.op == ">=")
	if grows && r.raise.holds(d.measured) {
		return true
	}
	if m.began {
		d.level, m.level, m.known = messages.OK, messages.OK, true
	}
	return false
}

// decide compares, with hysteresis.
func (m *memory) decide(r *Rule, d *verdict) {
	switch {
	case r.critical != nil && r.critical.holds(d.measured):
		d.level = messages.Critical
	case r.raise.holds(d.measured):
		d.level = r.severity
	case m.level > messages.OK && r.clear != nil && !r.clear.holds(d.measured):
		d.level, d.held = r.severity, true
	default:
		d.level = messages.OK
	}
	m.level, m.known = d.level, true
}

// unusable tells whether the value says nothing.
func (v value) unusable() bool { return v.kind == noValue || v.problem != "" }

// why says what is wrong with an unusable value.
func (v value) why() string {
	if v.problem != "" {
		return v.problem
	}
	if v.above != "" {
		return "is not in the answer, as " + v.above + " stands above it"
	}
	return "is not in the answer"
}

// missing tells whether the answer simply does not have the value: what stands in its place
// is neither of another type nor of another shape.
func (v value) missing() bool { return v.kind == noValue && v.problem == "" && v.above == "" }
