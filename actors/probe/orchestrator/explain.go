package orchestrator

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

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
	return p.rules[i].explain(p.form)
}

func (p *Probe) ruleNames() []string {
	names := make([]string, len(p.rules))
	for i, j := range p.rules {
		names[i] = j.name
	}
	return names
}

// explain writes a line for each step.
func (j *judged) explain(f form) string {
	d := j.memory.last
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString(string(j.key()) + "\n")
	line("answer", "%s", f)
	line("field", "%s %s", j.field.text, seen(d.field))
	if j.while != nil {
		line("while", "%s: %s", j.while, outcome(*j.while, d))
	}
	if !d.idle {
		j.explainMeasure(line, d)
		j.explainComparisons(line, d)
	}
	line("level", "%s: %s", d.level, j.detail(d))
	if j.preset && !j.memory.known {
		line("", "a default rule that can't be judged is off: it makes no signal")
	}
	return b.String()
}

func seen(v value) string {
	if v.unusable() {
		return v.why()
	}
	return fmt.Sprintf("is %s, %s", v, v.kind)
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

func (j *judged) explainMeasure(line func(string, string, ...any), d verdict) {
	if j.of == ofValue {
		return
	}
	if w := &j.memory.window; j.of.windowed() && len(w.points) > 0 {
		line("window", "%d points over %s of %s", len(w.points), w.span().Round(1e9), j.over)
	}
	if !d.measured.unusable() {
		line(string(j.of), "%s", j.shown(d.measured))
	}
}

func (j *judged) explainComparisons(line func(string, string, ...any), d verdict) {
	if d.measured.unusable() {
		return
	}
	if j.critical != nil {
		line("raise_critical", "%s", j.holding(*j.critical, d))
	}
	line("raise", "%s", j.holding(j.raise, d))
	if j.clear != nil {
		line("clear", "%s", j.holding(*j.clear, d))
	} else {
		line("clear", "none set: when raise does not hold")
	}
	if d.partial && d.level == messages.Unknown {
		line("", "the window is not full: nothing is decided yet")
	}
}

func (j *judged) holding(c comparison, d verdict) string {
	if c.holds(d.measured) {
		return fmt.Sprintf("%s %s: holds", j.shown(d.measured), c)
	}
	return fmt.Sprintf("%s %s: does not hold", j.shown(d.measured), c)
}
