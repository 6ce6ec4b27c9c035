package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"
)

// quiet are settings that most daemons share: no engine of this machine, no control socket, and no
// line for each observation.
var quiet = []string{"WATCHDOG_DOCKER_HOST=off", "WATCHDOG_CONTROL=off", "WATCHDOG_LOG_OBSERVATIONS=off"}

// measureStart measures how long the first pass of the default probes takes, and the stop.
func measureStart(ctx context.Context, b *bench) error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return fmt.Errorf("%w (make build)", err)
	}
	began := time.Now()
	d, err := startDaemon(ctx, b.binary, "", "WATCHDOG_CONTROL=off")
	if err != nil {
		return err
	}
	err = d.ready(ctx)
	ready := time.Since(began)
	began = time.Now()
	d.stop()
	if err != nil {
		return err
	}
	b.report.add("Measured with %s on %d cores.", runtime.Version(), runtime.NumCPU())
	b.report.table("Start and stop", "what", "figure")
	b.report.row("from the start to the first complete pass of the default probes", fmt.Sprintf("%.2f s", ready.Seconds()))
	b.report.row("from SIGTERM to the exit", fmt.Sprintf("%.2f s", time.Since(began).Seconds()))
	b.report.row("size of the binary; the image adds only the certificate authorities", fmt.Sprintf("%.1f MiB", float64(info.Size())/(1<<20)))
	return nil
}

// idleFor is how long the idle usage is measured.
const idleFor = time.Minute

// measureIdle measures the usage of the default probes while nothing happens.
func measureIdle(ctx context.Context, b *bench) error {
	d, err := startDaemon(ctx, b.binary, "", "WATCHDOG_CONTROL=off")
	if err != nil {
		return err
	}
	defer d.stop()
	before, after, err := d.over(ctx, 30*time.Second, idleFor)
	if err != nil {
		return err
	}
	b.report.table("Idle, with the default probes", "what", "figure", "at most")
	b.report.row("private memory (RssAnon)", fmt.Sprintf("%.1f MiB", after.private), "5")
	b.report.row("pages of the binary in memory, shared between containers of one image (RssFile)", fmt.Sprintf("%.1f MiB", after.shared), "")
	b.report.row("CPU", fmt.Sprintf("%.1f s per hour", perHour(after.cpu-before.cpu, idleFor)), "4")
	b.report.row("thread wake-ups", fmt.Sprintf("%.0f per second", (after.switches-before.switches)/idleFor.Seconds()), "")
	return nil
}

func perHour(cpu, over time.Duration) float64 {
	return cpu.Seconds() * float64(time.Hour) / float64(over)
}

// over returns the usage of a daemon at two moments: after it has settled, and span later.
func (d *daemon) over(ctx context.Context, settles, span time.Duration) (before, after usage, err error) {
	if err = rest(ctx, settles); err != nil {
		return before, after, err
	}
	if before, err = d.used(); err != nil {
		return before, after, err
	}
	if err = rest(ctx, span); err != nil {
		return before, after, err
	}
	after, err = d.used()
	return before, after, err
}
