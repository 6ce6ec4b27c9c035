package container

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
)

// listed is a container as the list shows it.
type listed struct {
	id     string
	name   string // without the slash
	state  string // created, running, paused, restarting, removing, exited, dead
	status string // for people, with the health in brackets
	labels map[string]string
}

// inspected is what a list does not tell.
type inspected struct {
	exitCode   int
	oomKilled  bool
	finishedAt time.Time
	health     string // none, starting, healthy, unhealthy
	healthLog  string // the last output of its healthcheck
	err        string // why it could not be started
}

// engine is what the probe sees of Docker.
type engine interface {
	list(ctx context.Context) ([]listed, error)
	inspect(ctx context.Context, id string) (inspected, error)
	// asked tells whether somebody asked the container to stop shortly before the time.
	asked(ctx context.Context, id string, before time.Time) (bool, error)
}

// docker is the engine over the guarded client.
type docker struct{ client *client.Client }

func (d docker) list(ctx context.Context) ([]listed, error) {
	summaries, err := d.client.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, err
	}
	all := make([]listed, 0, len(summaries))
	for i := range summaries {
		s := &summaries[i]
		all = append(all, listed{id: s.ID, name: ownName(s.Names, s.ID), state: s.State, status: s.Status, labels: s.Labels})
	}
	return all, nil
}

func (d docker) inspect(ctx context.Context, id string) (inspected, error) {
	r, err := d.client.ContainerInspect(ctx, id)
	if err != nil {
		return inspected{}, err
	}
	if r.ContainerJSONBase == nil || r.State == nil {
		return inspected{}, fmt.Errorf("the engine says nothing of the state of container %.12s", id)
	}
	in := inspected{exitCode: r.State.ExitCode, oomKilled: r.State.OOMKilled, err: r.State.Error}
	in.finishedAt, _ = time.Parse(time.RFC3339Nano, r.State.FinishedAt)
	if r.State.Health != nil {
		in.health = r.State.Health.Status
		if n := len(r.State.Health.Log); n > 0 && r.State.Health.Log[n-1] != nil {
			in.healthLog = r.State.Health.Log[n-1].Output
		}
	}
	return in, nil
}

// askedWithin is how long before its end a container may have been asked to stop:
// longer than any sensible stop timeout.
const askedWithin = 5 * time.Minute

// asked looks the container's last events up. The engine keeps some hundred of all
// containers together: those of long ago are gone.
func (d docker) asked(ctx context.Context, id string, before time.Time) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, errs := d.client.Events(ctx, events.ListOptions{
		Since:   stamp(before.Add(-askedWithin)),
		Until:   stamp(before.Add(time.Second)),
		Filters: filters.NewArgs(filters.Arg("type", "container"), filters.Arg("container", id)),
	})
	asked := false
	for {
		select {
		case e := <-stream:
			switch e.Action {
			case events.ActionKill:
				asked = asked || stops(e.Actor.Attributes["signal"])
			case events.ActionStart:
				asked = false // that was a former life of the container
			default:
			}
		case err := <-errs:
			if err != nil && ctx.Err() == nil && !isEnd(err) {
				return asked, err
			}
			return asked, ctx.Err()
		}
	}
}

func stamp(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }
