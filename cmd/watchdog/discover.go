package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sync/errgroup"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/cmd/watchdog/internal/discover"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor/assembly"
)

const (
	// discoverTimeout bounds the requests to the engine.
	discoverTimeout = 10 * time.Second
	// askTimeout bounds one request to a container, and askTogether how many run at a time.
	askTimeout  = 3 * time.Second
	askTogether = 8
	// maxAsked and maxAskedEach are how many ports are asked for /metrics, in all and of one container.
	maxAsked, maxAskedEach = 64, 4
	// maxMetrics bounds the answer of /metrics, in bytes.
	maxMetrics = 1 << 20
)

var discoverCommand = command{
	name:  "discover",
	short: "prints a first YAML file of what could be watched here",
	long: `Reads the Docker engine (GET only) and the file systems of this host, and prints a YAML file
with comments: what could be watched here. It finds the orchestrator by asking ports of
containers for /metrics. It guesses dependencies from healthchecks, images and ports, and
checks each once. It writes nothing.`,
	settings: []string{"WATCHDOG_DOCKER_HOST", "WATCHDOG_HOST_PROC"},
	exits:    [3]string{"printed; comments say what could not be read", "", "wrong usage or settings"},
	examples: []example{
		{"with the engine and networks of a running container", "docker exec watchdog /watchdog discover > watchdog.yaml"},
	},
	run: runDiscover,
}

func runDiscover(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	var found discover.Host
	var err error
	if found.Containers, err = containersOf(l.cfg); err != nil {
		found.Problems = append(found.Problems, "containers: "+err.Error())
	}
	if found.Mounts, err = mountsOf(l.cfg); err != nil {
		found.Problems = append(found.Problems, "file systems: "+err.Error())
	}
	askAround(&found)
	fmt.Fprint(w.stdout, discover.YAML(found))
	return exitWell
}

func containersOf(cfg *config.Config) ([]container.Found, error) {
	engine := config.Section[*container.Settings](cfg).Endpoint
	if engine.Host == "" {
		return nil, errors.New("WATCHDOG_DOCKER_HOST is off")
	}
	ctx, cancel := context.WithTimeout(context.Background(), discoverTimeout)
	defer cancel()
	return container.Discover(ctx, engine)
}

// askAround asks the containers for /metrics and checks the proposed dependencies. Each check is one
// GET, or one reading of the dependency's probe.
func askAround(h *discover.Host) {
	address := addressOf(h.Containers)
	metrics := make(chan discover.Metrics, maxAsked)
	var asking errgroup.Group
	asking.SetLimit(askTogether)
	asked := 0
	for _, c := range h.Containers {
		if !c.Running || c.Self || c.Ignored {
			continue
		}
		reachable := false
		for i, port := range c.Ports {
			at := address(c, port.Number)
			reachable = reachable || at != ""
			if at == "" || i >= maxAskedEach || asked == maxAsked {
				continue
			}
			asked++
			asking.Go(func() error {
				if m, ok := askMetrics(c.Name, "http://"+at+"/metrics"); ok {
					metrics <- m
				}
				return nil
			})
		}
		if len(c.Ports) > 0 && !reachable {
			h.Unreachable = append(h.Unreachable, c.Name)
		}
		if p, ok := discover.Propose(c, address); ok {
			h.Dependencies = append(h.Dependencies, p)
		}
	}
	for i := range h.Dependencies {
		asking.Go(func() error {
			h.Dependencies[i].Problem = try(h.Dependencies[i])
			return nil
		})
	}
	_ = asking.Wait() // failures are part of the result
	close(metrics)
	for m := range metrics {
		h.Metrics = append(h.Metrics, m)
	}
	slices.SortFunc(h.Metrics, func(a, b discover.Metrics) int {
		return cmp.Or(strings.Compare(a.Container, b.Container), strings.Compare(a.URL, b.URL))
	})
	h.Dependencies = slices.DeleteFunc(h.Dependencies, func(p discover.Proposal) bool { return h.Orchestrator() == p.Name })
}

// addressOf returns how this process can reach containers.
func addressOf(all []container.Found) discover.Address {
	for _, c := range all {
		if c.Self && !c.OnHost {
			return discover.Addresses(slices.Sorted(maps.Keys(c.Networks)), true)
		}
	}
	return discover.Addresses(nil, false)
}

// askMetrics requests /metrics as the probe of the orchestrator does.
func askMetrics(name, url string) (m discover.Metrics, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	client, err := peer.NewClient(peer.Target{URL: url})
	if err != nil {
		return m, false
	}
	a, err := client.Get(ctx, nil)
	if err != nil {
		return m, false
	}
	defer a.Close()
	if a.Status != http.StatusOK {
		return m, false
	}
	body, _, err := a.Read(maxMetrics)
	if err != nil {
		return m, false
	}
	envelope, text := discover.Form(body)
	return discover.Metrics{Container: name, URL: url, Envelope: envelope}, envelope || text
}

// try runs the probe of a proposed dependency once. It returns why the dependency is not ok, or an
// empty string.
func try(p discover.Proposal) string {
	cfg, _, err := assembly.Load(config.Source{
		Environ:  []string{"WATCHDOG_CONFIG=discovered", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_HOST_ENABLED=false"},
		ReadFile: func(string) ([]byte, error) { return []byte("dependencies: [" + p.YAML() + "]\n"), nil },
	})
	if err != nil {
		return err.Error()
	}
	parts, err := assembly.Probes(cfg, assembly.NewShared(time.Now))
	if err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	for _, part := range parts {
		reading, _ := part.Probe.Observe(ctx) // the observation words the error
		for _, o := range reading.Observations {
			if o.Level != messages.OK {
				return o.Detail
			}
		}
	}
	return ""
}

// mountsOf returns the file systems of the host that can fill up: those on a block device, and ZFS.
func mountsOf(cfg *config.Config) ([]discover.Mount, error) {
	fs, err := procfs.NewFS(assembly.ProcPath(cfg))
	if err != nil {
		return nil, err
	}
	first, err := fs.Proc(1) // its mounts are those of the host
	if err != nil {
		return nil, err
	}
	all, err := first.MountInfo()
	if err != nil {
		return nil, err
	}
	var mounts []discover.Mount
	seen := make(map[string]bool)
	for _, m := range all {
		device := m.FSType == "zfs" || strings.HasPrefix(m.Source, "/dev/") && m.FSType != "squashfs" && m.FSType != "iso9660" && m.Root == "/"
		if !device || seen[m.Source] || strings.ContainsAny(m.MountPoint, " =,") {
			continue
		}
		seen[m.Source] = true
		mounts = append(mounts, discover.Mount{Path: m.MountPoint, Type: m.FSType})
	}
	slices.SortFunc(mounts, func(a, b discover.Mount) int { return strings.Compare(a.Path, b.Path) })
	return mounts, nil
}
