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

// Thresholds are the thresholds of the System probe, by their names in the YAML file. They are in
// percent, except for the load, which is in multiples of the number of cores.
type Thresholds map[string]messages.Threshold

var ofSystem = []field.Threshold{
	{Name: "memory", Unit: "%", Percent: true, Doc: "host_memory: used memory", Threshold: messages.LimitOf("host_memory")},
	{Name: "load", Unit: "× cores", Doc: "host_load: 15-minute load", Threshold: messages.LimitOf("host_load")},
	{Name: "pressure_cpu", Unit: "%", Percent: true, Doc: "host_pressure:cpu: PSI some avg60", Threshold: messages.LimitOf("host_pressure")},
	// The share of time in which all tasks wait, not only some.
	{Name: "pressure_memory", Unit: "%", Percent: true, Doc: "host_pressure:memory: PSI full avg60", Threshold: messages.Threshold{Raise: 10, Clear: 8}},
	{Name: "pressure_io", Unit: "%", Percent: true, Doc: "host_pressure:io: PSI some avg60", Threshold: messages.LimitOf("host_pressure")},
	{Name: "fds", Unit: "%", Percent: true, Doc: "host_fds: open files of file-max", Threshold: messages.LimitOf("host_fds")},
}

// Declared lists the thresholds in the settings, in the order of the signals.
var Declared = slices.Insert(slices.Clone(ofSystem), len(ofSystem)-1,
	field.Threshold{Name: "inodes", Unit: "%", Percent: true, Doc: "host_inodes: used inodes of each mount", Threshold: DefaultInodes})

// DefaultThresholds are the default thresholds of the System probe.
var DefaultThresholds = ThresholdsOf(nil)

// ThresholdsOf returns the thresholds of the System probe, from all if set there, else the default.
func ThresholdsOf(all map[string]messages.Threshold) Thresholds {
	picked := make(Thresholds, len(ofSystem))
	for _, d := range ofSystem {
		picked[d.Name] = d.Threshold
		if t, set := all[d.Name]; set {
			picked[d.Name] = t
		}
	}
	return picked
}

// System is the probe of the whole host, which reads procfs.
type System struct {
	proc   string
	gauges []gauge
	levels levels // of each signal that has had a value
	oom    oomCounter
	raid   raid
}

// NewSystem creates the probe. proc is the path of the host's procfs.
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
		observation, err := g.value(host)
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

// without handles a missing procfs. It is an error if it could be read before, and otherwise a note
// about the setting.
func (s *System) without(err error) (probe.Reading, error) {
	if len(s.levels) > 0 {
		return probe.Reading{}, fmt.Errorf("the host's procfs at %s: %w", s.proc, err)
	}
	return probe.Reading{Notes: []probe.Note{
		off("host_memory, host_load, host_pressure, host_oom, host_raid and host_fds", err, mountProc+" and set WATCHDOG_HOST_PROC to where it is",
			"host_memory", "host_load", "host_pressure", "host_oom", "host_raid", "host_fds"),
	}}, nil
}

// off returns the note that signals are off, why, and how to switch them on. Callers name the kind,
// so that several instances that lack the same thing share a note.
func off(what string, err error, advice string, signals ...string) probe.Note {
	return probe.Note{Event: "config_warning", Text: fmt.Sprintf("%s: off, as %v; to switch it on, %s", what, err, advice), Off: signals}
}

func appendNew(notes []probe.Note, n probe.Note) []probe.Note {
	if slices.ContainsFunc(notes, func(known probe.Note) bool { return known.Text == n.Text }) {
		return notes
	}
	return append(notes, n)
}
