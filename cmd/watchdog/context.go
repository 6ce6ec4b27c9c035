package main

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// contextOf gives what a person would look up next about a signal: what is known of its
// container, what changed before it, and how its value went.
func contextOf(cfg *config.Config, past past, facts *container.Facts) func(context.Context, messages.Notification) []string {
	orchestrator, zone := "", cfg.Zone
	if u, err := url.Parse(cfg.Orchestrator.URL); err == nil {
		orchestrator = u.Hostname()
	}
	return func(_ context.Context, n messages.Notification) []string {
		var lines []string
		switch {
		case strings.HasPrefix(n.Signal.Kind(), "container_"):
			lines = facts.Lines(n.Signal.Instance(), zone)
		case n.Signal == "orch_down":
			if state := facts.Of(orchestrator); orchestrator != "" && state != "" {
				lines = []string{state}
			}
		}
		if n.News == messages.Alert || n.News == messages.Event {
			lines = append(lines, facts.Before(n.Since, zone)...)
		}
		return slices.Concat(lines, past.spark(n))
	}
}
