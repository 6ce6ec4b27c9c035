// Command watchdog-bench measures the whole watchdog as a process: with many HTTP
// dependencies, what it takes in memory and processor time, and how late its checks
// come. `make bench-deps` runs it. Everything is on loopback, and it ends by itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Figures that issue and contract ask for.
const (
	mostMemory = 40 << 20 // resident, in bytes
	mostCPU    = 1.3      // times that of a bare loop of net/http requests
	mostLate   = 0.05     // of the interval
)

func main() {
	binary := flag.String("watchdog", "bin/watchdog", "the program that is measured")
	n := flag.Int("n", 1000, "dependencies")
	interval := flag.Duration("interval", 10*time.Second, "between the checks of each")
	rounds := flag.Int("rounds", 4, "checks of each that count, after the first")
	bare := flag.String("bare", "", "be the bare loop against this URL instead: what the watchdog is compared with")
	flag.Parse()
	if *bare != "" {
		bareLoop(*bare, *n**rounds, *interval/time.Duration(*n))
		return
	}
	if err := measure(*binary, *n, *interval, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "watchdog-bench:", err)
		os.Exit(1)
	}
}

// bareLoop sends n requests over fresh connections, at the watchdog's own pace: one
// after the other without a pause costs a third, as nothing has to be woken up for it.
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

func measure(binary string, n int, interval time.Duration, rounds int) error {
	peers := newPeers()
	defer peers.server.Close()
	config, err := writeConfig(peers.server.URL, n, interval)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(config))

	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rounds+10)*interval)
	defer cancel() // whatever happens, the watchdog ends
	dog := exec.CommandContext(ctx, binary)
	dog.Env = []string{
		"WATCHDOG_CONFIG=" + config, "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_LISTEN=off",
		"WATCHDOG_LOG_OBSERVATIONS=off", "WATCHDOG_HOST_LABEL=bench",
	}
	dog.Stderr = os.Stderr
	if err := dog.Start(); err != nil {
		return fmt.Errorf("the watchdog does not start (make build): %w", err)
	}
	defer func() { _ = dog.Process.Kill(); _ = dog.Wait() }()

	time.Sleep(interval + 2*time.Second) // the first round: every probe starts in it
	before, err := usage(dog.Process.Pid)
	if err != nil {
		return err
	}
	checked := peers.count()
	bareCPU, err := bareUsage(peers.server.URL+"/bare", n, rounds, interval) // it takes all rounds
	if err != nil {
		return err
	}
	after, err := usage(dog.Process.Pid)
	if err != nil {
		return err
	}
	checked = peers.count() - checked
	_ = dog.Process.Signal(syscall.SIGTERM)

	return report(figures{
		checks: checked, memory: after.resident, late: peers.latest(interval),
		cpu:  (after.cpu - before.cpu).Seconds() / float64(checked) * 1000,
		bare: bareCPU.Seconds() / float64(n*rounds) * 1000,
	}, n, interval)
}

func writeConfig(url string, n int, interval time.Duration) (string, error) {
	dir, err := os.MkdirTemp("", "watchdog-bench")
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString("dependencies:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: d%d, http: {url: \"%s/d%d\"}, interval: %s}\n", i, url, i, interval)
	}
	path := filepath.Join(dir, "bench.yaml")
	return path, os.WriteFile(path, []byte(text.String()), 0o600)
}

// bareUsage is the processor time of the bare loop, as a process of its own. It runs beside
// the watchdog, so that whatever else the machine does slows both.
func bareUsage(url string, n, rounds int, interval time.Duration) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	loop := exec.CommandContext(context.Background(), self, "-bare", url, "-n", fmt.Sprint(n), "-rounds", fmt.Sprint(rounds), "-interval", interval.String())
	loop.Stderr = os.Stderr
	if err := loop.Run(); err != nil {
		return 0, fmt.Errorf("the bare loop: %w", err)
	}
	return loop.ProcessState.UserTime() + loop.ProcessState.SystemTime(), nil
}

// figures are what was measured; processor times are in seconds per 1,000 checks.
type figures struct {
	checks    int
	memory    int64
	cpu, bare float64
	late      float64 // of the interval, the worst check
}

// report prints the figures, and fails where one is not as it should be.
func report(f figures, n int, interval time.Duration) error {
	ratio := f.cpu / f.bare
	fmt.Printf("%d dependencies every %s, %d checks\n", n, interval, f.checks)
	fmt.Printf("resident memory   %6.1f MiB   (at most %d)\n", float64(f.memory)/(1<<20), mostMemory>>20)
	fmt.Printf("CPU per 1,000     %6.3f s     a bare loop of net/http beside it: %.3f s; ratio %.2f (at most %.1f)\n", f.cpu, f.bare, ratio, mostCPU)
	fmt.Printf("latest check      %6.2f %%     of its interval (at most %.0f)\n", 100*f.late, 100*mostLate)
	if f.memory > mostMemory || ratio > mostCPU || f.late > mostLate {
		return fmt.Errorf("a figure is above its bound")
	}
	return nil
}
