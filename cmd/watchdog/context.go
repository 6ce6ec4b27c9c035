package main

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// contextOf gives what a person would look up next about a signal: what is known of its
// container, what changed before it, how its value went, and the end of its log.
func contextOf(cfg *config.Config, past past, before *changes.Store, facts *container.Facts) func(context.Context, messages.Notification) notifier.Lines {
	host, zone := "", cfg.Zone
	if u, err := url.Parse(config.Section[*orchestrator.Settings](cfg).URL); err == nil {
		host = u.Hostname()
	}
	logs := logsOf(cfg, facts)
	return func(ctx context.Context, n messages.Notification) notifier.Lines {
		var lines notifier.Lines
		news := n.News == messages.Alert || n.News == messages.Event
		switch {
		case strings.HasPrefix(n.Signal.Kind(), "container_"):
			lines.Context = facts.Lines(n.Signal.Instance(), zone)
			if news {
				lines.Quote = logs(ctx, n.Signal.Instance())
			}
		case n.Signal == "orch_down":
			if state := facts.Of(host); host != "" && state != "" {
				lines.Context = []string{state}
			}
		}
		if news {
			lines.Context = append(lines.Context, before.Before(n.Since, zone)...)
		}
		lines.Context = slices.Concat(lines.Context, past.spark(n))
		return lines
	}
}

// maxQuote is how much of a log a message shows, in characters.
const maxQuote = 1000

// logsOf reads the end of a container's log, without secrets: those of the settings, and
// values of what looks like one.
func logsOf(cfg *config.Config, facts *container.Facts) func(context.Context, string) []string {
	settings := config.Section[*container.Settings](cfg)
	if settings.LogLines == 0 || settings.Host == "" {
		return func(context.Context, string) []string { return nil }
	}
	logs := container.NewLogs(settings.Endpoint, settings.LogLines, facts)
	mask := newRedactor(nil, cfg.Secrets()).text
	return func(ctx context.Context, name string) []string {
		lines := logs.Last(ctx, name)
		room := maxQuote
		for i, line := range slices.Backward(lines) {
			line = mask(withoutSecrets(line))
			if room -= len([]rune(line)); room < 0 {
				return lines[i+1:]
			}
			lines[i] = line
		}
		return lines
	}
}

// secretInLog is a value of what looks like a secret by its name, as key=value, as in JSON, or
// as a header of HTTP.
var secretInLog = regexp.MustCompile(`(?i)([\w.-]*(?:passw|passwd|pwd|token|secret|key|authorization|credential)[\w.-]*["']?\s*[:=]\s*)((?:bearer|basic|token)\s+\S+|"[^"]*"|'[^']*'|\S+)`)

// withoutSecrets masks the values in a line that look like secrets by their names, and the
// user parts of URLs.
func withoutSecrets(line string) string {
	line = secretInLog.ReplaceAllString(line, "${1}"+secret.Mask)
	return secret.MaskUsers(line)
}
