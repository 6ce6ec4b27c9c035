package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// Options are the configuration of a Probe.
type Options struct {
	Settings
	Trust     *peer.Trust       // nil: the system's authorities
	Transport http.RoundTripper // nil: a real one
	Rules     []rule.Rule       // with unique names; each makes the signal orch_rule:NAME
	Interval  time.Duration     // between scrapes; a gap of 10 intervals clears windows; 0: 15 s
	Now       func() time.Time
	OnDate    func(source string, offset time.Duration) // as in dependency.Spec; may be nil
}

const (
	defaultInterval = 15 * time.Second
	gapIntervals    = 10 // a gap that is longer, in intervals, clears the windows of rules
)

// Probe scrapes the orchestrator's /metrics.
type Probe struct {
	Options
	client   *peer.Client // nil: unusable says why
	unusable error
	reader   *reader
	rules    []judged
	last     error     // error of the last scrape
	form     rule.Form // form of the last answer
	keep     bool      // whether to keep the last answer for Explain
	answer   answer
}

// judged is a rule with its memory. It is part of the Probe, so it survives a panic of the actor.
type judged struct {
	rule.Evaluator
	noted bool     // there was a note that the rule can't be judged
	off   []string // the fields that a default rule needs and the last answer lacks
}

// New creates the probe.
func New(o Options) *Probe {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	p := &Probe{Options: o, reader: newReader(o.AnyJSON)}
	p.client, p.unusable = newClient(o)
	rules := o.Rules
	if o.DefaultRules {
		rules = withDefaults(rules)
	}
	for _, r := range rules {
		p.rules = append(p.rules, judged{Evaluator: p.reader.Evaluator(r)})
	}
	return p
}

// Observe scrapes once. It masks our token in all texts, since the answer may repeat it.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	r, err := p.read(ctx)
	for i := range r.Observations {
		r.Observations[i].Detail = p.cleaned(r.Observations[i].Detail)
	}
	for i := range r.Notes {
		r.Notes[i].Text = p.cleaned(r.Notes[i].Text)
	}
	return r, err
}

func (p *Probe) read(ctx context.Context) (probe.Reading, error) {
	a, err := p.scrape(ctx)
	defer a.done()
	var e envelope
	if err == nil {
		p.compareClocks(a)
		if e, err = p.reader.read(a); err != nil {
			err = errors.New(p.cleaned(err.Error()))
		}
	}
	p.last, p.form = err, e.Form
	if p.keep {
		p.answer = a
	}
	if err != nil {
		level := messages.Critical
		if peer.IsLocal(err) {
			level = messages.Unknown
		}
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "orch_down", Level: level, Detail: "the orchestrator's /metrics: " + err.Error(),
		}}}, fmt.Errorf("scrape of the orchestrator: %w", err)
	}
	return p.judge(e, a.took), nil
}

// cleaned masks our credentials in text that may quote the answer.
func (p *Probe) cleaned(text string) string {
	if p.client == nil {
		return text
	}
	return p.client.Cleaner().Clean(text)
}

// judge returns the observations of an envelope.
func (p *Probe) judge(e envelope, took time.Duration) probe.Reading {
	r := probe.Reading{Observations: []messages.Observation{{
		Signal: "orch_down", Level: messages.OK, Detail: fmt.Sprintf("answers in %s", took.Round(time.Millisecond)),
	}}}
	if e.schema > knownSchema {
		r.Notes = append(r.Notes, probe.Note{Event: "schema_newer", Text: fmt.Sprintf(
			"the envelope's schema_version is %d and this watchdog knows %d: it reads what it knows; look for a newer watchdog", e.schema, knownSchema)})
	}
	now := p.Now()
	if o, ok := p.age(e, now); ok {
		r.Observations = append(r.Observations, o)
	} else {
		r.Off = append(r.Off, messages.Off{Signals: []string{string(o.Signal)}, Why: o.Detail})
	}
	for i := range p.rules {
		p.rules[i].observe(&r, e, now, gapIntervals*p.Interval)
	}
	r.Notes = append(r.Notes, p.missingFields()...)
	return r
}

// compareClocks reports the offset of the orchestrator's clock.
func (p *Probe) compareClocks(a answer) {
	if p.OnDate != nil && a.dated {
		p.OnDate(p.client.Host(), a.offset)
	}
}

// age observes orch_stale. It returns false, with a detail that says why, if the envelope has no
// generated_at.
func (p *Probe) age(e envelope, now time.Time) (messages.Observation, bool) {
	o := messages.Observation{Signal: "orch_stale", Level: messages.Unknown}.WithBound(p.Stale.Seconds(), "> "+p.Stale.String())
	if e.generatedAt.Absent() {
		o.Detail = "the envelope has no generated_at"
		return o, false
	}
	old := e.generatedAt.Age(now)
	seconds, ok := old.Number()
	if !ok {
		o.Detail = "the envelope's generated_at " + old.Why()
		return o, true
	}
	o = o.WithValue(seconds)
	o.Level, o.Detail = messages.OK, fmt.Sprintf("the envelope was generated %s ago", rule.Seconds(seconds))
	if p.Stale > 0 && seconds > p.Stale.Seconds() {
		o.Level = messages.Warning
		o.Detail += ": the orchestrator answers, but no longer updates it"
	}
	return o, true
}

// observe adds the observation of the rule. Default rules apply only to JSON with a
// schema_version. For another answer they are off, or unknown if they had a level before.
func (j *judged) observe(r *probe.Reading, e envelope, now time.Time, maxGap time.Duration) {
	j.off = nil
	if j.Preset && e.schema == 0 && !j.HadLevel() {
		r.Off = append(r.Off, messages.Off{Signals: []string{string(j.Key())}, Why: "the default rules are for the JSON envelope, and the answer has no schema_version"})
		return
	}
	o := j.Evaluate(e.Values, now, maxGap)
	r.Observations = append(r.Observations, o)
	if j.off = j.Missing(); len(j.off) == 0 && !j.noted && j.LacksValue() {
		j.noted = true
		r.Notes = append(r.Notes, probe.Note{Event: "config_warning", Of: j.Key(), Text: fmt.Sprintf("rule %q: %s", j.Name, o.Detail)})
	}
}
