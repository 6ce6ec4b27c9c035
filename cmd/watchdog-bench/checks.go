package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	checkEvery = 10 * time.Second
	checked    = 1000 // dependencies
	mostCPU    = 0.9  // relative to the bare loop
	mostLate   = 0.05 // relative to the interval
)

// bareLoop sends n requests over fresh connections at the watchdog's pace. Without pauses a request
// would cost a third, because no thread has to be woken.
func bareLoop(url string, n int, pause time.Duration) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for next := time.Now(); n > 0; n-- {
		time.Sleep(time.Until(next))
		next = next.Add(pause)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		resp, err := client.Do(req)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// measureChecks measures the cost of a check of an HTTP dependency beside a bare loop of requests, and
// its delay.
func measureChecks(ctx context.Context, b *bench) error {
	peers := newPeers()
	defer peers.server.Close()
	d, err := startDaemon(ctx, b.binary, peers.dependencies(checked), append(quiet, "WATCHDOG_HOST_ENABLED=false")...)
	if err != nil {
		return err
	}
	defer d.stop()
	if err := rest(ctx, checkEvery+2*time.Second); err != nil { // the first round, in which every probe starts
		return err
	}
	before, err := d.used()
	if err != nil {
		return err
	}
	n := peers.count()
	bare, err := bareUsage(ctx, peers.server.URL+"/bare", checked*b.rounds, checkEvery/checked) // it takes as long as all rounds
	if err != nil {
		return err
	}
	after, err := d.used()
	if err != nil {
		return err
	}
	n = peers.count() - n
	cost, bareCost := (after.cpu-before.cpu).Seconds()/float64(n)*1000, bare.Seconds()/float64(checked*b.rounds)*1000
	late := peers.latest(checkEvery)
	b.report.table(fmt.Sprintf("%d HTTP dependencies, each checked every %s", checked, checkEvery), "what", "figure", "at most")
	b.report.row("CPU for 1,000 checks", fmt.Sprintf("%.2f s", cost), "")
	b.report.row("the same for a bare net/http loop with fresh connections, at the same pace and time", fmt.Sprintf("%.2f s", bareCost), "")
	b.report.row("ratio of the two", fmt.Sprintf("%.2f", cost/bareCost), fmt.Sprint(mostCPU))
	b.report.row("longest delay of a check, as part of its interval", fmt.Sprintf("%.1f %%", 100*late), fmt.Sprintf("%.0f %%", 100*mostLate))
	b.report.bound("CPU beside a bare loop", cost/bareCost, mostCPU)
	b.report.bound("longest delay of a check, as part of its interval", late, mostLate)
	return nil
}

// dependencies returns settings that check n paths of the peers.
func (p *peers) dependencies(n int) string {
	var text strings.Builder
	text.WriteString("dependencies:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: d%d, http: {url: \"%s/d%d\"}, interval: %s}\n", i, p.server.URL, i, checkEvery)
	}
	return text.String()
}

// bareUsage returns the CPU time of the bare loop. It is a separate process that runs beside the
// watchdog, so that other load on the machine slows both.
func bareUsage(ctx context.Context, url string, n int, pause time.Duration) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	loop := exec.CommandContext(ctx, self, "-bare", url, "-n", fmt.Sprint(n), "-pause", pause.String())
	loop.Stderr = os.Stderr
	if err := loop.Run(); err != nil {
		return 0, fmt.Errorf("the bare loop: %w", err)
	}
	return loop.ProcessState.UserTime() + loop.ProcessState.SystemTime(), nil
}
