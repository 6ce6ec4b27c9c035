package config

import "orchestrator-watchdog/config/field"

// rules reads the list of rules over the envelope.
func (l *loader) rules(v value) {
	l.config.Rules = named(l, v, "rule", "orchestrator.rules", func(v value) (field.Named, string) {
		rule, _ := l.ofKind(v, *l.kinds.Rule).(field.Named)
		return rule, rule.ItemName()
	})
}
