package orchestrator

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// KeepAnswer makes the probe keep the last answer, so that Explain can say where a field was
// found, or what is there instead. Call it before the first Observe.
func (p *Probe) KeepAnswer() { p.keep = true }

// RuleKeys returns the signals of all rules, including default rules that are off.
func (p *Probe) RuleKeys() []messages.Key {
	keys := make([]messages.Key, len(p.rules))
	for i := range p.rules {
		keys[i] = p.rules[i].Key()
	}
	return keys
}

// Explain returns the steps by which the last reading judged a rule. It must not be called during
// an Observe.
func (p *Probe) Explain(name string) []rule.Step {
	i := slices.IndexFunc(p.rules, func(j judged) bool { return j.Name == name })
	switch {
	case i < 0:
		return []rule.Step{{Text: fmt.Sprintf("there is no rule %q; the rules are: %s", name, strings.Join(p.ruleNames(), ", "))}}
	case p.last != nil:
		return []rule.Step{{Text: "the last scrape failed, so nothing is known: " + p.last.Error()}}
	}
	steps := p.rules[i].Explain(p.form, trimmed(p.answer.body))
	for i := range steps {
		steps[i].Text = p.cleaned(steps[i].Text)
	}
	return steps
}

func (p *Probe) ruleNames() []string {
	names := make([]string, len(p.rules))
	for i, j := range p.rules {
		names[i] = j.Name
	}
	return names
}
