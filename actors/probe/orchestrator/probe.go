package orchestrator

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// Options are what a Probe is made of.
type Options struct {
	URL      string
	Timeout  time.Duration // of one scrape, dial to last byte
	Stale    time.Duration // orch_stale when generated_at is older; 0: never
	Token    secret.Text   // bearer token
	MaxBytes int64         // of an answer
	AnyJSON  bool          // take JSON without a schema_version
	Now      func() time.Time
	// OnDate is told by how much the Date header is ahead of our clock; it may be nil.
	OnDate func(source string, offset time.Duration)
}

// Probe reads the orchestrator's /metrics.
type Probe struct {
	Options
	client *http.Client
	stale  bool // the envelope had a generated_at once: orch_stale is a signal
}

// New makes the probe.
func New(o Options) *Probe { return &Probe{Options: o, client: newClient()} }

// Observe scrapes once.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	a, err := p.scrape(ctx)
	var e envelope
	if err == nil {
		p.tellDate(a)
		e, err = parse(a, p.AnyJSON)
	}
	if err != nil {
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "orch_down", Level: messages.Critical, Detail: "the orchestrator's /metrics: " + err.Error(),
		}}}, fmt.Errorf("scrape of the orchestrator: %w", err)
	}
	r := probe.Reading{Observations: []messages.Observation{{
		Signal: "orch_down", Level: messages.OK, Detail: fmt.Sprintf("answers in %s", a.took.Round(time.Millisecond)),
	}}}
	if e.schema > knownSchema {
		r.Notes = append(r.Notes, probe.Note{Event: "schema_newer", Text: fmt.Sprintf(
			"the envelope's schema_version is %d and this watchdog knows %d: it reads what it knows; look for a newer watchdog", e.schema, knownSchema)})
	}
	if o, ok := p.age(e); ok {
		r.Observations = append(r.Observations, o)
	}
	return r, nil
}

func (p *Probe) tellDate(a answer) {
	if p.OnDate != nil && !a.date.IsZero() {
		p.OnDate("orchestrator", a.date.Sub(p.Now()))
	}
}

// age judges generated_at, once the envelope has been seen with one.
func (p *Probe) age(e envelope) (messages.Observation, bool) {
	o := messages.Observation{Signal: "orch_stale", Threshold: "> " + p.Stale.String()}
	if e.generatedAt.IsZero() {
		o.Level, o.Detail = messages.Unknown, "the envelope has no generated_at any more"
		return o, p.stale
	}
	p.stale = true
	age := max(0, p.Now().Sub(e.generatedAt))
	o = o.WithValue(age.Seconds())
	o.Detail = fmt.Sprintf("the envelope was generated %s ago", age.Round(time.Second))
	if p.Stale > 0 && age > p.Stale {
		o.Level = messages.Warning
		o.Detail += ": the orchestrator answers, but nothing moves in it"
	}
	return o, true
}
