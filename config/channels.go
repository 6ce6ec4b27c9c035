package config

import (
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
)

// Channel is an entry of the list of channels: a new channel of a kind, or the route of an existing
// channel.
type Channel struct {
	Name     string
	Path     string         // its path in the file
	Kind     string         // empty: an existing channel
	Settings field.Settings // of its kind; nil: an existing channel
	Route    Route
}

// Route says which news a channel is told, and when. The zero value means everything at once.
type Route struct {
	Signals     []string // key globs; none: every signal
	MinSeverity string   // warning, critical; empty: any
	After       time.Duration
	FallbackFor string
	Quiet       *Window // without signals; nil: never
}

// channels reads the list of channels.
func (l *loader) channels(v value) {
	l.config.Channels = named(l, v, "channel", "channels", func(v value) (Channel, string) {
		c := l.channel(v)
		return c, c.Name
	})
}

func (l *loader) channel(v value) Channel {
	c := Channel{Path: v.path}
	r := &c.Route
	known := fields{
		"signals":      setList(&r.Signals, keyPattern),
		"min_severity": set(&r.MinSeverity, severity),
		"after":        set(&r.After, positive),
		"fallback_for": set(&r.FallbackFor, field.Name),
		"quiet":        func(v value) { r.Quiet = v.quiet() },
	}
	c.Kind, c.Settings = l.oneKind(v, "channel", &c.Name, known, l.kinds.Channels, func() bool { return r.String() != "" })
	if r.After > 0 && r.FallbackFor != "" {
		v.fail("after and fallback_for are both set, but a fallback is told at once: keep one of the two")
	}
	return c
}

// quiet reads the quiet time.
func (v value) quiet() *Window {
	w := Window{Zone: time.UTC, From: v.origin()}
	if complete := v.opening(&w, fields{}); !complete {
		v.fail("a quiet time needs start and for")
	}
	return &w
}

// String returns the channel without its secrets.
func (c Channel) String() string {
	if c.Settings == nil {
		return c.Route.String()
	}
	return strings.TrimSuffix(c.Settings.String()+", "+c.Route.String(), ", ")
}

// Format implements fmt.Formatter: no verb shows a URL or a token.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.Name + " " + c.String())) }

// String returns the parts of the route that are set.
func (r Route) String() string {
	var parts []string
	if len(r.Signals) > 0 {
		parts = append(parts, "signals "+strings.Join(r.Signals, " "))
	}
	if r.MinSeverity != "" {
		parts = append(parts, "min_severity "+r.MinSeverity)
	}
	if r.After > 0 {
		parts = append(parts, "after "+r.After.String())
	}
	if r.FallbackFor != "" {
		parts = append(parts, "fallback_for "+r.FallbackFor)
	}
	if r.Quiet != nil {
		parts = append(parts, "quiet "+r.Quiet.opens())
	}
	return strings.Join(parts, ", ")
}
