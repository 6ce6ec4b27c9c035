package rule

import (
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// Watched is a rule with where its values stand in an answer, and what it remembers of the
// answers before.
type Watched struct {
	Rule
	fieldAt, guardAt Place
	memory           memory
}

// Judge says what the rule makes of an answer. After more than maxGap without one, what it
// looks back on starts anew.
func (w *Watched) Judge(v Values, now time.Time, maxGap time.Duration) messages.Observation {
	return w.observation(w.memory.judge(&w.Rule, v.At(w.fieldAt), v.At(w.guardAt), now, maxGap))
}

// Known tells whether the rule was ok, warning or critical once.
func (w *Watched) Known() bool { return w.memory.known }

// Missing lists the fields that a preset rule needs and the last answer does not have.
func (w *Watched) Missing() []string { return w.missing(w.memory.last) }

// Unusable tells whether the last answer holds nothing to compare, though the rule counts.
func (w *Watched) Unusable() bool { return w.memory.last.measured.Unusable() && !w.memory.last.idle }

// memory is what a rule remembers between readings.
type memory struct {
	at      time.Time // of the last judgement; zero: none yet
	window  window
	began   bool      // the window began when while came to hold: before it nothing was wrong
	missing time.Time // since when the field is absent; zero: it is there
	level   messages.Level
	known   bool // it was ok, warning or critical once
	last    verdict
}

// verdict is what a rule says of one answer, and how it came to it.
type verdict struct {
	level    messages.Level
	field    Value // as the answer has it
	guard    Value
	measured Value // what raise is held against; a problem says why there is nothing
	idle     bool  // while does not hold
	partial  bool  // the window is not full yet
	held     bool  // neither raise nor clear holds: hysteresis
}

// judge holds an answer's values against the rule. Beside its arguments it depends on
// nothing, and it changes only the memory. After more than maxGap without an answer,
// or when the clock went back, what it looks back on starts anew.
func (m *memory) judge(r *Rule, v, guard Value, now time.Time, maxGap time.Duration) verdict {
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
	if d.guard.Unusable() {
		d.measured = Value{problem: fmt.Sprintf("counts while %s, and that value %s", r.while, d.guard.Why())}
		return false
	}
	if r.while.compare.holds(d.guard) {
		return true
	}
	m.window.clear()
	if field := r.raise.operand.type_.comparable(d.field); r.Preset && field.Unusable() {
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
		d.measured = d.field.Age(now)
	case ofIncrease, ofDecrease, ofRate:
		d.measured = asNumber.comparable(d.field)
		if !d.measured.Unusable() {
			m.follow(r, d, now, maxGap)
		}
	default:
		d.measured = d.field
	}
}

// absent is true once the field was missing in every answer for as long as the rule says.
func (m *memory) absent(r *Rule, v Value, now time.Time) Value {
	if v.kind == noValue && v.problem != "" {
		return v // it can't be in an answer of this form
	}
	if v.kind != noValue {
		m.missing = time.Time{}
		return Value{kind: aBoolean}
	}
	if m.missing.IsZero() {
		m.missing = now
	}
	gone := Value{kind: aBoolean}
	if now.Sub(m.missing) >= r.over {
		gone.number = 1
	}
	return gone
}

// Age is how long before now the time is that the value says, in seconds.
func (v Value) Age(now time.Time) Value {
	if v.Unusable() {
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
	case d.measured.Unusable():
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

// Unusable tells whether the value says nothing.
func (v Value) Unusable() bool { return v.kind == noValue || v.problem != "" }

// Why says what is wrong with an unusable value.
func (v Value) Why() string {
	if v.problem != "" {
		return v.problem
	}
	if v.above != "" {
		return "is not in the answer, as " + v.above + " stands above it"
	}
	return "is not in the answer"
}

// Absent tells whether nothing stands in the place of the value, or null.
func (v Value) Absent() bool { return v.kind == noValue && v.problem == "" }

// missing tells whether the answer simply does not have the value: what stands in its place
// is neither of another type nor of another shape.
func (v Value) missing() bool { return v.Absent() && v.above == "" }
