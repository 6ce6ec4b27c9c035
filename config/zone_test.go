package config_test

import (
	"fmt"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

// Times are shown in WATCHDOG_TIMEZONE, else in the zone of TZ, else in UTC.
func TestTheZoneOfTimes(t *testing.T) {
	for _, c := range []struct {
		environ []string
		want    string
		warns   bool
	}{
		{nil, "UTC", false},
		{[]string{"TZ="}, "UTC", false},
		{[]string{"TZ=Europe/Berlin"}, "Europe/Berlin", false},
		{[]string{"TZ=:America/New_York"}, "America/New_York", false},
		{[]string{"TZ=Europe/Berlin", "WATCHDOG_TIMEZONE=Asia/Tokyo"}, "Asia/Tokyo", false},
		{[]string{"TZ=CET-1CEST"}, "UTC", true},
	} {
		cfg, warnings, err := assembly.Load(config.Source{Environ: c.environ})
		if err != nil || cfg.Zone.String() != c.want || strings.Contains(fmt.Sprint(warnings), "TZ: ") != c.warns {
			t.Errorf("%v: %s, warnings %v (%v); want %s", c.environ, cfg.Zone, warnings, err, c.want)
		}
	}
	if _, _, err := assembly.Load(config.Source{Environ: []string{"WATCHDOG_TIMEZONE=Berlin"}}); err == nil || !strings.Contains(err.Error(), `WATCHDOG_TIMEZONE: "Berlin" is not a time zone`) {
		t.Errorf("got %v", err)
	}
}

// Labels have the form name=value, with a valid Prometheus name that the watchdog does not use itself.
func TestLabels(t *testing.T) {
	cfg, _, err := assembly.Load(config.Source{Environ: []string{"WATCHDOG_LABELS=team=core, env=prod=1"}})
	if err != nil || fmt.Sprint(config.Section[*notifier.Common](cfg).Labels) != "map[env:prod=1 team:core]" {
		t.Errorf("%v (%v)", config.Section[*notifier.Common](cfg).Labels, err)
	}
	for value, want := range map[string]string{
		"team":          "not of the form name=value",
		"te-am=core":    "not of the form name=value",
		"__x=1":         "not of the form name=value",
		"severity=high": "one that the watchdog sets itself",
		"a=1,a=2":       "is set twice",
	} {
		if _, _, err := assembly.Load(config.Source{Environ: []string{"WATCHDOG_LABELS=" + value}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", value, err, want)
		}
	}
}
