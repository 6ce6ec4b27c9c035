package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor/assembly"
)

// contextOf gives what a person would look up next about a signal: what is known of its
// container, what changed before it, how its value went, and the end of its log.
func contextOf(cfg *config.Config, past past, before *changes.Store, shared *assembly.Shared) func(context.Context, messages.Notification) notifier.Lines {
	facts, zone := shared.Facts(), cfg.Zone
	logs := logsOf(cfg, facts)
	return func(ctx context.Context, n messages.Notification) notifier.Lines {
		var lines notifier.Lines
		news := n.News == messages.Alert || n.News == messages.Event
		switch {
		case strings.HasPrefix(n.Signal.Kind(), "container_"):
			if isEnd(n.Signal.Kind()) && n.Signal.Instance() == facts.Behind(shared.Orchestrator()) {
				lines.Kin = []notifier.Kin{{Signal: "orch_down", Line: "the same container as in orch_down: the orchestrator runs in it"}}
			}
			lines.Context = facts.Lines(n.Signal.Instance(), zone)
			if news {
				lines.Quote = logs(ctx, n.Signal.Instance())
			}
		case n.Signal == "orch_down":
			name := facts.Behind(shared.Orchestrator())
			if state := facts.State(name, zone); state != "" {
				lines.Context = []string{state}
			}
			for _, kind := range ends {
				key := messages.NewKey(kind, name)
				lines.Kin = append(lines.Kin, notifier.Kin{Signal: key, Line: fmt.Sprintf("the same container as in %s", key)})
			}
		}
		if news {
			lines.Context = append(lines.Context, before.Before(n.Since, zone)...)
		}
		lines.Context = slices.Concat(lines.Context, past.spark(n))
		return lines
	}
}

// ends are the kinds of signals that say that a container does not run.
var ends = []string{"container_down", "container_missing"}

func isEnd(kind string) bool { return slices.Contains(ends, kind) }

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
		return quote(logs.Last(ctx, name), mask)
	}
}

// quote masks lines and keeps as many of the last as there is room for, or the beginning of
// the last alone.
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

// secretInLog is a value of what looks like a secret by its name, as key=value, as in JSON, or
// as a header of HTTP.
var secretInLog = regexp.MustCompile(`(?i)([\w.-]*(?:passw|passwd|pwd|token|secret|key|authorization|credential)[\w.-]*["']?\s*[:=]\s*)((?:bearer|basic|token)\s+\S+|"[^"]*"|'[^']*'|\S+)`)

// withoutSecrets masks the values in a line that look like secrets by their names, and the
// user parts of URLs.
func withoutSecrets(line string) string {
	line = secretInLog.ReplaceAllString(line, "${1}"+secret.Mask)
	return secret.MaskUsers(line)
}
