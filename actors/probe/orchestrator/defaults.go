package orchestrator

import (
	"fmt"
	"strings"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
)

// defaultSpecs are the rules for the fields of schema 1. docs/envelope.md describes them and the
// reasons for their thresholds.
var defaultSpecs = []rule.Spec{
	{
		Name: "stuck", Field: "jobs.done_total", Of: "increase", Over: "30m", Raise: "== 0", While: "queue.depth > 0", Severity: "critical",
		Summary: "the orchestrator answers, but no job was finished while some wait: look at its workers and their logs",
	},
	{
		Name: "queue_not_falling", Field: "queue.depth", Of: "decrease", Over: "30m", Raise: "== 0", While: "queue.depth > 0",
		Summary: "the queue never got shorter: nobody takes jobs from it",
	},
	{
		Name: "oldest_job", Field: "queue.oldest_age_s", Raise: "> 15m", Clear: "< 10m", RaiseCritical: "> 1h",
		Summary: "the oldest job waits {value}",
	},
	{
		Name: "failures", Field: "jobs.failed_total", Of: "rate", Over: "15m", Raise: "> 0.1", Clear: "< 0.05",
		Summary: "jobs fail: {value}",
	},
	{
		Name: "worker_heartbeat", Field: "workers.oldest_heartbeat_at", Of: "age", Raise: "> 2m", RaiseCritical: "> 10m",
		Summary: "a worker has sent no heartbeat for {value}",
	},
	{
		Name: "restarted", Field: "uptime_s", Of: "decrease", Over: "15m", Raise: "> 0",
		Summary: "the orchestrator was restarted",
	},
}

// withDefaults adds the default rules. A rule with the name of a default rule replaces it.
func withDefaults(rules []rule.Rule) []rule.Rule {
	taken := make(map[string]bool, len(rules))
	for _, r := range rules {
		taken[r.Name] = true
	}
	all := rules[:len(rules):len(rules)]
	for _, s := range defaultSpecs {
		r, err := rule.Parse(s)
		if err != nil {
			panic(fmt.Sprintf("a default rule is wrong: %v", err)) // every test with default rules would fail
		}
		if r.Preset = true; !taken[r.Name] {
			all = append(all, r)
		}
	}
	return all
}

// missingFields returns the notes about default rules that are off since the answer lacks their
// fields. Every field is optional, so the note is a warning only if a rule had a level before.
func (p *Probe) missingFields() []probe.Note {
	never := probe.Note{Event: "signal_off", Normal: true}
	lost := probe.Note{Event: "config_warning"}
	for i := range p.rules {
		j, note := &p.rules[i], &never
		if j.HadLevel() {
			note = &lost
		}
		if len(j.off) > 0 {
			note.Off = append(note.Off, string(j.Key()))
			note.Text += fmt.Sprintf("%s (no %s), ", j.Key(), strings.Join(j.off, " and no "))
		}
	}
	var notes []probe.Note
	for _, note := range []probe.Note{never, lost} {
		if note.Text != "" {
			note.Text = strings.TrimSuffix(note.Text, ", ") + ": off, as the envelope lacks these fields of schema 1; " +
				"to switch them on, add the fields, or write rules for those that it has (docs/envelope.md)"
			notes = append(notes, note)
		}
	}
	return notes
}
