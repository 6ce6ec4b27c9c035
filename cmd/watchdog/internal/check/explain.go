package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
	"orchestrator-watchdog/supervisor"
)

// nameColumn is the column at which the texts of an explanation begin.
const nameColumn = 18

// PartsFor returns the probes that can observe the signal, to avoid waiting for the others.
// If they are not known, it returns all.
func PartsFor(key messages.Key, parts []supervisor.ProbePart) []supervisor.ProbePart {
	var name string
	switch kind, _ := messages.KindOf(key); kind.Probe {
	case "orchestrator":
		name = kind.Probe
	case "dep":
		name = kind.Probe + ":" + key.Instance()
	default:
		return parts
	}
	return slices.DeleteFunc(slices.Clone(parts), func(p supervisor.ProbePart) bool { return p.Name != name })
}

// Explanation says how one signal came to its level.
type Explanation struct {
	key     messages.Key
	finding *Finding    // nil: the pass did not observe it
	steps   []rule.Step // how it came to its level
	policy  []core.Part
	well    bool
}

// MayBe reports whether such a signal may exist. While the engine does not answer, the signals of
// any container may.
func (r *Result) MayBe(key messages.Key, keys []messages.Key) bool {
	i := r.index("docker_down")
	anyContainer := i >= 0 && r.Findings[i].Level > messages.OK
	return slices.Contains(keys, key) || anyContainer && key.Instance() != "" && key.OfContainer()
}

// Explain explains how a signal came to its level, and its policy.
func (r *Result) Explain(key messages.Key, s *core.Settings) *Explanation {
	e := &Explanation{key: key, policy: s.Explain(key), well: true}
	if i := r.index(key); i >= 0 {
		e.finding = &r.Findings[i]
		e.well = e.finding.Well()
	}
	kind, known := messages.KindOf(key)
	switch {
	case kind.Name == "orch_rule" && r.scraped():
		e.steps = r.rules.Explain(key.Instance())
	case known:
		e.step("active when", fmt.Sprintf("%s (%s)", kind.ActiveWhen(), kind.Severity))
	}
	if e.finding == nil {
		e.explainAbsence(r, s)
	} else {
		e.explainFinding()
	}
	if known {
		e.step("what to do", kind.Handbook())
	}
	return e
}

// scraped reports whether rules were evaluated on an answer of the orchestrator.
func (r *Result) scraped() bool {
	i := r.index("orch_down")
	return r.rules != nil && i >= 0 && r.Findings[i].Level == messages.OK
}

func (e *Explanation) step(name, text string) {
	e.steps = append(e.steps, rule.Step{Name: name, Text: text})
}

// hasLevel reports whether the steps already contain a level, as those of a rule do.
func (e *Explanation) hasLevel() bool {
	return slices.ContainsFunc(e.steps, func(s rule.Step) bool { return s.Name == "level" })
}

func (e *Explanation) explainFinding() {
	f := e.finding
	if e.hasLevel() {
		if f.Pending() && f.Needs > 0 {
			e.step("", "one pass can't judge it: the daemon judges it after watching for "+brief(f.Needs))
		}
		return
	}
	e.step("level", f.Level.String())
	if n, ok := f.number(); ok {
		e.step("value", numberText(n))
	}
	if f.Threshold != "" {
		e.step("threshold", f.Threshold)
	}
	e.step("detail", f.Detail)
}

// explainAbsence says why the pass did not observe the signal. If the probe failed, or a signal that
// inhibits this one is not ok, nothing is known, and the explanation is not well.
func (e *Explanation) explainAbsence(r *Result, s *core.Settings) {
	if !e.hasLevel() {
		e.step("level", "not observed in this pass")
	}
	if e.key.OneShot() {
		e.step("", "a one-shot: it is told when it happens, and has no lasting level")
	}
	inhibitedBy := s.PolicyOf(e.key).InhibitedBy
	for i := range r.Findings {
		f := &r.Findings[i]
		inhibits := slices.ContainsFunc(inhibitedBy, func(by string) bool { return glob.Match(by, string(f.Signal)) })
		if !f.Well() && (inhibits || f.Signal.Kind() == "watchdog_probe") {
			e.step("", fmt.Sprintf("%s is %s: %s", f.Signal, f.Level, f.Detail))
			e.well = false
		}
	}
	for _, note := range r.Notes {
		if note.isOff(e.key) {
			e.step("", note.Text)
		}
	}
}

// Well reports whether the signal is ok, pending, or rightly absent.
func (e *Explanation) Well() bool { return e.well }

// Mask masks secrets in all text from outside.
func (e *Explanation) Mask(mask func(string) string) {
	for i := range e.steps {
		e.steps[i].Text = mask(e.steps[i].Text)
	}
	if e.finding != nil {
		e.finding.mask(mask)
	}
}

// Text returns the explanation for people; every line fits the screen.
func (e *Explanation) Text(s terminal.Screen) string {
	var b strings.Builder
	b.WriteString(terminal.Printable(string(e.key)) + "\n")
	for _, one := range e.steps {
		write(&b, one, s.Width())
	}
	b.WriteString("policy\n")
	for _, p := range e.policy {
		write(&b, rule.Step{Name: p.Name, Text: fmt.Sprintf("%s (%s)", p.Value, p.From)}, s.Width())
	}
	return b.String()
}

// write writes the name, and the wrapped text beside it.
func write(b *strings.Builder, o rule.Step, width int) {
	name := fmt.Sprintf("%-*s", nameColumn, "  "+o.Name)
	b.WriteString(cmp.Or(terminal.Indented(name, strings.Repeat(" ", nameColumn), terminal.Printable(o.Text), width), strings.TrimRight(name, " ")+"\n"))
}

// JSON returns the explanation for scripts as one object.
func (e *Explanation) JSON() string {
	document := struct {
		Key    messages.Key     `json:"key"`
		OK     bool             `json:"ok"`
		Signal *signalJSON      `json:"signal"` // null: not observed
		Steps  []rule.Step      `json:"steps"`
		Policy []config.Setting `json:"policy"`
	}{Key: e.key, OK: e.well, Steps: e.steps}
	if e.finding != nil {
		signal := e.finding.json()
		document.Signal = &signal
	}
	for _, p := range e.policy {
		document.Policy = append(document.Policy, config.Setting{Name: p.Name, Value: p.Value, Origin: p.From})
	}
	return encoded(document)
}
