package orchestrator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

// maxPointsShown bounds how much of a window Explain shows: its last points.
const maxPointsShown = 8

// KeepAnswer makes the probe keep the last answer, so that Explain can tell where in it
// a field was found, or what stands there instead. It is called before the first Observe.
func (p *Probe) KeepAnswer() { p.keep = true }

// RuleKeys lists the signals of all rules, those of the default rules that are off among them.
func (p *Probe) RuleKeys() []messages.Key {
	keys := make([]messages.Key, len(p.rules))
	for i := range p.rules {
		keys[i] = p.rules[i].key()
	}
	return keys
}

// Collecting is a rule that the last answer could not decide, and only because its
// window is not full.
type Collecting struct {
	Signal messages.Key
	Window time.Duration
}

// Collecting lists the rules that wait for their window. It is not called during an Observe.
func (p *Probe) Collecting() []Collecting {
	var all []Collecting
	if p.last != nil {
		return nil
	}
	for i := range p.rules {
		if j := &p.rules[i]; j.memory.last.collects() {
			all = append(all, Collecting{Signal: j.key(), Window: j.over})
		}
	}
	return all
}

// Explain tells step by step how a rule came to what the last reading said of it; name
// is the rule's, with or without "orch_rule:". It is not called during an Observe.
func (p *Probe) Explain(name string) string {
	name = strings.TrimPrefix(name, "orch_rule:")
	i := slices.IndexFunc(p.rules, func(j judged) bool { return j.name == name })
	switch {
	case i < 0:
		return fmt.Sprintf("there is no rule %q; the rules are: %s\n", name, strings.Join(p.ruleNames(), ", "))
	case p.last != nil:
		return fmt.Sprintf("orch_rule:%s\n  the last scrape failed, so nothing is known: %v\n", name, p.last)
	case p.rules[i].memory.at.IsZero():
		return fmt.Sprintf("orch_rule:%s\n  was not judged yet: a default rule needs JSON with a schema_version\n", name)
	}
	return p.cleaned(p.rules[i].explain(p))
}

func (p *Probe) ruleNames() []string {
	names := make([]string, len(p.rules))
	for i, j := range p.rules {
		names[i] = j.name
	}
	return names
}

// steps are the lines of an explanation: what the step is, and what came of it.
type steps struct{ strings.Builder }

func (s *steps) line(name, format string, args ...any) {
	fmt.Fprintf(s, "  %-15s %s\n", name, fmt.Sprintf(format, args...))
}

// explain writes a line for each step.
func (j *judged) explain(p *Probe) string {
	d := j.memory.last
	var s steps
	s.WriteString(string(j.key()) + "\n")
	s.line("answer", "%s", p.form)
	s.line("field", "%s %s", j.field.text, seen(d.field))
	for _, how := range p.found(j.field) {
		s.line("", "%s", how)
	}
	if j.while != nil {
		j.explainWhile(&s, p, d)
	}
	if !d.idle {
		j.explainMeasure(&s, d)
		j.explainComparisons(&s, d)
	}
	s.line("level", "%s: %s", d.level, j.detail(d))
	return s.String()
}

func seen(v value) string {
	if v.unusable() {
		return v.why()
	}
	return fmt.Sprintf("is %s, %s", v, v.kind)
}

func (j *judged) explainWhile(s *steps, p *Probe, d verdict) {
	s.line("while", "%s: %s", j.while, outcome(*j.while, d))
	if d.guard.unusable() {
		for _, how := range p.found(j.while.field) {
			s.line("", "%s", how)
		}
	}
}

func outcome(g guard, d verdict) string {
	switch {
	case d.guard.unusable():
		return d.guard.why()
	case d.idle:
		return fmt.Sprintf("%s, does not hold, so all is well", d.guard)
	}
	return fmt.Sprintf("%s, holds", g.compare.operand.type_.format(d.guard))
}

func (j *judged) explainMeasure(s *steps, d verdict) {
	if j.of == ofValue {
		return
	}
	if w := &j.memory.window; j.of.windowed() && len(w.points) > 0 {
		s.line("window", "%s over %s of %s", counted(len(w.points), "point"), w.span().Round(time.Second), j.over)
		w.explain(s)
	}
	if !d.measured.unusable() {
		s.line(string(j.of), "%s", j.shown(d.measured))
	}
}

// explain writes the last points, each with what happened since the one before.
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

// counted writes a number with what is counted.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (j *judged) explainComparisons(s *steps, d verdict) {
	if d.measured.unusable() {
		return
	}
	if j.critical != nil {
		s.line("raise_critical", "%s", j.holding(*j.critical, d))
	}
	s.line("raise", "%s", j.holding(j.raise, d))
	if j.clear != nil {
		s.line("clear", "%s", j.holding(*j.clear, d))
	} else {
		s.line("clear", "none set: when raise does not hold")
	}
	if d.partial && d.level == messages.Unknown {
		s.line("", "the window is not full: nothing is decided yet")
	}
}

func (j *judged) holding(c comparison, d verdict) string {
	if c.holds(d.measured) {
		return fmt.Sprintf("%s %s: holds", j.shown(d.measured), c)
	}
	return fmt.Sprintf("%s %s: does not hold", j.shown(d.measured), c)
}
