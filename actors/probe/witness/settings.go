package witness

import "orchestrator-watchdog/config/field"

// Settings are the settings of the probe.
type Settings struct {
	URLs []string // none: the probe is off
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.ListOf("witness.urls", &s.URLs, field.URL).By("WATCHDOG_WITNESS_URLS").With(field.About{
		Example: "https://one.example.org,https://two.example.org",
		Doc:     "if set, when all of them and a target fail alike, the fault is ours: watchdog_offline",
	})}
}
