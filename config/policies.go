package config

import (
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/duration"
)

// SignalPolicy is the policy of the signals whose key matches a glob; nil parts are not changed.
type SignalPolicy struct {
	Glob        string
	From        string // file and line
	Enabled     *bool
	Mute        *bool
	RaiseTicks  *uint16
	ClearTicks  *uint16
	Cooldown    *time.Duration
	Severity    string // warning, critical; empty: as observed
	InhibitedBy *[]string
	Flapping    FlappingPolicy
}

// FlappingPolicy says when a signal changes too often; nil parts are not changed.
type FlappingPolicy struct {
	Changes *uint16 // 0: never
	Within  *time.Duration
	Settle  *time.Duration
}

// signals reads policies by key glob in the order of the file; later ones win.
func (l *loader) signals(v value) {
	for _, e := range v.entries() {
		p := SignalPolicy{Glob: e.key, From: e.value.origin()}
		if _, err := keyPattern(e.key); err != nil {
			e.value.fail("%v", err)
		}
		e.value.object(fields{
			"enabled":     setOptional(&p.Enabled, field.Bool),
			"mute":        setOptional(&p.Mute, field.Bool),
			"raise_ticks": setOptional(&p.RaiseTicks, field.Ticks),
			"clear_ticks": setOptional(&p.ClearTicks, field.Ticks),
			"cooldown":    setOptional(&p.Cooldown, duration.Parse),
			"severity":    set(&p.Severity, severity),
			"flapping": func(v value) {
				v.object(fields{
					"changes": setOptional(&p.Flapping.Changes, flapChanges),
					"within":  setOptional(&p.Flapping.Within, duration.Parse),
					"settle":  setOptional(&p.Flapping.Settle, duration.Parse),
				})
			},
			"inhibited_by": func(v value) { p.InhibitedBy = new([]string); setList(p.InhibitedBy, keyPattern)(v) },
		})
		l.config.Signals = append(l.config.Signals, p)
		l.list("signals."+p.Glob, p.String(), e.value)
	}
}

// String returns the parts that are set.
func (p SignalPolicy) String() string {
	var parts []string
	add := func(name string, set bool, value func() any) {
		if set {
			parts = append(parts, fmt.Sprintf("%s=%v", name, value()))
		}
	}
	add("enabled", p.Enabled != nil, func() any { return *p.Enabled })
	add("mute", p.Mute != nil, func() any { return *p.Mute })
	add("raise_ticks", p.RaiseTicks != nil, func() any { return *p.RaiseTicks })
	add("clear_ticks", p.ClearTicks != nil, func() any { return *p.ClearTicks })
	add("cooldown", p.Cooldown != nil, func() any { return *p.Cooldown })
	add("severity", p.Severity != "", func() any { return p.Severity })
	add("inhibited_by", p.InhibitedBy != nil, func() any { return *p.InhibitedBy })
	add("flapping.changes", p.Flapping.Changes != nil, func() any { return *p.Flapping.Changes })
	add("flapping.within", p.Flapping.Within != nil, func() any { return *p.Flapping.Within })
	add("flapping.settle", p.Flapping.Settle != nil, func() any { return *p.Flapping.Settle })
	return strings.Join(parts, " ")
}
