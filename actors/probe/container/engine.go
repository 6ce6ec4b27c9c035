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

// listed is a container in the engine's list.
type listed struct {
	id      string
	name    string // without the slash
	state   string // created, running, paused, restarting, removing, exited, dead
	status  string // text for people, with the health in brackets
	created int64  // Unix seconds
	image   string // as given when the container was created
	imageID string
	labels  map[string]string
}

// inspected is what an inspect adds to the list.
type inspected struct {
	state      string // as in the list
	exitCode   int
	oomKilled  bool
	startedAt  time.Time
	finishedAt time.Time
	health     string   // none, starting, healthy, unhealthy; empty: no healthcheck
	healthLog  string   // last output of its healthcheck
	err        string   // why it could not be started
	memory     int64    // memory limit in bytes; 0: none
	aliases    []string // its host names in its networks
}

// engine is the part of the Docker API that the probe uses.
type engine interface {
	// dialect describes the events of the engine that answered last.
	dialect() dialect
	list(ctx context.Context) ([]listed, error)
	inspect(ctx context.Context, id string) (inspected, error)
	// past returns the events of all containers between two times, as far as the engine still has
	// them. With an error it may return a part of them.
	past(ctx context.Context, since, until time.Time) ([]event, error)
	// memory returns the memory use of a container. It is safe for concurrent use.
	memory(ctx context.Context, id string) (memory, error)
}

// docker implements engine over the guarded client. Except for memory, its methods are not safe
// for concurrent use.
type docker struct {
	endpoint Endpoint
	client   *connection // nil: not connected
}

func (d *docker) dialect() dialect {
	if d.client == nil {
		return dockerDialect
	}
	return d.client.dialect()
}

// list is the first request of every reading. After a failure it connects and negotiates the API
// version again, since another version of the engine may have been installed.
func (d *docker) list(ctx context.Context) ([]listed, error) {
	if d.client == nil {
		c, err := d.endpoint.connect(ctx)
		if err != nil {
			return nil, err
		}
		d.client = c
	}
	summaries, err := d.client.ContainerList(ctx, container.ListOptions{All: true})
	for again := d.dialect().listRetries; errdefs.IsInternal(err) && again > 0; again-- {
		summaries, err = d.client.ContainerList(ctx, container.ListOptions{All: true})
	}
	if err != nil {
		_ = d.client.Close()
		d.client = nil
		return nil, err
	}
	all := make([]listed, 0, len(summaries))
	for i := range summaries {
		s := &summaries[i]
		c := listed{id: s.ID, name: ownName(s.Names, s.ID), state: s.State, status: s.Status, created: s.Created, image: s.Image, imageID: s.ImageID, labels: s.Labels}
		if !d.dialect().isInfra(c.name, s.Image) {
			all = append(all, c)
		}
	}
	return all, nil
}

// inspectTimeout is how long the engine may take to inspect one container. It has the answer in
// memory, but waits while the container is locked.
const inspectTimeout = 4 * time.Second

func (d *docker) inspect(ctx context.Context, id string) (inspected, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	r, err := d.client.ContainerInspect(ctx, id)
	if err != nil {
		return inspected{}, err
	}
	if r.ContainerJSONBase == nil || r.State == nil {
		return inspected{}, fmt.Errorf("the engine's answer lacks the state of container %.12s", id)
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

// maxAliases bounds the host names that are kept of one container.
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

// maxHealthLog is how much output of a healthcheck the engine keeps, in bytes.
const maxHealthLog = 4096

// engineTime parses a time of the engine. For a container that was never started the engine gives
// the zero time or nothing; both become the zero time.
func engineTime(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}

// pastTimeout is how long the engine may take to return past events, which it has in memory. It is
// short because a proxy that stalls streams must not delay the reading.
const pastTimeout = time.Second

// past implements engine with one request. The engine keeps only the last few hundred events.
func (d *docker) past(ctx context.Context, since, until time.Time) ([]event, error) {
	ctx, cancel := context.WithTimeout(ctx, pastTimeout)
	defer cancel()
	stream, errs := d.client.Events(ctx, events.ListOptions{Since: stamp(since), Until: stamp(until), Filters: eventFilter(d.dialect())})
	var all []event
	for {
		select {
		case e := <-stream:
			if len(all) == maxEvents {
				return all, fmt.Errorf("more than %d events", maxEvents)
			}
			all = append(all, newEvent(e))
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
