package rule

import (
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// Evaluator is a rule with the places of its values in an answer, and its memory of earlier answers.
type Evaluator struct {
	Rule
	fieldAt, guardAt Place
	memory           memory
}

// Evaluate observes the rule's signal for an answer. A gap of more than maxGap between answers clears
// the window.
func (w *Evaluator) Evaluate(v Values, now time.Time, maxGap time.Duration) messages.Observation {
	return w.observation(w.memory.judge(&w.Rule, v.At(w.fieldAt), v.At(w.guardAt), now, maxGap))
}

// HadLevel reports whether the rule has ever been ok, warning or critical.
func (w *Evaluator) HadLevel() bool { return w.memory.known }

// Missing returns the fields that a preset rule needs and the last answer lacks.
func (w *Evaluator) Missing() []string { return w.missing(w.memory.last) }

// LacksValue reports whether the last answer had no value to compare, although the rule applied.
func (w *Evaluator) LacksValue() bool {
	return w.memory.last.measured.Unusable() && !w.memory.last.idle
}

// memory is the state of a rule between readings.
type memory struct {
	at      time.Time // last judgement; zero: none yet
	window  window
	began   bool      // the window began when the while condition became true; until then all was ok
	missing time.Time // since when the field is absent; zero: it is present
	level   messages.Level
	known   bool // the rule has been ok, warning or critical
	last    verdict
}

// verdict is the judgement of one answer, with its reasons.
type verdict struct {
	level    messages.Level
	field    Value // in the answer
	guard    Value
	measured Value // the left side of raise; its problem says why there is none
	idle     bool  // the while condition is false
	partial  bool  // the window is not full yet
	held     bool  // neither raise nor clear holds: hysteresis
}

// judge applies the rule to the values of an answer. It depends only on its arguments and the
// memory. A gap of more than maxGap, or a clock that goes back, clears the window.
func (m *memory) judge(r *Rule, v, guard Value, now time.Time, maxGap time.Duration) verdict {
	if gap := now.Sub(m.at); gap > maxGap || gap < 0 {
		m.window.clear()
		m.began, m.missing = false, time.Time{}
	}
	m.at = now
	verdict := verdict{level: messages.Unknown, field: v, guard: guard}
	if !m.checkWhile(r, &verdict) {
		m.last = verdict
		return verdict
	}
	m.measure(r, &verdict, now, maxGap)
	verdict.measured = r.raise.operand.typ.convert(verdict.measured)
	if m.decidable(r, &verdict) {
		m.decide(r, &verdict)
	}
	m.last = verdict
	return verdict
}

// checkWhile reports whether the while condition holds. If it is false, the level is ok.
func (m *memory) checkWhile(r *Rule, d *verdict) bool {
	if r.while == nil {
		return true
	}
	d.guard = r.while.compare.operand.typ.convert(d.guard)
	if d.guard.Unusable() {
		d.measured = Value{problem: fmt.Sprintf("counts while %s, and that value %s", r.while, d.guard.Why())}
		return false
	}
	if r.while.compare.holds(d.guard) {
		return true
	}
	m.window.clear()
	if field := r.raise.operand.typ.convert(d.field); r.Preset && field.Unusable() {
		m.began, d.measured = false, field // a default rule without its field is off, not ok
		return false
	}
	m.began, m.level, m.known = true, messages.OK, true
	d.level, d.idle = messages.OK, true
	return false
}

// measure computes the quantity that the rule compares.
func (m *memory) measure(r *Rule, d *verdict, now time.Time, maxGap time.Duration) {
	switch r.of {
	case ofAbsent:
		d.measured = m.absent(r, d.field, now)
	case ofAge:
		d.measured = d.field.Age(now)
	case ofIncrease, ofDecrease, ofRate:
		d.measured = typeNumber.convert(d.field)
		if !d.measured.Unusable() {
			m.follow(r, d, now, maxGap)
		}
	default:
		d.measured = d.field
	}
}

// absent returns true once the field was missing in every answer for the time that over sets.
func (m *memory) absent(r *Rule, v Value, now time.Time) Value {
	if v.kind == kindMissing && v.problem != "" {
		return v // the field needs the other form of answer
	}
	if v.kind != kindMissing {
		m.missing = time.Time{}
		return Value{kind: kindBoolean}
	}
	if m.missing.IsZero() {
		m.missing = now
	}
	gone := Value{kind: kindBoolean}
	if now.Sub(m.missing) >= r.over {
		gone.number = 1
	}
	return gone
}

// Age returns the seconds since the time that the value names, at least 0.
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

// follow adds the number to the window, and computes the increase, decrease or rate.
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

// decidable reports whether decide can set the level. A window that is not full is enough if the
// quantity can only grow and raise already holds. Otherwise the level is ok if the window
// began with the while condition, and else unknown.
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

// decide sets the level by the comparisons, with hysteresis.
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

// Unusable reports whether there is nothing to compare: the value is missing or has a problem.
func (v Value) Unusable() bool { return v.kind == kindMissing || v.problem != "" }

// Why says why a value is unusable, as the rest of a sentence that begins with its field.
func (v Value) Why() string {
	if v.problem != "" {
		return v.problem
	}
	if v.above != "" {
		return "is not in the answer: " + v.above + " is above it"
	}
	return "is not in the answer"
}

// Absent reports whether the answer lacks the value, or has null in its place.
func (v Value) Absent() bool { return v.kind == kindMissing && v.problem == "" }

// missing reports whether the value is absent and its path leads through no value of a wrong kind.
func (v Value) missing() bool { return v.Absent() && v.above == "" }
