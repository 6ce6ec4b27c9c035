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

// Options are what a Probe is made of.
type Options struct {
	Settings
	Trust     *peer.Trust       // how its certificate is verified; nil: by the system's authorities
	Transport http.RoundTripper // nil: a real one
	Rules     []rule.Rule       // in order, each of another name; it makes the signal orch_rule:NAME
	Interval  time.Duration     // between scrapes; what looks back starts anew after a gap of 10; 0: 15 s
	Now       func() time.Time
	OnDate    func(source string, offset time.Duration) // how far the clock of its Date header is ahead; may be nil
}

const (
	defaultInterval = 15 * time.Second
	gapIntervals    = 10 // without an answer: what looks back starts anew
)

// Probe reads the orchestrator's /metrics.
type Probe struct {
	Options
	client   *peer.Client // nil: unusable says why
	unusable error
	reader   *reader
	rules    []judged
	last     error     // why the last scrape failed
	form     rule.Form // of the last answer
	keep     bool      // the last answer, for explain
	answer   answer
}

// judged is a rule with what it remembers. It lives in the Probe and so survives a panic of
// its actor.
type judged struct {
	rule.Watched
	noted bool     // an operator was told that it can't be judged
	off   []string // of a default rule: the fields that it needs and the last answer does not have
}

// New makes the probe.
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
		p.rules = append(p.rules, judged{Watched: p.reader.Watch(r)})
	}
	return p
}

// Observe scrapes once. Whatever of the answer is shown, it holds nothing of our token.
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
		if peer.Ours(err) {
			level = messages.Unknown
		}
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "orch_down", Level: level, Detail: "the orchestrator's /metrics: " + err.Error(),
		}}}, fmt.Errorf("scrape of the orchestrator: %w", err)
	}
	return p.judge(e, a.took), nil
}

// cleaned masks our credentials in text that may hold something of the answer.
func (p *Probe) cleaned(text string) string {
	if p.client == nil {
		return text
	}
	return p.client.Cleaner().Clean(text)
}

// judge says what an envelope means for each signal.
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

// compareClocks tells how far the orchestrator's clock is ahead of ours.
func (p *Probe) compareClocks(a answer) {
	if p.OnDate != nil && a.dated {
		p.OnDate(p.client.Host(), a.offset)
	}
}

// age judges generated_at. Where there is none, ok is false and the detail says so.
func (p *Probe) age(e envelope, now time.Time) (messages.Observation, bool) {
	o := messages.Observation{Signal: "orch_stale", Level: messages.Unknown}.Against(p.Stale.Seconds(), "> "+p.Stale.String())
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
		o.Detail += ": the orchestrator answers, but nothing moves in it"
	}
	return o, true
}

// observe adds what the rule says of the answer. A default rule is for JSON of a schema: it is
// off in another form, and once it was judged it stays a signal, without data.
func (j *judged) observe(r *probe.Reading, e envelope, now time.Time, maxGap time.Duration) {
	j.off = nil
	if j.Preset && e.schema == 0 && !j.Known() {
		r.Off = append(r.Off, messages.Off{Signals: []string{string(j.Key())}, Why: "the default rules are for the JSON envelope, and the answer has no schema_version"})
		return
	}
	o := j.Judge(e.Values, now, maxGap)
	r.Observations = append(r.Observations, o)
	if j.off = j.Missing(); len(j.off) == 0 && !j.noted && j.Unusable() {
		j.noted = true
		r.Notes = append(r.Notes, probe.Note{Event: "config_warning", Of: j.Key(), Text: fmt.Sprintf("rule %q: %s", j.Name, o.Detail)})
	}
}
