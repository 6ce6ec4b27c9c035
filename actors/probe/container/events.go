package container

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// happening is what the stream says of one container, in our words.
type happening struct {
	id     string
	name   string
	action events.Action
	signal string // of a kill
	code   int    // of a die: the exit code
	labels map[string]string
	at     time.Time
}

// toldOnly is the filter of the stream, which the engine applies: those events after which a
// container is to be looked at, and a kill, which says that somebody asked it to stop. The
// exec events of healthchecks would be a hundred times as many.
func toldOnly(f face) filters.Args {
	args := filters.NewArgs()
	args.Add("type", string(events.ContainerEventType))
	for _, a := range f.events {
		args.Add("event", string(a))
	}
	return args
}

// happened puts an event in our words.
func happened(e events.Message) happening {
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
	code, _ := strconv.Atoi(about["exitCode"]) // 0 where the event has none
	return happening{
		id: short(e.Actor.ID), name: short(about["name"]), action: action, signal: short(about["signal"]), code: code,
		labels: relevant(about), at: at,
	}
}

// wakes tells whether the container is to be looked at now. After a kill there is
// nothing to see yet: it still runs, or its end is told by a die.
func (h happening) wakes() bool {
	return h.action != events.ActionKill && h.action != events.ActionCreate
}

// stops tells whether a signal of a kill asks a container to end: SIGHUP or SIGUSR1,
// say, do not. An engine that does not name the signal says nothing of it.
func stops(signal string) bool {
	switch strings.TrimPrefix(strings.ToUpper(signal), "SIG") {
	case "2", "3", "9", "15", "INT", "QUIT", "KILL", "TERM":
		return true
	}
	return false
}
