package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
)

// Thresholds are those of the whole system, in percent but for the load, which is in
// multiples of the number of cores.
type Thresholds struct {
	Memory, Load, PressureCPU, PressureMemory, PressureIO, Files messages.Threshold
}

// DefaultThresholds are those of the contract, section 3, in the table of signals.
var DefaultThresholds = Thresholds{
	Memory:         messages.LimitOf("host_memory"),
	Load:           messages.LimitOf("host_load"),
	PressureCPU:    messages.LimitOf("host_pressure"),
	PressureMemory: messages.Threshold{Raise: 10, Clear: 8}, // of the tasks that all wait, not of some
	PressureIO:     messages.LimitOf("host_pressure"),
	Files:          messages.LimitOf("host_fds"),
}

// declared lists the thresholds by what the file calls them.
var declared = []struct {
	name, unit, doc string
	of              func(*Thresholds) *messages.Threshold
}{
	{"memory", "%", "host_memory: used memory", func(t *Thresholds) *messages.Threshold { return &t.Memory }},
	{"load", "× cores", "host_load: 15-minute load", func(t *Thresholds) *messages.Threshold { return &t.Load }},
	{"pressure_cpu", "%", "host_pressure:cpu: PSI some avg60", func(t *Thresholds) *messages.Threshold { return &t.PressureCPU }},
	{"pressure_memory", "%", "host_pressure:memory: PSI full avg60", func(t *Thresholds) *messages.Threshold { return &t.PressureMemory }},
	{"pressure_io", "%", "host_pressure:io: PSI some avg60", func(t *Thresholds) *messages.Threshold { return &t.PressureIO }},
	{"fds", "%", "host_fds: open files of file-max", func(t *Thresholds) *messages.Threshold { return &t.Files }},
}

// Declared lists the thresholds that the file can set, with their defaults, in the order of the
// signals.
func Declared() []field.Threshold {
	var all []field.Threshold
	for _, d := range declared {
		all = append(all, declaration(d.name, d.unit, d.doc, *d.of(&DefaultThresholds)))
	}
	return slices.Insert(all, len(all)-1, declaration("inodes", "%", "host_inodes: used inodes of each mount", DefaultInodes))
}

func declaration(name, unit, doc string, t messages.Threshold) field.Threshold {
	return field.Threshold{Name: name, Unit: unit, Doc: doc, Percent: unit == "%", Threshold: t}
}

// ThresholdsOf gives the thresholds by their names in the file.
func ThresholdsOf(named map[string]messages.Threshold) (t Thresholds) {
	for _, d := range declared {
		*d.of(&t) = named[d.name]
	}
	return t
}

// System is the probe of what procfs says of the whole host.
type System struct {
	proc   string
	gauges []gauge
	levels levels // of each signal that could be read once
	oom    oomCounter
	raid   raid
}

// NewSystem makes the probe; proc is the host's procfs.
func NewSystem(proc string, t Thresholds) *System {
	return &System{proc: proc, gauges: newGauges(proc, t), levels: make(levels), oom: oomCounter{proc: proc}, raid: raid{proc: proc}}
}

// Observe reads everything once.
func (s *System) Observe(ctx context.Context) (probe.Reading, error) {
	host, err := procfs.NewFS(s.proc)
	if err != nil {
		return s.without(err)
	}
	var r probe.Reading
	var failed []error
	for _, g := range s.gauges {
		if ctx.Err() != nil {
			return r, fmt.Errorf("reading %s: %w", s.proc, ctx.Err())
		}
		observation, err := g.read(host)
		switch _, known := s.levels[g.signal]; {
		case err == nil:
			r.Observations = append(r.Observations, s.judge(g, observation))
		case known:
			failed = append(failed, fmt.Errorf("%s: %w", g.signal, err))
		default:
			r.Notes = appendNew(r.Notes, off(g.signal.Kind(), err, g.advice, g.signal.Kind()))
		}
	}
	killed, happened, err := s.oom.observe()
	switch {
	case err != nil:
		r.Notes = append(r.Notes, off("host_oom", err, mountProc+"; the count came with Linux 4.13", "host_oom"))
	case happened:
		r.Observations = append(r.Observations, killed)
	}
	if err := s.raid.observe(&r); err != nil {
		failed = append(failed, err)
	}
	return r, errors.Join(failed...)
}

func (s *System) judge(g gauge, o messages.Observation) messages.Observation {
	o.Signal = g.signal
	o = s.levels.judge(o, g.threshold, g.unit)
	if o.Level > messages.OK && g.look != "" {
		o.Detail += "; " + g.look
	}
	return o
}

// without says that there is no procfs: a setting to fix where there never was one,
// and lost data where there was.
func (s *System) without(err error) (probe.Reading, error) {
	if len(s.levels) > 0 {
		return probe.Reading{}, fmt.Errorf("the host's procfs at %s: %w", s.proc, err)
	}
	return probe.Reading{Notes: []probe.Note{
		off("host_memory, host_load, host_pressure, host_oom, host_raid and host_fds", err, mountProc+" and set WATCHDOG_HOST_PROC to where it is",
			"host_memory", "host_load", "host_pressure", "host_oom", "host_raid", "host_fds"),
	}}, nil
}

// off notes that something can't be read, which signals are off for that, why, and how to
// switch them on. By kind, three instances that lack the same thing say so once.
func off(what string, err error, advice string, signals ...string) probe.Note {
	return probe.Note{Event: "config_warning", Text: fmt.Sprintf("%s: off, as %v; to switch it on, %s", what, err, advice), Off: signals}
}

func appendNew(notes []probe.Note, n probe.Note) []probe.Note {
	if slices.ContainsFunc(notes, func(known probe.Note) bool { return known.Text == n.Text }) {
		return notes
	}
	return append(notes, n)
}
