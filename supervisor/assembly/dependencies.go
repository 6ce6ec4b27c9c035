package assembly

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"hash/fnv"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/actors/probe/witness"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

const (
	// maxPhase is the longest delay of a dependency's first check: people who start a watchdog
	// want to see results soon.
	maxPhase = 10 * time.Second
	// witnessDeadline is the deadline of all witnesses together.
	witnessDeadline = 5 * time.Second
)

func dependencyProbes(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	var parts []supervisor.ProbePart
	var errs []error
	for i := range c.Dependencies {
		d := &c.Dependencies[i]
		target, _ := d.Settings.(dependency.Target) // all kinds of dependencies implement Target
		p, err := dependency.New(dependency.Spec{
			Name: d.Name, Timeout: d.Timeout, Slow: d.Slow, Target: target, Now: shared.now, OnDate: shared.clockOffsets.Record,
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		interval := cmp.Or(d.Interval, c.Tick)
		parts = append(parts, supervisor.ProbePart{
			Name: "dep:" + d.Name, Probe: p, Interval: interval, Phase: phaseOf(d.Name, min(interval, maxPhase)), Deadline: d.Timeout, Spec: dependencySpec{d, sums(certificates(d.Settings)...)},
		})
	}
	return parts, errors.Join(errs...)
}

// dependencySpec is the Spec of a dependency's probe.
type dependencySpec struct {
	settings     *config.Dependency
	certificates [][sha256.Size]byte
}

// phaseOf returns the delay of a probe's first reading. It spreads many probes over their interval.
// It depends only on the name, so that a restart keeps it.
func phaseOf(name string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return time.Duration(h.Sum64() % uint64(max(1, interval)))
}

// clockProbe returns the probe that compares our clock with those of HTTP peers. It returns no probe
// if there are too few peers.
func clockProbe(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	peers := 0
	for _, d := range c.Dependencies {
		if _, speaksHTTP := d.Settings.(*dependency.HTTP); speaksHTTP {
			peers++
		}
	}
	if config.Section[*orchestrator.Settings](c).URL != "" {
		peers++
	}
	if !config.Section[*host.Settings](c).Enabled || peers < peerclock.MinSources {
		return nil, nil
	}
	options := peerclock.Options{Offsets: shared.clockOffsets}
	t := c.Thresholds["clock"]
	options.Raise, options.Clear = peerclock.Seconds(t.Raise), peerclock.Seconds(t.Clear)
	return []supervisor.ProbePart{{Name: "clock", Probe: peerclock.New(options), Deadline: hostDeadline, AfterOthers: true, Spec: []any{peers, t}}}, nil
}

func witnessProbe(c *config.Config, _ *Shared) ([]supervisor.ProbePart, error) {
	s := config.Section[*witness.Settings](c)
	if len(s.URLs) == 0 {
		return nil, nil
	}
	p, err := witness.New(witness.Options{Settings: *s, Timeout: witnessDeadline})
	if err != nil {
		return nil, err
	}
	return []supervisor.ProbePart{{Name: "witness", Witness: true, Probe: p, Deadline: witnessDeadline, Spec: s}}, nil
}
