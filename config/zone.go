package config

import (
	"fmt"
	"strings"
	"time"
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

func zone(s string) (*time.Location, error) {
	z, err := time.LoadLocation(s)
	if err != nil || s == "" || strings.EqualFold(s, "local") {
		return nil, fmt.Errorf("%q is not a time zone such as Europe/Berlin", s)
	}
	return z, nil
}
