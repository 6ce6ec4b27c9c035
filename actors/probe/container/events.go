package container

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// event is one event of a container, in the words of Docker.
type event struct {
	id     string
	name   string
	action events.Action // with the name that Docker uses
	signal string        // signal of a kill
	code   int           // exit code of a die
	labels map[string]string
	at     time.Time
}

// eventFilter returns the filter of the stream, which the engine applies. It excludes the exec events
// of healthchecks, which would be a hundred times as many as the others.
func eventFilter(f dialect) filters.Args {
	args := filters.NewArgs()
	args.Add("type", string(events.ContainerEventType))
	for _, a := range f.events {
		args.Add("event", string(a))
	}
	return args
}

// newEvent converts an event of the engine.
func newEvent(e events.Message) event {
	name, _, _ := strings.Cut(string(e.Action), ":") // "health_status: healthy"
	action := events.Action(short(name))
	if ours, other := renamed[action]; other {
		action = ours
	}
	at := time.Unix(0, e.TimeNano)
	if e.TimeNano == 0 {
		at = time.Unix(e.Time, 0)
	}
	about := e.Actor.Attributes                // the container's labels are among them
	code, _ := strconv.Atoi(about["exitCode"]) // 0 if the event has none
	return event{
		id: short(e.Actor.ID), name: short(about["name"]), action: action, signal: short(about["signal"]), code: code,
		labels: relevant(about), at: at,
	}
}

// wakes reports whether the event needs a reading. A kill does not: either the container still
// runs, or a die follows.
func (h event) wakes() bool {
	return h.action != events.ActionKill && h.action != events.ActionCreate
}

// stops reports whether a signal asks a container to end. SIGHUP or SIGUSR1, for example, do not,
// nor does an unnamed signal.
func stops(signal string) bool {
	switch strings.TrimPrefix(strings.ToUpper(signal), "SIG") {
	case "2", "3", "9", "15", "INT", "QUIT", "KILL", "TERM":
		return true
	}
	return false
}
