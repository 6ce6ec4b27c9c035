package host

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/messages"
)

// gauge is a signal that compares a number from procfs with a threshold.
type gauge struct {
	signal    messages.Key
	threshold messages.Threshold
	unit      string // of the threshold
	advice    string // how to switch the signal on if its source is missing
	look      string // where to look while it is not ok
	// read returns an observation with only its value and detail.
	read func(host procfs.FS) (messages.Observation, error)
}

const (
	mountProc = "mount the host's /proc read-only (-v /proc:/host/proc:ro), readable for our user"
	enablePSI = "boot a kernel with CONFIG_PSI (Linux 4.20), where it is off by default with psi=1"
)

func newGauges(proc string, t Thresholds) []gauge {
	return []gauge{
		{"host_memory", t["memory"], " %", mountProc, "the largest: ps aux --sort=-rss on the host",
			func(host procfs.FS) (messages.Observation, error) { return readMemory(host, proc) }},
		{"host_load", t["load"], " × cores", mountProc, "top shows what uses the CPU, ps -eo stat,cmd what waits for a disk (D)",
			func(host procfs.FS) (messages.Observation, error) { return readLoad(host, proc) }},
		{"host_pressure:cpu", t["pressure_cpu"], " %", enablePSI, "", pressureOf("cpu")},
		{"host_pressure:memory", t["pressure_memory"], " %", enablePSI, "", pressureOf("memory")},
		{"host_pressure:io", t["pressure_io"], " %", enablePSI, "", pressureOf("io")},
		{"host_fds", t["fds"], " %", mountProc, "lsof on the host finds the process that leaks them; fs.file-max is the limit",
			func(procfs.FS) (messages.Observation, error) { return readOpenFiles(proc) }},
	}
}

// value reads the gauge. NaN is an error, since it can't be compared with a threshold.
func (g gauge) value(host procfs.FS) (messages.Observation, error) {
	o, err := g.read(host)
	if err == nil && math.IsNaN(o.Value) {
		return o, fmt.Errorf("its value is not a number: %s", o.Detail)
	}
	return o, err
}

// readMemory reads the used memory in percent. Available memory is what the kernel says, and what
// the ZFS cache can give back, which the kernel does not count.
func readMemory(host procfs.FS, proc string) (messages.Observation, error) {
	m, err := host.Meminfo()
	if err != nil {
		return messages.Observation{}, err
	}
	if m.MemTotalBytes == nil || m.MemAvailableBytes == nil || *m.MemTotalBytes == 0 {
		return messages.Observation{}, errors.New("meminfo has no MemTotal or MemAvailable")
	}
	cache, err := arcShrinks(proc)
	if err != nil {
		return messages.Observation{}, err
	}
	total := *m.MemTotalBytes
	available := min(*m.MemAvailableBytes+cache, total)
	used := percent(total-available, total)
	detail := fmt.Sprintf("used %.1f %% of %s (%s available", used, bytesText(float64(total)), bytesText(float64(available)))
	if cache > 0 {
		detail += fmt.Sprintf(", %s of it from the ZFS cache", bytesText(float64(cache)))
	}
	return messages.Observation{Detail: detail + ")"}.WithValue(used), nil
}

func readLoad(host procfs.FS, proc string) (messages.Observation, error) {
	avg, err := host.LoadAvg()
	if err != nil {
		return messages.Observation{}, err
	}
	n, err := cores(proc)
	if err != nil {
		return messages.Observation{}, err
	}
	return messages.Observation{
		Detail: fmt.Sprintf("15-minute load %.2f on %d cores (1 min %.2f, 5 min %.2f)", avg.Load15, n, avg.Load1, avg.Load5),
	}.WithValue(avg.Load15 / float64(n)), nil
}

// pressureOf reads the pressure of a resource: the share of time in which some tasks waited for it
// or, for memory, in which all tasks did (full).
func pressureOf(resource string) func(procfs.FS) (messages.Observation, error) {
	return func(host procfs.FS) (messages.Observation, error) {
		stats, err := host.PSIStatsForResource(resource)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errors.ErrUnsupported) {
			return messages.Observation{}, errors.New("the kernel gives no pressure information (PSI)")
		}
		if err != nil {
			return messages.Observation{}, err
		}
		line, name := stats.Some, "some"
		if resource == "memory" {
			line, name = stats.Full, "full"
		}
		if line == nil {
			return messages.Observation{}, fmt.Errorf("pressure/%s has no line %q", resource, name)
		}
		return messages.Observation{
			Detail: fmt.Sprintf("work waited for %s %.1f %% of the last minute (%s avg60; avg10 %.1f %%, avg300 %.1f %%)", resource, line.Avg60, name, line.Avg10, line.Avg300),
		}.WithValue(line.Avg60), nil
	}
}

func readOpenFiles(proc string) (messages.Observation, error) {
	open, limit, err := openFiles(proc)
	if err != nil {
		return messages.Observation{}, err
	}
	if limit == 0 {
		return messages.Observation{}, errors.New("file-nr gives no limit")
	}
	used := percent(open, limit)
	return messages.Observation{
		Detail: fmt.Sprintf("%d of %d files open (%.1f %%)", open, limit, used),
	}.WithValue(used), nil
}
