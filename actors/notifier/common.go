package notifier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Common are the settings that all channels share.
type Common struct {
	Handbook string            // base URL of the published docs/operations.md; empty: no links
	Labels   map[string]string // further labels of Alertmanager alerts, and fields of webhooks
}

// Fields implements field.Declared.
func (c *Common) Fields() []field.Field {
	return []field.Field{
		field.Of("handbook_url", &c.Handbook, field.URL).By("WATCHDOG_HANDBOOK_URL").With(field.About{Example: "https://wiki.example.org/watchdog/operations.md", Doc: "base URL of docs/operations.md as published; messages then link the section of their signal"}),
		labels(&c.Labels).By("WATCHDOG_LABELS").With(field.About{Example: "team=core,env=prod", Doc: "name=value,…: further labels of Alertmanager alerts, and fields of webhooks"}),
	}
}

// labelName matches the name of a Prometheus label.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// ownLabels are the labels that every alert has, and the placeholders of webhooks.
var ownLabels = []string{"alertname", "instance", "signal", "severity", "job", "flapping", "title", "text", "news", "host", "since"}

// labels returns the field of further labels.
func labels(target *map[string]string) field.Field {
	all := make(map[string]string)
	return field.Field{Name: "labels", Form: field.List, Set: func(_, item string) error {
		name, value, ok := strings.Cut(item, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || !labelName.MatchString(name) || strings.HasPrefix(name, "__"):
			return fmt.Errorf("%q is not of the form name=value, with letters, digits and _ in the name", item)
		case slices.Contains(ownLabels, name):
			return fmt.Errorf("the label %s is one that the watchdog sets itself (%s)", name, strings.Join(ownLabels, ", "))
		case all[name] != "":
			return fmt.Errorf("the label %s is set twice", name)
		}
		all[name] = value
		*target = all
		return nil
	}}
}
