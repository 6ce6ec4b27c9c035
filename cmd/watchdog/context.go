package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor/assembly"
)

// contextOf returns the function that gives the context of news: the state of the signal's
// container, recent changes, the course of its value, and the end of the container's log.
func contextOf(cfg *config.Config, past past, before *changes.Store, shared *assembly.Shared) func(context.Context, messages.Notification) notifier.Lines {
	facts, zone := shared.Facts(), cfg.Zone
	logs := logsOf(cfg, facts)
	return func(ctx context.Context, n messages.Notification) notifier.Lines {
		var lines notifier.Lines
		news := n.News == messages.Alert || n.News == messages.Event
		switch {
		case n.Signal.OfContainer():
			if isEnd(n.Signal.Kind()) && n.Signal.Instance() == facts.ContainerOf(shared.Orchestrator()) {
				lines.Related = []notifier.Related{{Signal: "orch_down", Line: "the same container as in orch_down: the orchestrator runs in it"}}
			}
			lines.Context = facts.Lines(n.Signal.Instance(), zone)
			if news {
				lines.Quote = logs(ctx, n.Signal.Instance())
			}
		case n.Signal == "orch_down":
			name := facts.ContainerOf(shared.Orchestrator())
			if state := facts.State(name, zone); state != "" {
				lines.Context = []string{state}
			}
			for _, kind := range ends {
				key := messages.NewKey(kind, name)
				lines.Related = append(lines.Related, notifier.Related{Signal: key, Line: fmt.Sprintf("the same container as in %s", key)})
			}
		}
		if news {
			lines.Context = append(lines.Context, before.Before(n.Since, zone)...)
		}
		lines.Context = slices.Concat(lines.Context, past.spark(n))
		return lines
	}
}

// ends are the kinds of signals about a container that does not run.
var ends = []string{"container_down", "container_missing"}

func isEnd(kind string) bool { return slices.Contains(ends, kind) }

// maxQuote is how much of a log a message shows, in characters.
const maxQuote = 1000

// logsOf returns the function that reads the end of a container's log. It masks the secrets of
// the settings, and values that look like secrets.
func logsOf(cfg *config.Config, facts *container.Facts) func(context.Context, string) []string {
	settings := config.Section[*container.Settings](cfg)
	if settings.LogLines == 0 || settings.Host == "" {
		return func(context.Context, string) []string { return nil }
	}
	logs := container.NewLogs(settings.Endpoint, settings.LogLines, facts)
	mask := newRedactor(nil, cfg.Secrets()).text
	return func(ctx context.Context, name string) []string {
		return quote(logs.Last(ctx, name), mask)
	}
}

// quote masks lines and keeps as many of the last ones as fit. If not even the last line fits,
// it keeps the beginning of that line.
func quote(lines []string, mask func(string) string) []string {
	room := maxQuote
	for i, line := range slices.Backward(lines) {
		line = mask(withoutSecrets(line))
		length := len([]rune(line))
		switch {
		case length <= room:
			lines[i] = line
			room -= length
		case i == len(lines)-1:
			return []string{string([]rune(line)[:maxQuote-1]) + "…"}
		default:
			return lines[i+1:]
		}
	}
	return lines
}

// secretInLog matches a value whose name looks like that of a secret: as key=value, in JSON, or
// as an HTTP header.
var secretInLog = regexp.MustCompile(`(?i)([\w.-]*(?:passw|passwd|pwd|token|secret|key|authorization|credential)[\w.-]*["']?\s*[:=]\s*)((?:bearer|basic|token)\s+\S+|"[^"]*"|'[^']*'|\S+)`)

// withoutSecrets masks values whose names look like those of secrets, and the user parts of
// URLs.
func withoutSecrets(line string) string {
	line = secretInLog.ReplaceAllString(line, "${1}"+secret.Mask)
	return secret.MaskUsers(line)
}
