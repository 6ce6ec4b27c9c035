package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/cmd/watchdog/internal/discover"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

// discoverTimeout bounds the look at the engine.
const discoverTimeout = 10 * time.Second

var discoverCommand = command{
	name:  "discover",
	short: "a first YAML file of what could be watched here",
	long: `Looks at the Docker engine (GET alone) and at the file systems of this host, and prints a
YAML file with comments: what could be watched here. Dependencies are guessed from the images
of the containers. It writes nothing, and asks no container anything.`,
	settings: []string{"WATCHDOG_DOCKER_HOST", "WATCHDOG_HOST_PROC"},
	exits:    [3]string{"it is printed; what could not be looked at stands in it as a comment", "", "wrong usage or settings"},
	examples: []example{
		{"of a running container's engine", "docker exec watchdog /watchdog discover > watchdog.yaml"},
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
		found.Problems = append(found.Problems, "the containers could not be looked at: "+err.Error())
	}
	if found.Mounts, err = mountsOf(l.cfg); err != nil {
		found.Problems = append(found.Problems, "the file systems could not be looked at: "+err.Error())
	}
	fmt.Fprint(w.stdout, discover.YAML(found))
	return exitWell
}

func containersOf(cfg *config.Config) ([]container.Found, error) {
	engine := config.Section[*container.Settings](cfg).Endpoint
	if engine.Host == "" {
		return nil, fmt.Errorf("WATCHDOG_DOCKER_HOST is off")
	}
	ctx, cancel := context.WithTimeout(context.Background(), discoverTimeout)
	defer cancel()
	return container.Discover(ctx, engine)
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
