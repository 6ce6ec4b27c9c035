package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/alertmanager/alertmanagertest"
)

// fleet is many watchdogs with the same dependencies, which all fail and recover at once.
type fleet struct {
	hosts, signals int
	tick           time.Duration
	binary         string
	fails          atomic.Bool
	dogs           []*exec.Cmd
}

// When every signal of a fleet is raised and recovers at once, one Alertmanager shows each alert once
// and notifies once of it and of its end, in one message for each signal. `make fleet` runs this with
// 50 hosts of 100 signals and the built binary, and prints what a host costs.
func TestAFleetAgainstOneAlertmanager(t *testing.T) {
	f := &fleet{hosts: 4, signals: 10, tick: time.Second, binary: "watchdog"}
	refreshed := 5 * time.Second
	if binary := os.Getenv("FLEET"); binary != "" {
		f = &fleet{hosts: 50, signals: 100, tick: 15 * time.Second, binary: binary} // the default tick
		refreshed = 65 * time.Second                                                // every host repeats its firing alerts within it
	}
	receiver := alertmanagertest.NewReceiver(t)
	am := alertmanagertest.NewGrouping(t, receiver.URL, max(4*f.tick, 15*time.Second)) // longer than all hosts need to notice
	am.Start()
	f.start(t, am.URL)
	all := f.hosts * f.signals

	time.Sleep(2 * f.tick) // until all are running and ok
	before := f.usage(t)
	time.Sleep(2 * f.tick)
	quiet := f.usage(t).minus(before)

	f.fails.Store(true)
	raised := time.Now()
	fired := f.until(t, am, all)
	t.Logf("%d alerts from %d hosts fire %s after the fault", all, f.hosts, fired.Sub(raised).Round(time.Second))
	f.once(t, receiver)
	messages := receiver.Messages()
	before = f.usage(t)
	time.Sleep(refreshed)
	loud := f.usage(t).minus(before)
	f.until(t, am, all)
	f.once(t, receiver)
	if n := receiver.Messages(); n != messages || n != f.signals {
		t.Errorf("%d messages, and %d after a refresh, want one for each of %d signals", messages, n, f.signals)
	}

	f.fails.Store(false)
	f.until(t, am, 0)
	if again := f.each(t, receiver, "resolved"); again > 0 {
		// Delivery is at least once: an end that is posted again can be in two messages of a group.
		t.Logf("the ends of %d alerts were told more than once", again)
	}
	hosts := float64(f.hosts)
	t.Logf("a host with %d signals, each checked every %s: %.1f MB resident; %.1f ms of CPU per second while all is ok, %.1f ms while everything fires",
		f.signals, f.tick, quiet.resident/1e6/hosts, quiet.cpu/(2*f.tick).Seconds()*1000/hosts, loud.cpu/refreshed.Seconds()*1000/hosts)
}

func (f *fleet) start(t *testing.T, am string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if f.fails.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	var text strings.Builder
	text.WriteString("dependencies:\n")
	for i := range f.signals {
		fmt.Fprintf(&text, "  - {name: d%d, http: {url: \"%s/d%d\"}}\n", i, server.URL, i)
	}
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	must(t, os.WriteFile(path, []byte(text.String()), 0o600))
	for i := range f.hosts {
		dog := exec.Command(f.binary)
		dog.Env = []string{
			"PATH=" + os.Getenv("PATH"), "WATCHDOG_CONFIG=" + path, fmt.Sprintf("WATCHDOG_HOST_LABEL=host-%d", i), "WATCHDOG_ALERTMANAGER_URL=" + am,
			"WATCHDOG_TICK=" + f.tick.String(), "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_LISTEN=off", "WATCHDOG_CONTROL=off",
		}
		dog.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		must(t, dog.Start())
		t.Cleanup(func() { _ = dog.Process.Kill(); _ = dog.Wait() })
		f.dogs = append(f.dogs, dog)
	}
}

// until waits until want alerts fire. It fails if two of them differ only in severity.
func (f *fleet) until(t *testing.T, am *alertmanagertest.Server, want int) time.Time {
	t.Helper()
	var got int
	for limit := time.Now().Add(time.Minute + 8*f.tick); time.Now().Before(limit); time.Sleep(time.Second) {
		seen := make(map[string]bool)
		alerts := am.Firing()
		for _, a := range alerts {
			seen[a.Labels["instance"]+" "+a.Labels["signal"]] = true
		}
		if got = len(alerts); got == want && len(seen) == want {
			return time.Now()
		}
		if got > want && want > 0 || len(seen) != got {
			t.Fatalf("%d alerts of %d signals fire, want %d", got, len(seen), want)
		}
	}
	t.Fatalf("%d alerts fire, want %d", got, want)
	return time.Time{}
}

// once checks that the receiver was notified exactly once of every firing alert.
func (f *fleet) once(t *testing.T, r *alertmanagertest.Receiver) {
	t.Helper()
	if again := f.each(t, r, "firing"); again > 0 {
		t.Fatalf("%d alerts were told more than once", again)
	}
}

// each waits until the receiver was notified of every signal of every host in this status, and
// returns of how many it was notified again.
func (f *fleet) each(t *testing.T, r *alertmanagertest.Receiver, status string) (again int) {
	t.Helper()
	for limit := time.Now().Add(time.Minute + 8*f.tick); ; time.Sleep(time.Second) {
		n := 0
		again = 0
		for what, times := range r.Told() {
			if !strings.HasSuffix(what, " "+status) {
				continue
			}
			if n++; times > 1 {
				again++
			}
		}
		if n == f.hosts*f.signals {
			return again
		}
		if time.Now().After(limit) {
			t.Fatalf("%d of %d are told as %s", n, f.hosts*f.signals, status)
		}
	}
}

// cost is the usage of all processes together.
type cost struct {
	resident float64 // bytes
	cpu      float64 // seconds since they began
}

func (c cost) minus(before cost) cost { return cost{c.resident, c.cpu - before.cpu} }

func (f *fleet) usage(t *testing.T) (sum cost) {
	t.Helper()
	const ticks = 100 // USER_HZ, the same on every Linux that Go runs on
	for _, dog := range f.dogs {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", dog.Process.Pid))
		must(t, err)
		_, behind, _ := strings.Cut(string(text), ") ") // its name may contain spaces
		fields := strings.Fields(behind)
		number := func(i int) float64 { // proc(5) counts from 1, with two before these
			n, err := strconv.ParseFloat(fields[i-3], 64)
			must(t, err)
			return n
		}
		sum.cpu += (number(14) + number(15)) / ticks
		sum.resident += number(24) * float64(os.Getpagesize())
	}
	return sum
}
