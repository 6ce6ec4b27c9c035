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
	// discoverTimeout bounds the look at the engine.
	discoverTimeout = 10 * time.Second
	// askTimeout bounds one question to a container, and askTogether how many are under way.
	askTimeout  = 3 * time.Second
	askTogether = 8
	// maxAsked is how many ports are asked for /metrics in all, and of one container.
	maxAsked, maxAskedEach = 64, 4
	// maxMetrics is how much is read of an answer to that, in bytes.
	maxMetrics = 1 << 20
)

var discoverCommand = command{
	name:  "discover",
	short: "a first YAML file of what could be watched here",
	long: `Looks at the Docker engine (GET alone) and at the file systems of this host, and prints a
YAML file with comments: what could be watched here. Which container is the orchestrator is
found out by asking ports of containers for /metrics. Dependencies are guessed from
healthchecks, images and ports, and each is asked once whether it answers. It writes nothing.`,
	settings: []string{"WATCHDOG_DOCKER_HOST", "WATCHDOG_HOST_PROC"},
	exits:    [3]string{"it is printed; what could not be looked at stands in it as a comment", "", "wrong usage or settings"},
	examples: []example{
		{"of a running container's engine and networks", "docker exec watchdog /watchdog discover > watchdog.yaml"},
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

// askAround asks the containers for /metrics, and the dependencies that are proposed whether they
// answer. Each question is one GET, or what the probe of the dependency asks.
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
	_ = asking.Wait() // what fails is a part of what was found
	close(metrics)
	for m := range metrics {
		h.Metrics = append(h.Metrics, m)
	}
	slices.SortFunc(h.Metrics, func(a, b discover.Metrics) int {
		return cmp.Or(strings.Compare(a.Container, b.Container), strings.Compare(a.URL, b.URL))
	})
	h.Dependencies = slices.DeleteFunc(h.Dependencies, func(p discover.Proposal) bool { return h.Orchestrator() == p.Name })
}

// addressOf is how containers are asked from where we run.
func addressOf(all []container.Found) discover.Address {
	for _, c := range all {
		if c.Self && !c.OnHost {
			return discover.Reach(slices.Sorted(maps.Keys(c.Networks)), true)
		}
	}
	return discover.Reach(nil, false)
}

// askMetrics asks for /metrics as the probe of the orchestrator does.
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

// try asks a proposed dependency once, by the probe that would watch it, and says why it is not
// well; empty: it is.
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
		reading, _ := part.Probe.Observe(ctx) // its error is worded in the observation
		for _, o := range reading.Observations {
			if o.Level != messages.OK {
				return o.Detail
			}
		}
	}
	return ""
}

// mountsOf are the file systems of the host that can fill up: on a block device, or ZFS.
func mountsOf(cfg *config.Config) ([]discover.Mount, error) {
	fs, err := procfs.NewFS(assembly.ProcPath(cfg))
	if err != nil {
		return nil, err
	}
	first, err := fs.Proc(1) // whose mounts are the host's
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
