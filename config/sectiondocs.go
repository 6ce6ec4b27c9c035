package config

import (
	"strings"

	"orchestrator-watchdog/config/field"
)

// keyDoc describes one key of a section.
type keyDoc struct{ key, preset, doc string }

// sectionDoc describes a list or mapping of the file.
type sectionDoc struct {
	path    string
	doc     string
	example string
	keys    []keyDoc
}

// sectionDocs lists the sections; a test checks that every key is read.
func sectionDocs(kinds Kinds) []sectionDoc {
	return []sectionDoc{
		{
			path: "orchestrator.rules[]", doc: "rules over the envelope: the signals orch_rule:NAME", keys: ruleDocs(kinds),
		},
		{path: "host", doc: "thresholds, each with raise, clear and raise_critical (0: never)", keys: thresholdDocs(kinds)},
		{
			path: "dependencies[]", doc: "what the orchestrator needs: signals dep_down:NAME, dep_slow:NAME if slow is set, dep_cert:NAME if TLS is used",
			example: dependenciesExample(kinds), keys: dependencyDocs(kinds),
		},
		{
			path: "signals", doc: "policy by key glob; later entries win, part by part",
			example: `signals:
  "dep_*": {raise_ticks: 3, clear_ticks: 2, cooldown: 30m, severity: critical}
  "container_unhealthy:flaky": {enabled: false}
  "dep_down:api": {inhibited_by: ["dep_down:gateway"]}
  "dep_slow:*": {inhibited_by: ["dep_down:{instance}"], flapping: {changes: 10, within: 30m}}
`,
			keys: []keyDoc{
				{"enabled", "true", "false: the signal is neither judged nor shown"},
				{"mute", "false", "true: the signal is judged and shown, but never told"},
				{"raise_ticks", "raise_ticks", "consecutive observations that raise the signal"},
				{"clear_ticks", "clear_ticks", "consecutive observations that clear the signal"},
				{"cooldown", "cooldown", "time between reminders; 0: none"},
				{"severity", "as observed", "warning or critical"},
				{"inhibited_by", "", "keys or globs of signals that hold its news back while they are up; {instance} is the signal's own"},
				{"flapping", "{changes: 6, within: 1h, settle: 10m}", "when the signal changes too often, and when that is over; changes: 0: never"},
			},
		},
		{
			path: "maintenance[]", doc: "windows in which nothing is told; what is still true afterwards is told once",
			example: `maintenance:
  - {signals: "dep_*:gitea", start: "02:00", for: 30m, days: [sun], zone: Europe/Berlin}
`,
			keys: []keyDoc{
				{"signals", "", "key glob"},
				{"start", "", "time of day, as 02:00"},
				{"for", "", "how long; at most 7d"},
				{"days", "every day", "mon, tue, wed, thu, fri, sat, sun"},
				{"zone", "UTC", "as Europe/Berlin"},
			},
		},
		{
			path: "channels[]", doc: "further channels, in addition to those of the variables; and routes: what each channel is told, and when",
			example: channelsExample(kinds), keys: channelDocs(kinds),
		},
	}
}

func ruleDocs(kinds Kinds) []keyDoc {
	var all []keyDoc
	for _, f := range kinds.Rule.New().Fields() {
		all = append(all, keyDoc{f.Name, f.Preset, f.Doc})
	}
	return all
}

func thresholdDocs(kinds Kinds) []keyDoc {
	var all []keyDoc
	for _, t := range kinds.Thresholds {
		all = append(all, keyDoc{t.Name, thresholdShown(t.Threshold, t.Unit), t.Doc})
	}
	return all
}

func dependencyDocs(kinds Kinds) []keyDoc {
	all := []keyDoc{
		{"name", "", "name in the signals; unique, without spaces"},
		{"timeout", defaultTimeout.String(), "of one check, for all its steps together"},
		{"interval", "tick", "time between two checks"},
		{"slow", "", "dep_slow if a check takes longer"},
	}
	for _, kind := range kinds.Dependencies {
		all = append(all, keyDoc{kind.Name, "", kind.Keys})
	}
	return all
}

func channelDocs(kinds Kinds) []keyDoc {
	all := []keyDoc{
		{"name", "", "name of the channel; unique, without spaces. Without a kind: the name of an existing channel (telegram, telegram:2, alertmanager:…, log)"},
	}
	for _, kind := range kinds.Channels {
		all = append(all, keyDoc{kind.Name, "", kind.Keys})
	}
	return append(all, []keyDoc{
		{"signals", "all", "key globs: the signals that the channel is told of"},
		{"min_severity", "any", "warning or critical: news of a lower level is not told; RECOVERED goes where the trouble was told"},
		{"after", "", "escalation: the channel is told of a trouble that is still up, and not acknowledged, this long after it was announced"},
		{"fallback_for", "", "name of another channel: this one is told only what that channel can't deliver"},
		{"quiet", "", "start, for, days, zone, as in maintenance: news that does not ring waits for the end"},
	}...)
}

func channelsExample(kinds Kinds) string {
	routes := []string{
		`{name: telegram, min_severity: warning} # no kind: the route of an existing channel`,
		`{name: log, signals: ["*"], quiet: {start: "22:00", for: 9h, days: [sun], zone: Europe/Berlin}}`,
	}
	var b strings.Builder
	for line := range strings.Lines(examples("channels", kinds.Channels, routes...)) {
		b.WriteString("#" + line) // commented out, so that the example tells nobody
	}
	return b.String()
}

func dependenciesExample(kinds Kinds) string { return examples("dependencies", kinds.Dependencies) }

// examples returns a section with the examples of all kinds, and further items.
func examples(section string, kinds []field.Kind, further ...string) string {
	var b strings.Builder
	b.WriteString(section + ":\n")
	for _, kind := range kinds {
		for _, item := range kind.Examples {
			b.WriteString("  - " + item + "\n")
		}
	}
	for _, item := range further {
		b.WriteString("  - " + item + "\n")
	}
	return b.String()
}
