package assembly

import (
	"cmp"
	"errors"
	"os"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// The deadlines of readings that have no setting.
const (
	dockerDeadline = 10 * time.Second
	hostDeadline   = 5 * time.Second
	dockerConfirm  = 700 * time.Millisecond // while a container's signal is pending
)

// Probes makes the probes of a configuration. A new probe is one more row here.
func Probes(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	var parts []supervisor.ProbePart
	var errs []error
	for _, row := range []func(*config.Config, *Shared) ([]supervisor.ProbePart, error){
		orchestratorProbe, containerProbe, hostProbes, dependencyProbes, clockProbe, witnessProbe,
	} {
		more, err := row(c, shared)
		parts, errs = append(parts, more...), append(errs, err)
	}
	for i := range parts {
		p := &parts[i]
		p.Interval = cmp.Or(p.Interval, c.Tick)
		p.Confirm = cmp.Or(p.Confirm, min(cmp.Or(c.ConfirmInterval, c.Tick), p.Interval))
	}
	return parts, errors.Join(errs...)
}

func orchestratorProbe(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	o := config.Section[*orchestrator.Settings](c)
	if o.URL == "" {
		return nil, nil
	}
	var rules []rule.Rule
	for _, r := range c.Rules {
		if r, is := r.(*rule.Rule); is {
			rules = append(rules, *r)
		}
	}
	trust, err := peer.LoadTLS(o.TLS)
	if err != nil {
		return nil, c.Problem("orchestrator", err)
	}
	spec := *o
	spec.DownTicks, spec.Container = 0, "" // only the core and the messages use them
	return []supervisor.ProbePart{{
		Name: "orchestrator", Deadline: o.Timeout, Spec: []any{spec, c.Rules, sums(o.TLS.Files()...)},
		Probe: orchestrator.New(orchestrator.Options{
			Settings: *o, Trust: trust, Rules: rules, Interval: c.Tick, Now: shared.now, OnDate: shared.clockOffsets.Record,
		}),
	}}, nil
}

func containerProbe(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	d := config.Section[*container.Settings](c)
	if d.Host == "" {
		return nil, nil
	}
	stream := container.NewStream()
	p, err := container.New(container.Options{
		Settings: *d, Self: container.Self(), Interval: c.Tick, Stream: stream, Facts: shared.facts, Now: shared.now,
	})
	if err != nil {
		return nil, err
	}
	confirm := cmp.Or(c.ConfirmInterval, min(dockerConfirm, c.Tick))
	return []supervisor.ProbePart{{
		Name: "docker", Deadline: dockerDeadline, Confirm: confirm, Spec: []any{d, sums(d.TLS.Files()...)}, Probe: p, Wake: stream.Wake(),
		Services: func(log *zap.Logger) []supervisor.Service {
			return []supervisor.Service{container.NewWatcher(container.WatcherOptions{
				Endpoint: d.Endpoint, Stream: stream, Changed: shared.Changed, Now: shared.now, Log: log.With(zap.String("actor", "watcher:docker")),
			})}
		},
	}}, nil
}

func hostProbes(c *config.Config, shared *Shared) ([]supervisor.ProbePart, error) {
	h := config.Section[*host.Settings](c)
	if !h.Enabled {
		return nil, nil
	}
	proc, levels := ProcPath(c), host.ThresholdsOf(c.Thresholds)
	parts := []supervisor.ProbePart{{
		Name: "host", Deadline: hostDeadline, Spec: []any{proc, levels}, Probe: host.NewSystem(proc, levels),
	}}
	ceiling := 0.0
	if h.CeilingEnabled {
		ceiling = h.CeilingPct
	}
	for _, m := range h.Mounts {
		options := host.MountOptions{
			Label: m.Label, Path: m.Path, Default: !c.IsSet(host.MountsVariable), Proc: proc,
			Inodes: c.Thresholds["inodes"], Ceiling: ceiling, ETA: h.ETAEnabled,
		}
		spec := options
		options.Now = shared.now
		parts = append(parts, supervisor.ProbePart{Name: "mount:" + m.Label, Deadline: hostDeadline, Spec: spec, Probe: host.NewMount(options)})
	}
	return parts, nil
}

// ProcPath returns the path of the host's procfs: the setting, else /host/proc if it is mounted, else
// /proc.
func ProcPath(c *config.Config) string {
	if set := config.Section[*host.Settings](c).Proc; set != "" {
		return set
	}
	const mounted = "/host/proc"
	if _, err := os.Stat(mounted + "/meminfo"); err == nil {
		return mounted
	}
	return "/proc"
}
