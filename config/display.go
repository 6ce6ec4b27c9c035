package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/duration"
)

// zoneOfTZ returns the zone that TZ names, or UTC if TZ is empty or not set.
func (l *loader) zoneOfTZ() *time.Location {
	for _, pair := range l.Environ {
		name, value, _ := strings.Cut(pair, "=")
		if value = strings.TrimPrefix(value, ":"); name != "TZ" || value == "" {
			continue
		}
		at, err := zone(value)
		if err != nil {
			l.warn("TZ: %s; times are shown in UTC", err)
			return time.UTC
		}
		return at
	}
	return time.UTC
}

// maxHistory is the maximal WATCHDOG_HISTORY; the memory is bounded separately.
const maxHistory = 30 * 24 * time.Hour

func historyLength(s string) (time.Duration, error) {
	d, err := duration.Parse(s)
	if err == nil && d != 0 && (d < time.Minute || d > maxHistory) {
		err = fmt.Errorf("%q is neither 0 nor from 1m to 30d", s)
	}
	return d, err
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
