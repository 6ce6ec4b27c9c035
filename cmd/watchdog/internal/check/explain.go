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

// nameColumn is where the texts of an explanation begin.
const nameColumn = 18

// PartsFor gives the probes that can tell of a signal: it is not worth waiting for the
// others.
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

// Explanation is what there is to say of one signal.
type Explanation struct {
	key     messages.Key
	finding *Finding    // nil: the pass saw none
	steps   []rule.Step // how it came to its level
	policy  []core.Part
	well    bool
}

// MayBe tells whether there may be such a signal. While the engine does not answer, any
// container's may.
func (r *Result) MayBe(key messages.Key, keys []messages.Key) bool {
	i := r.index("docker_down")
	anyContainer := i >= 0 && r.Findings[i].Level > messages.OK
	kind, _ := messages.KindOf(key)
	return slices.Contains(keys, key) || anyContainer && key.Instance() != "" && ofContainer(kind)
}

// Explain tells how a signal came to its level, and by which policy it is decided.
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

// scraped tells whether there is an answer that rules were held against.
func (r *Result) scraped() bool {
	i := r.index("orch_down")
	return r.rules != nil && i >= 0 && r.Findings[i].Level == messages.OK
}

func (e *Explanation) step(name, text string) {
	e.steps = append(e.steps, rule.Step{Name: name, Text: text})
}

// hasLevel tells whether the steps end in a level already, as those of a rule do.
func (e *Explanation) hasLevel() bool {
	return slices.ContainsFunc(e.steps, func(s rule.Step) bool { return s.Name == "level" })
}

func (e *Explanation) explainFinding() {
	f := e.finding
	if e.hasLevel() {
		if f.Pending() && f.Needs > 0 {
			e.step("", "one pass can't judge it: the daemon does once it has watched for "+brief(f.Needs))
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

// explainAbsence says why the pass saw nothing of the signal. Where the probe failed, or
// a signal that inhibits this one is not ok, nothing is known, and that is not well.
func (e *Explanation) explainAbsence(r *Result, s *core.Settings) {
	if !e.hasLevel() {
		e.step("level", "the pass did not see it")
	}
	if e.key.OneShot() {
		e.step("", "it is told when it happens, and is no state that lasts")
	}
	inhibitedBy := s.For(e.key).InhibitedBy
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

// Well tells whether the signal is.
func (e *Explanation) Well() bool { return e.well }

// Mask rewrites all text that came from outside, so that no secret is in it.
func (e *Explanation) Mask(mask func(string) string) {
	for i := range e.steps {
		e.steps[i].Text = mask(e.steps[i].Text)
	}
	if e.finding != nil {
		e.finding.mask(mask)
	}
}

// Text writes the explanation for people; every line fits the screen.
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

// write wraps the text behind and below the name.
func write(b *strings.Builder, o rule.Step, width int) {
	name := fmt.Sprintf("%-*s", nameColumn, "  "+o.Name)
	b.WriteString(cmp.Or(terminal.Indented(name, strings.Repeat(" ", nameColumn), terminal.Printable(o.Text), width), strings.TrimRight(name, " ")+"\n"))
}

// JSON is the explanation for scripts: one object.
func (e *Explanation) JSON() string {
	document := struct {
		Key    messages.Key     `json:"key"`
		OK     bool             `json:"ok"`
		Signal *signalJSON      `json:"signal"` // null: the pass saw none
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
