package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// daemon is a running watchdog.
type daemon struct {
	process *exec.Cmd
	address string // of its own HTTP server
	folder  string // of its settings
}

// startDaemon starts a watchdog with only this YAML text and these variables.
func startDaemon(ctx context.Context, binary, yaml string, variables ...string) (*daemon, error) {
	folder, err := os.MkdirTemp("", "watchdog-bench")
	if err != nil {
		return nil, err
	}
	d := &daemon{folder: folder}
	file := filepath.Join(folder, "bench.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if d.address, err = freeAddress(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	d.process = exec.CommandContext(ctx, binary)
	d.process.Env = append([]string{
		"WATCHDOG_CONFIG=" + file, "WATCHDOG_LISTEN=" + d.address, "WATCHDOG_HOST_LABEL=bench", "PATH=" + os.Getenv("PATH"),
	}, variables...)
	d.process.Stderr = os.Stderr
	if err := d.process.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("can't start the watchdog (make build): %w", err), os.RemoveAll(folder))
	}
	return d, nil
}

// freeAddress returns a loopback address on which nothing listens.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the first pass of all probes is done.
func (d *daemon) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.address+"/readyz", nil); err != nil {
			return err
		} else if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("the watchdog was not ready within a minute: %w", err)
		}
	}
}

// stop sends SIGTERM, as an engine does, and waits.
func (d *daemon) stop() {
	_ = d.process.Process.Signal(syscall.SIGTERM)
	_ = d.process.Wait()
	_ = os.RemoveAll(d.folder)
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// usage is the resource usage of a process.
type usage struct {
	cpu      time.Duration // user and system, to the nanosecond
	private  float64       // MiB, RssAnon
	shared   float64       // MiB, RssFile
	switches float64       // voluntary context switches of all threads
}

// used reads the usage of the daemon from procfs.
func (d *daemon) used() (usage, error) {
	var u usage
	folder := fmt.Sprintf("/proc/%d", d.process.Process.Pid)
	status, err := statusOf(folder)
	if err != nil {
		return u, err
	}
	u.private, u.shared = status["RssAnon"]/1024, status["RssFile"]/1024
	threads, err := filepath.Glob(folder + "/task/*")
	if err != nil {
		return u, err
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread + "/schedstat")
		if err != nil {
			continue // the thread has ended
		}
		if run, _, ok := strings.Cut(string(text), " "); ok {
			n, _ := strconv.ParseInt(run, 10, 64)
			u.cpu += time.Duration(n)
		}
		if status, err := statusOf(thread); err == nil {
			u.switches += status["voluntary_ctxt_switches"]
		}
	}
	return u, nil
}

// statusOf reads the numbers of a status file.
func statusOf(folder string) (map[string]float64, error) {
	text, err := os.ReadFile(folder + "/status")
	if err != nil {
		return nil, err
	}
	all := make(map[string]float64)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if words := strings.Fields(value); len(words) > 0 {
			if n, err := strconv.ParseFloat(words[0], 64); err == nil {
				all[name] = n
			}
		}
	}
	return all, nil
}
