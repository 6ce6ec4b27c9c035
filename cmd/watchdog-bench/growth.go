package main

import (
	"context"
	"fmt"
	"time"
)

// sizes are the numbers of watched things.
var sizes = []int{10, 100, 1000, 5000}

// growFor is how long each size is measured, after two rounds of checks.
const growFor = 30 * time.Second

// measureGrowth measures how memory and CPU time grow with the number of watched things.
func measureGrowth(ctx context.Context, b *bench) error {
	peers := newPeers()
	defer peers.server.Close()
	if err := b.grow(ctx, "HTTP dependencies, each checked every "+checkEvery.String(), func(n int) (string, []string, func(), error) {
		return peers.dependencies(n), append(quiet, "WATCHDOG_HOST_ENABLED=false"), func() {}, nil
	}); err != nil {
		return err
	}
	return b.grow(ctx, "Containers, read every "+checkEvery.String()+" from a fake engine", func(n int) (string, []string, func(), error) {
		e, err := newEngine(ctx, n)
		if err != nil {
			return "", nil, nil, err
		}
		return "", []string{
			"WATCHDOG_DOCKER_HOST=" + e.host, "WATCHDOG_TICK=" + checkEvery.String(), "WATCHDOG_HOST_ENABLED=false",
			"WATCHDOG_CONTROL=off", "WATCHDOG_LOG_OBSERVATIONS=off",
		}, e.close, nil
	})
}

// grow measures one kind of watched thing in all sizes.
func (b *bench) grow(ctx context.Context, what string, world func(n int) (yaml string, variables []string, end func(), err error)) error {
	b.report.table(what, "how many", "private memory", "each", "CPU per hour")
	var labels []string
	var values []float64
	first := 0.0
	for i, n := range sizes {
		used, cpu, err := b.size(ctx, n, world)
		if err != nil {
			return err
		}
		each := "" // the first size is the baseline
		if i == 0 {
			first = used.private
		} else {
			each = fmt.Sprintf("%.1f KiB", (used.private-first)*1024/float64(n-sizes[0]))
		}
		b.report.row(fmt.Sprint(n), fmt.Sprintf("%.1f MiB", used.private), each, fmt.Sprintf("%.0f s", cpu))
		labels, values = append(labels, fmt.Sprint(n)), append(values, used.private)
	}
	b.report.bars("private memory: "+what, "MiB", labels, values)
	return nil
}

func (b *bench) size(ctx context.Context, n int, world func(n int) (string, []string, func(), error)) (used usage, cpu float64, err error) {
	yaml, variables, end, err := world(n)
	if err != nil {
		return used, 0, err
	}
	defer end()
	d, err := startDaemon(ctx, b.binary, yaml, variables...)
	if err != nil {
		return used, 0, err
	}
	defer d.stop()
	before, after, err := d.over(ctx, 2*checkEvery+2*time.Second, growFor)
	return after, perHour(after.cpu-before.cpu, growFor), err
}
