package container

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// Options are what a Probe is made of.
type Options struct {
	Host    string   // unix:///path or tcp://host:port
	Include []string // globs of names; none: all
	Exclude []string
	Expect  []string // names that must exist and run
	Self    string   // the start of our own container's ID: left out unless expected
	Now     func() time.Time
}

// Probe reads the containers of one engine.
type Probe struct {
	engine   engine
	host     string
	watched  selection
	now      func() time.Time
	seen     map[string]seen // by container ID
	expected map[string]bool // names that a label asked to expect, also once they are gone
}

// seen is what was learnt of a container, and of which state of it.
type seen struct {
	version string
	in      inspected
	down    messages.Observation
	oomAt   time.Time // the end that container_oom was told of
}

// New makes the probe. The error says what is wrong with the host.
func New(o Options) (*Probe, error) {
	c, err := newClient(o.Host)
	if err != nil {
		return nil, err
	}
	return newProbe(docker{c}, o), nil
}

func newProbe(e engine, o Options) *Probe {
	return &Probe{
		engine: e, host: o.Host, now: o.Now, seen: make(map[string]seen), expected: make(map[string]bool),
		watched: selection{include: o.Include, exclude: o.Exclude, expect: o.Expect, self: o.Self},
	}
}

// Observe lists once, and inspects what is not as it was.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	all, err := p.engine.list(ctx)
	if err != nil {
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "docker_down", Level: messages.Critical, Detail: "the Docker API does not answer: " + p.plain(err),
		}}}, fmt.Errorf("list of containers: %s", p.plain(err))
	}
	r := probe.Reading{Observations: []messages.Observation{{Signal: "docker_down", Detail: fmt.Sprintf("the Docker API answers; %d containers", len(all))}}}
	shown := shownNames(all)
	first := len(p.seen) == 0
	there := make(map[string]bool, len(all))
	var failed []error
	for _, c := range all {
		name := shown[c.id]
		if !p.watched.watches(c, name) {
			continue
		}
		there[c.id] = true
		observations, err := p.container(ctx, c, name, first)
		if err != nil {
			failed = append(failed, err)
		}
		r.Observations = append(r.Observations, observations...)
	}
	r.Observations = append(r.Observations, p.missing(all, shown)...)
	maps.DeleteFunc(p.seen, func(id string, _ seen) bool { return !there[id] })
	return r, errors.Join(failed...)
}

// container makes the observations of one container.
func (p *Probe) container(ctx context.Context, c listed, name string, first bool) ([]messages.Observation, error) {
	s, err := p.look(ctx, c)
	if err != nil {
		if errdefs.IsNotFound(err) {
			return nil, nil // gone since the list
		}
		return nil, fmt.Errorf("inspect of %s: %s", name, p.plain(err))
	}
	down := s.down
	down.Signal = messages.NewKey("container_down", name)
	observations := []messages.Observation{severe(down, c.labels)}
	if health, ok := judgeHealth(s.in); ok && isRunning(c.state) {
		health.Signal = messages.NewKey("container_unhealthy", name)
		observations = append(observations, severe(health, c.labels))
	}
	if s.in.oomKilled && !s.in.finishedAt.IsZero() && !s.in.finishedAt.Equal(s.oomAt) {
		s.oomAt = s.in.finishedAt
		p.seen[c.id] = s
		if !first { // what happened before we looked is no news
			observations = append(observations, severe(messages.Observation{
				Signal: messages.NewKey("container_oom", name), Level: messages.Critical,
				Detail: "killed for memory: it reached its limit, or the host ran out",
			}.WithValue(1), c.labels))
		}
	}
	return observations, nil
}

// look inspects a container whose state is not the one that was inspected before.
func (p *Probe) look(ctx context.Context, c listed) (seen, error) {
	s, known := p.seen[c.id]
	if version := versionOf(c); !known || s.version != version {
		in, err := p.engine.inspect(ctx, c.id)
		if err != nil {
			return s, err
		}
		s.version, s.in = version, in
		s.down = judgeDown(c, in, func() (bool, error) { return p.engine.asked(ctx, c.id, in.finishedAt) })
		p.seen[c.id] = s
	}
	return s, nil
}

// versionOf changes with everything of a container that is judged: the status holds
// the exit code and the health, and how long ago, which is left out.
func versionOf(c listed) string {
	status := c.status
	if open, end := strings.IndexByte(status, '('), strings.IndexByte(status, ')'); open >= 0 && end > open {
		status = status[open : end+1]
	} else {
		status = ""
	}
	return c.state + status
}

// missing makes the observations of the containers that must run.
func (p *Probe) missing(all []listed, shown map[string]string) []messages.Observation {
	state := make(map[string]string)
	for _, c := range all {
		name := shown[c.id]
		if c.labels[labelExpect] == "true" {
			p.expected[name] = true
		}
		for _, n := range []string{c.name, name} {
			if !isRunning(state[n]) {
				state[n] = c.state
			}
		}
	}
	var observations []messages.Observation
	names := slices.Sorted(maps.Keys(p.expected))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(names, p.watched.expect...)))) {
		o := messages.Observation{Signal: messages.NewKey("container_missing", name), Detail: "it runs"}
		switch s, there := state[name]; {
		case !there:
			o.Level, o.Detail = messages.Critical, "expected, and there is no such container"
		case !isRunning(s):
			o.Level, o.Detail = messages.Critical, fmt.Sprintf("expected to run, and it is %s", s)
		}
		observations = append(observations, o)
	}
	return observations
}

// plain puts an error of the engine's in plain words: the client names the address
// that it was told, which is not the engine's.
func (p *Probe) plain(err error) string {
	switch {
	case errors.Is(err, ErrRefused):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time from " + p.host
	case client.IsErrConnectionFailed(err):
		return fmt.Sprintf("nothing answers at %s: is the engine up, and is the socket mounted and readable for this user (group_add in the Compose file)?", p.host)
	}
	return strings.ReplaceAll(err.Error(), nowhere, p.host)
}
