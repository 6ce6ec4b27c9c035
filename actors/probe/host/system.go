package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// Thresholds are those of the whole system, in percent but for the load, which is in
// multiples of the number of cores.
type Thresholds struct {
	Memory, Load, PressureCPU, PressureMemory, PressureIO, Files Threshold
}

// DefaultThresholds are those of the contract, section 3.
var DefaultThresholds = Thresholds{
	Memory:         Threshold{Raise: 92, Clear: 88, RaiseCritical: 97},
	Load:           Threshold{Raise: 2, Clear: 1.8},
	PressureCPU:    Threshold{Raise: 60, Clear: 50},
	PressureMemory: Threshold{Raise: 10, Clear: 8},
	PressureIO:     Threshold{Raise: 60, Clear: 50},
	Files:          Threshold{Raise: 90, Clear: 85},
}

// System is the probe of what procfs says of the whole host.
type System struct {
	proc       string
	thresholds Thresholds
	levels     levels
	off        map[string]bool // readings that this host does not have
	oom        uint64          // of the reading before
	boot       string          // that oom belongs to; empty: there was none
}

// NewSystem makes the probe; proc is the host's procfs.
func NewSystem(proc string, t Thresholds) *System {
	return &System{proc: proc, thresholds: t, levels: make(levels), off: make(map[string]bool)}
}

// reading is one of the things that procfs tells.
type reading struct {
	name   string // of the signal, or its kind
	advice string // how to switch it on where it is missing
	read   func() ([]messages.Observation, error)
}

// Observe reads everything once. What is missing on this host is switched off with a
// note; what was there and fails is unknown.
func (s *System) Observe(context.Context) (probe.Reading, error) {
	host, err := procfs.NewFS(s.proc)
	if err != nil {
		return probe.Reading{}, fmt.Errorf("the host's procfs at %s: %w; mount it read-only and set WATCHDOG_HOST_PROC, or WATCHDOG_HOST_ENABLED=false", s.proc, err)
	}
	var r probe.Reading
	var failed []error
	for _, one := range s.readings(host) {
		if s.off[one.name] {
			continue
		}
		observations, err := one.read()
		switch {
		case err == nil:
			r.Observations = append(r.Observations, observations...)
		case isMissing(err):
			s.off[one.name] = true
			r.Notes = append(r.Notes, probe.Note{Event: "config_warning", Text: fmt.Sprintf("%s is not watched: %v; %s", one.name, err, one.advice)})
		default:
			failed = append(failed, fmt.Errorf("%s: %w", one.name, err))
		}
	}
	return r, errors.Join(failed...)
}

func (s *System) readings(host procfs.FS) []reading {
	const mount = "mount the host's /proc read-only at /host/proc"
	const psi = "pressure needs Linux 4.20 with CONFIG_PSI (some distributions want psi=1 on the kernel's command line)"
	return []reading{
		{"host_memory", mount, func() ([]messages.Observation, error) { return s.memory(host) }},
		{"host_load", mount, func() ([]messages.Observation, error) { return s.load(host) }},
		{"host_pressure:cpu", psi, func() ([]messages.Observation, error) { return s.pressure(host, "cpu", s.thresholds.PressureCPU) }},
		{"host_pressure:memory", psi, func() ([]messages.Observation, error) { return s.pressure(host, "memory", s.thresholds.PressureMemory) }},
		{"host_pressure:io", psi, func() ([]messages.Observation, error) { return s.pressure(host, "io", s.thresholds.PressureIO) }},
		{"host_oom", mount, s.oomKilled},
		{"host_fds", mount, s.files},
	}
}

// isMissing tells what this host does not have from what fails now.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported)
}

func (s *System) memory(host procfs.FS) ([]messages.Observation, error) {
	m, err := host.Meminfo()
	if err != nil {
		return nil, err
	}
	if m.MemTotalBytes == nil || m.MemAvailableBytes == nil || *m.MemTotalBytes == 0 {
		return nil, errors.New("meminfo has no MemTotal or MemAvailable")
	}
	total, available := float64(*m.MemTotalBytes), float64(*m.MemAvailableBytes)
	used := 100 * (1 - available/total)
	o := messages.Observation{
		Signal: "host_memory",
		Detail: fmt.Sprintf("%.1f %% of %s used, %s available", used, bytesText(total), bytesText(available)),
	}.WithValue(used)
	return []messages.Observation{s.levels.judge(o, s.thresholds.Memory, " %")}, nil
}

func (s *System) load(host procfs.FS) ([]messages.Observation, error) {
	avg, err := host.LoadAvg()
	if err != nil {
		return nil, err
	}
	n, err := cores(s.proc)
	if err != nil {
		return nil, err
	}
	o := messages.Observation{
		Signal: "host_load",
		Detail: fmt.Sprintf("15-minute load %.2f on %d cores (1 min %.2f, 5 min %.2f)", avg.Load15, n, avg.Load1, avg.Load5),
	}.WithValue(avg.Load15 / float64(n))
	return []messages.Observation{s.levels.judge(o, s.thresholds.Load, " × cores")}, nil
}

// pressure judges the share of time in which work waited for a resource: some of it
// for the processor and the disk, all of it (full) for memory.
func (s *System) pressure(host procfs.FS, resource string, t Threshold) ([]messages.Observation, error) {
	stats, err := host.PSIStatsForResource(resource)
	if err != nil {
		return nil, err
	}
	line, name := stats.Some, "some"
	if resource == "memory" {
		line, name = stats.Full, "full"
	}
	if line == nil {
		return nil, fmt.Errorf("pressure/%s has no line %q: %w", resource, name, errors.ErrUnsupported)
	}
	o := messages.Observation{
		Signal: messages.NewKey("host_pressure", resource),
		Detail: fmt.Sprintf("work waited for %s %.1f %% of the last minute (%s avg60; avg10 %.1f %%)", resource, line.Avg60, name, line.Avg10),
	}.WithValue(line.Avg60)
	return []messages.Observation{s.levels.judge(o, t, " %")}, nil
}

// oomKilled is a one-shot: an observation only when the kernel's counter rose.
func (s *System) oomKilled() ([]messages.Observation, error) {
	kills, err := oomKills(s.proc)
	if err != nil {
		return nil, err
	}
	boot := bootID(s.proc)
	before, sameBoot := s.oom, s.boot != "" && s.boot == boot
	s.oom, s.boot = kills, boot
	if !sameBoot || kills <= before {
		return nil, nil
	}
	o := messages.Observation{
		Signal: "host_oom", Level: messages.Warning,
		Detail: fmt.Sprintf("the kernel killed %d process(es) for memory: `dmesg -T | grep -i oom` on the host names them", kills-before),
	}
	return []messages.Observation{o.WithValue(float64(kills - before))}, nil
}

func (s *System) files() ([]messages.Observation, error) {
	open, limit, err := openFiles(s.proc)
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		return nil, errors.New("file-nr gives no limit")
	}
	used := 100 * float64(open) / float64(limit)
	o := messages.Observation{
		Signal: "host_fds", Detail: fmt.Sprintf("%d of %d files open", open, limit),
	}.WithValue(used)
	return []messages.Observation{s.levels.judge(o, s.thresholds.Files, " %")}, nil
}

// bytesText shows a number of bytes as people read it.
func bytesText(n float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 1024 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.1f TiB", n)
}
