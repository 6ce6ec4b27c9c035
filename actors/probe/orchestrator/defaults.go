package orchestrator

import (
	"fmt"
	"strings"

	"orchestrator-watchdog/actors/probe"
)

// defaultSpecs are the rules for the fields of schema 1. docs/envelope.md describes
// them, and says why each threshold is what it is.
var defaultSpecs = []RuleSpec{
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
		Summary: "a worker has said nothing for {value}",
	},
	{
		Name: "restarted", Field: "uptime_s", Of: "decrease", Over: "15m", Raise: "> 0",
		Summary: "the orchestrator was restarted",
	},
}

// withDefaults adds the default rules whose names are not taken: a rule of the same
// name replaces a default one.
func withDefaults(rules []Rule) []Rule {
	taken := make(map[string]bool, len(rules))
	for _, r := range rules {
		taken[r.name] = true
	}
	all := rules[:len(rules):len(rules)]
	for _, s := range defaultSpecs {
		r, err := ParseRule(s)
		if err != nil {
			panic(fmt.Sprintf("a default rule is wrong: %v", err)) // a test reads them all
		}
		if r.preset = true; !taken[r.name] {
			all = append(all, r)
		}
	}
	return all
}

// missing lists the fields that a default rule needs and the answer does not have.
func (r *Rule) missing(d verdict) []string {
	var fields []string
	if r.preset && d.field.missing() {
		fields = append(fields, r.field.text)
	}
	if r.preset && r.while != nil && d.guard.missing() && r.while.field.text != r.field.text {
		fields = append(fields, r.while.field.text)
	}
	return fields
}

// missingFields notes which default rules are off as the answer lacks their fields. Every
// field may be left out, so that it is a warning only of a rule that was judged before.
func (p *Probe) missingFields() []probe.Note {
	never := probe.Note{Event: "signal_off", Normal: true}
	lost := probe.Note{Event: "config_warning"}
	for i := range p.rules {
		j, note := &p.rules[i], &never
		if j.memory.known {
			note = &lost
		}
		if len(j.off) > 0 {
			note.Off = append(note.Off, string(j.key()))
			note.Text += fmt.Sprintf("%s (no %s), ", j.key(), strings.Join(j.off, " and no "))
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
