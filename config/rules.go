package config

import "orchestrator-watchdog/config/field"

// Rule is a rule over the envelope: the signal orch_rule:NAME.
type Rule struct {
	Name string
	field.Settings
}

// rules reads the list of rules.
func (l *loader) rules(v value) {
	l.config.Rules = named(l, v, "rule", "orchestrator.rules", func(v value) (Rule, string) {
		settings := l.ofKind(v, *l.kinds.Rule)
		rule, _ := settings.(field.Named)
		return Rule{rule.ItemName(), settings}, rule.ItemName()
	})
}
