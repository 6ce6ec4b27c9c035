package rule

import (
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// maxPointsShown is how many points of a window an explanation shows: the last ones.
const maxPointsShown = 8

// Step is one step of an explanation: its name and its result. A step without a name continues
// the one before.
type Step struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type steps []Step

func (s *steps) line(name, format string, args ...any) {
	*s = append(*s, Step{name, fmt.Sprintf(format, args...)})
}

// Explain returns the steps by which the rule judged the last answer. If answer is not empty, they
// also say where in it a field was found, or what is there instead.
func (w *Evaluator) Explain(form Form, answer []byte) []Step {
	if w.memory.at.IsZero() {
		return []Step{{Text: "was not judged yet: a default rule needs JSON with a schema_version"}}
	}
	d := w.memory.last
	var s steps
	s.line("answer", "%s", form)
	s.line("field", "%s %s", w.field.text, seen(d.field))
	for _, how := range found(w.field, form, answer) {
		s.line("", "%s", how)
	}
	if w.while != nil {
		s.line("while", "%s: %s", w.while, outcome(*w.while, d))
		if d.guard.Unusable() {
			for _, how := range found(w.while.field, form, answer) {
				s.line("", "%s", how)
			}
		}
	}
	if !d.idle {
		w.explainMeasure(&s, d)
		w.explainComparisons(&s, d)
	}
	s.line("level", "%s: %s", d.level, w.detail(d))
	return s
}

func seen(v Value) string {
	if v.Unusable() {
		return v.Why()
	}
	return fmt.Sprintf("is %s, %s", v, v.kind)
}

func outcome(g guard, d verdict) string {
	switch {
	case d.guard.Unusable():
		return d.guard.Why()
	case d.idle:
		return fmt.Sprintf("%s, does not hold, so all is well", d.guard)
	}
	return fmt.Sprintf("%s, holds", g.compare.operand.typ.format(d.guard))
}

func (w *Evaluator) explainMeasure(s *steps, d verdict) {
	if w.of == ofValue {
		return
	}
	if past := &w.memory.window; w.of.windowed() && len(past.points) > 0 {
		s.line("window", "%s over %s of %s", counted(len(past.points), "point"), past.span().Round(time.Second), w.over)
		past.explain(s)
	}
	if !d.measured.Unusable() {
		s.line(string(w.of), "%s", w.shown(d.measured))
	}
}

// explain adds a step per point, with the changes since the point before.
func (w *window) explain(s *steps) {
	from := max(0, len(w.points)-maxPointsShown)
	if from > 0 {
		s.line("", "… %d earlier", from)
	}
	for i := from; i < len(w.points); i++ {
		at := w.points[i].at.UTC().Format("15:04:05Z")
		if i == 0 {
			s.line("", "%s  it begins", at)
			continue
		}
		before := w.points[i-1]
		s.line("", "%s  rose by %s, fell by %s", at, formatNumber(w.points[i].rise-before.rise), formatNumber(w.points[i].fall-before.fall))
	}
}

// counted returns "1 point" or "2 points".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (w *Evaluator) explainComparisons(s *steps, d verdict) {
	if d.measured.Unusable() {
		return
	}
	if w.critical != nil {
		s.line("raise_critical", "%s", w.holding(*w.critical, d))
	}
	s.line("raise", "%s", w.holding(w.raise, d))
	if w.clear != nil {
		s.line("clear", "%s", w.holding(*w.clear, d))
	} else {
		s.line("clear", "none set: when raise does not hold")
	}
	if d.partial && d.level == messages.Unknown {
		s.line("", "the window is not full: nothing is decided yet")
	}
}

func (w *Evaluator) holding(c comparison, d verdict) string {
	if c.holds(d.measured) {
		return fmt.Sprintf("%s %s: holds", w.shown(d.measured), c)
	}
	return fmt.Sprintf("%s %s: does not hold", w.shown(d.measured), c)
}
