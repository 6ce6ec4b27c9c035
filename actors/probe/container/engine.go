package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/network"
)

// listed is a container as the list shows it.
type listed struct {
	id      string
	name    string // without the slash
	state   string // created, running, paused, restarting, removing, exited, dead
	status  string // for people, with the health in brackets
	created int64  // Unix seconds
	image   string // as it was asked for
	imageID string
	labels  map[string]string
}

// inspected is what a list does not tell.
type inspected struct {
	state      string // as the list says it
	exitCode   int
	oomKilled  bool
	startedAt  time.Time
	finishedAt time.Time
	health     string   // none, starting, healthy, unhealthy; empty: no healthcheck
	healthLog  string   // the last output of its healthcheck
	err        string   // why it could not be started
	memory     int64    // its limit in bytes; 0: none
	aliases    []string // host names that lead to it in its networks
}

// engine is what the probe sees of Docker.
type engine interface {
	// face is what the engine that answered last can tell.
	face() face
	list(ctx context.Context) ([]listed, error)
	inspect(ctx context.Context, id string) (inspected, error)
	// past is what happened to all containers within that time, as far as the engine still
	// has it. With an error it may be a part of it.
	past(ctx context.Context, since, until time.Time) ([]happening, error)
	// memory is what the container uses. It may be called for several at once.
	memory(ctx context.Context, id string) (memory, error)
}

// docker is the engine over the guarded client. It is used by one goroutine at a time,
// but for memory.
type docker struct {
	endpoint Endpoint
	client   *connection // nil: the version is still to be agreed on
}

func (d *docker) face() face {
	if d.client == nil {
		return dockerFace
	}
	return d.client.face()
}

// list comes first in every reading: it agrees on the version of the API anew after
// any failure, since the engine may have been replaced by a newer one.
func (d *docker) list(ctx context.Context) ([]listed, error) {
	if d.client == nil {
		c, err := d.endpoint.connect(ctx)
		if err != nil {
			return nil, err
		}
		d.client = c
	}
	summaries, err := d.client.ContainerList(ctx, container.ListOptions{All: true})
	for again := d.face().listAgain; errdefs.IsInternal(err) && again > 0; again-- {
		summaries, err = d.client.ContainerList(ctx, container.ListOptions{All: true})
	}
	if err != nil {
		_ = d.client.Close() // nothing was read from it that could be lost
		d.client = nil
		return nil, err
	}
	all := make([]listed, 0, len(summaries))
	for i := range summaries {
		s := &summaries[i]
		c := listed{id: s.ID, name: ownName(s.Names, s.ID), state: s.State, status: s.Status, created: s.Created, image: s.Image, imageID: s.ImageID, labels: s.Labels}
		if !d.face().isInfra(c.name, s.Image) {
			all = append(all, c)
		}
	}
	return all, nil
}

// inspectWait is how long the engine may take to inspect one container. It has the answer in
// memory, but one container that it has locked is waited for until it is not.
const inspectWait = 4 * time.Second

func (d *docker) inspect(ctx context.Context, id string) (inspected, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectWait)
	defer cancel()
	r, err := d.client.ContainerInspect(ctx, id)
	if err != nil {
		return inspected{}, err
	}
	if r.ContainerJSONBase == nil || r.State == nil {
		return inspected{}, fmt.Errorf("the engine says nothing of the state of container %.12s", id)
	}
	in := inspected{
		state: r.State.Status, exitCode: r.State.ExitCode, oomKilled: r.State.OOMKilled, err: short(r.State.Error),
		startedAt: engineTime(r.State.StartedAt), finishedAt: engineTime(r.State.FinishedAt),
	}
	if r.HostConfig != nil {
		in.memory = r.HostConfig.Memory
	}
	if r.NetworkSettings != nil {
		in.aliases = aliases(r.NetworkSettings.Networks)
	}
	if h := r.State.Health; h != nil && h.Status != container.NoHealthcheck {
		in.health = h.Status
		if n := len(h.Log); n > 0 && h.Log[n-1] != nil {
			in.healthLog = beginning(h.Log[n-1].Output, maxHealthLog)
		}
	}
	return in, nil
}

// maxAliases bounds how many host names of one container are kept.
const maxAliases = 32

func aliases(networks map[string]*network.EndpointSettings) []string {
	var all []string
	for _, n := range networks {
		if n == nil {
			continue
		}
		for _, name := range slices.Concat(n.Aliases, n.DNSNames) {
			if len(name) <= maxText && len(all) < maxAliases && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// maxHealthLog is how much the engine keeps of the output of a healthcheck, in bytes.
const maxHealthLog = 4096

// engineTime reads a time as the engine writes it; a container that was never started
// has one of the year 1, which is the zero time.
func engineTime(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s) // an empty one is no time, too
	return t
}

// askWait is how long the engine may take to tell its last events, which it has in memory.
// A proxy that stalls its streams must not hold up the reading.
const askWait = time.Second

// past asks once for all containers. The engine keeps some hundred events of them all
// together: those of long ago are gone.
func (d *docker) past(ctx context.Context, since, until time.Time) ([]happening, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	stream, errs := d.client.Events(ctx, events.ListOptions{Since: stamp(since), Until: stamp(until), Filters: toldOnly(d.face())})
	var all []happening
	for {
		select {
		case e := <-stream:
			if len(all) == maxHappenings {
				return all, fmt.Errorf("more than %d events", maxHappenings)
			}
			all = append(all, happened(e))
		case err := <-errs:
			if err != nil && !errors.Is(err, io.EOF) {
				return all, err
			}
			return all, nil
		}
	}
}

func (d *docker) memory(ctx context.Context, id string) (memory, error) {
	answer, err := d.client.ContainerStatsOneShot(ctx, id)
	if err != nil {
		return memory{}, err
	}
	defer answer.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
		return memory{}, fmt.Errorf("statistics: %w", err)
	}
	return memoryOf(stats.MemoryStats), nil
}

func stamp(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }
