package supervisor

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/messages"
)

// lastReports remembers the last report of each probe, for the status.
type lastReports struct {
	mu     sync.Mutex
	probes map[string]reported
}

type reported struct {
	at  time.Time // zero: no report yet
	err string
}

func (l *lastReports) expect(probe string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.probes[probe] = reported{}
}

func (l *lastReports) forget(probe string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.probes, probe)
}

func (l *lastReports) note(r messages.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, expected := l.probes[r.Probe]; expected {
		l.probes[r.Probe] = reported{r.At, r.Err}
	}
}

func (l *lastReports) status() []ops.Probe {
	l.mu.Lock()
	defer l.mu.Unlock()
	probes := make([]ops.Probe, 0, len(l.probes))
	for name, r := range l.probes {
		p := ops.Probe{Name: name, State: "ok", LastReport: orNull(r.at), LastError: r.err}
		switch {
		case r.at.IsZero():
			p.State = "starting"
		case r.err != "":
			p.State = "failing"
		}
		probes = append(probes, p)
	}
	slices.SortFunc(probes, func(a, b ops.Probe) int { return cmp.Compare(a.Name, b.Name) })
	return probes
}

// Identity holds the status fields about the program itself.
type Identity struct{ Version, Host string }

// source is the ops.Source of a tree.
type source struct {
	tree     *Tree
	identity Identity
	started  time.Time
}

// Source returns the data for the watchdog's own endpoints.
func (t *Tree) Source(id Identity) ops.Source { return &source{t, id, t.parts.Now()} }

// Health implements ops.Source.
func (s *source) Health() []string { return s.tree.liveness.silent() }

// Ready implements ops.Source.
func (s *source) Ready() bool {
	for _, p := range s.tree.lastReports.status() {
		if p.LastReport == nil {
			return false
		}
	}
	return s.tree.running.Load()
}

// Status implements ops.Source.
func (s *source) Status() ops.Status {
	state := s.tree.State()
	status := ops.Status{
		Version: s.identity.Version, Host: s.identity.Host, StartedAt: s.started.UTC(), Now: s.tree.parts.Now().UTC(),
		Signals: []ops.Signal{}, Silences: []ops.Silence{}, Probes: s.tree.lastReports.status(), Channels: []ops.Channel{},
	}
	for _, v := range state.Signals() {
		sig := ops.Signal{Key: v.Key, Level: v.Level, Announced: v.Announced, Since: orNull(v.Since), Detail: v.Detail, SilencedBy: []string{}}
		if a := v.Acknowledged; !a.IsZero() {
			sig.Acknowledged = &ops.Acknowledged{By: a.By, At: a.At}
		}
		sig.SilencedBy = append(sig.SilencedBy, v.SilencedBy...)
		if v.Valued {
			sig.Value = &v.Value
		}
		status.Signals = append(status.Signals, sig)
	}
	for _, v := range state.Silences() {
		status.Silences = append(status.Silences, ops.Silence{ID: v.ID, Signals: v.Signals, Until: v.Until, By: v.By, Reason: v.Reason})
	}
	for _, ch := range state.Channels() {
		status.Channels = append(status.Channels, ops.Channel{Name: ch.Name, Pending: ch.Pending, LastOK: orNull(ch.LastOK), LastError: ch.LastError})
	}
	return status
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
