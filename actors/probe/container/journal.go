package container

import (
	"slices"
	"time"

	"github.com/docker/docker/api/types/events"
)

const (
	// askedWithin is how long before its end a container may have been asked to stop. It is longer
	// than any sensible stop timeout.
	askedWithin = 15 * time.Minute
	// oomApart is the minimum time between two kills for memory: the kernel may report one kill
	// several times.
	oomApart = time.Second
	// removedAtOnce is how soon after its end the engine removes a container of --rm.
	removedAtOnce = 5 * time.Second
	// sameStart is the maximum difference between the start time of an inspect and of the event of
	// the same start. No engine starts a container again within that time.
	sameStart = 100 * time.Millisecond
	// unnamedSignalWithin is how soon after an unnamed signal a container must end for the signal to
	// count as a request.
	unnamedSignalWithin = 10 * time.Second
	// cleanupWithin is how soon after the end of a container Podman's commands that waited for it
	// report a cleanup.
	cleanupWithin = 5 * time.Second
	// maxStarts bounds the starts that are kept of one container. A loop needs fewer.
	maxStarts = 64
)

// life is the history of one container.
type life struct {
	name          string      // name of the subject that the container belongs or belonged to
	starts        []time.Time // oldest first, at most maxStarts
	killed        time.Time   // last signal that asked it to end
	stopped       time.Time   // last event that says that it was stopped
	unnamedSignal time.Time   // last signal that the engine does not name
	cleanups      int         // cleanups right after its end; only Podman reports them
	oom           time.Time   // last kill for memory
	ooms          int         // kills for memory that are not observed yet
	changed       bool        // it must be inspected, whatever the list says
	died          time.Time   // its last end
	code          int         // exit code of its last end
	ended         bool        // a reading has seen that it ended, so it was not removed at once
	crashed       bool        // it crashed and was removed at once, which is not observed yet

	failure inspectFailure
	watched bool
	labels  map[string]string
}

// inspectFailure is why the last inspect of a container failed; the zero value if it did not.
type inspectFailure struct {
	at   time.Time
	why  string
	hung bool // no answer came in time
}

// past are the events from before the stream began; incomplete if err is set.
type past struct {
	lives journal
	err   error
}

// of returns the past of one container, never nil.
func (p past) of(id string) *life {
	if l := p.lives[id]; l != nil {
		return l
	}
	return &life{}
}

// add adds an event.
func (l *life) add(h event) {
	if l.name == "" {
		l.name = nameOf(listed{name: h.name, labels: h.labels})
		l.labels = h.labels
	}
	l.changed = true
	switch h.action {
	case events.ActionStart:
		l.ended, l.cleanups = false, 0
		l.start(h.at)
	case events.ActionKill:
		switch {
		case h.signal == "":
			l.unnamedSignal = h.at
		case stops(h.signal):
			l.killed = h.at
		}
	case actionCleanup:
		if h.at.Sub(l.died) < cleanupWithin {
			l.cleanups++
		}
	case events.ActionStop:
		l.stopped = h.at
	case events.ActionOOM:
		l.killedForMemory(h.at)
	case events.ActionDie:
		l.died, l.code = h.at, h.code
	case events.ActionDestroy:
		l.crashed = !l.ended && l.code != 0 && h.at.Sub(l.died) < removedAtOnce && !l.askedToStop(l.died) && !l.hadUnnamedSignal(l.died) && l.cleanups == 0
	default:
	}
}

// start adds a start unless it is known: an inspect and an event may report the same start, and
// the engine may repeat events after a reconnect.
func (l *life) start(at time.Time) {
	i, _ := slices.BinarySearchFunc(l.starts, at, time.Time.Compare)
	if i > 0 && at.Sub(l.starts[i-1]) < sameStart || i < len(l.starts) && l.starts[i].Sub(at) < sameStart {
		return
	}
	l.starts = slices.Insert(l.starts, i, at)
	l.starts = l.starts[max(0, len(l.starts)-maxStarts):]
}

// killedForMemory adds a kill for memory unless it is known.
func (l *life) killedForMemory(at time.Time) {
	if at.Before(l.oom.Add(oomApart)) {
		return
	}
	l.oom = at
	l.ooms++
}

// askedToStop reports whether the end at a time was requested: by a signal before it in the same
// run, or by a stop event after it.
func (l *life) askedToStop(ended time.Time) bool {
	began := ended.Add(-askedWithin)
	if i, _ := slices.BinarySearchFunc(l.starts, ended, time.Time.Compare); i > 0 && l.starts[i-1].After(began) {
		began = l.starts[i-1]
	}
	return l.killed.After(began) && l.killed.Before(ended.Add(time.Second)) || l.stopped.After(ended.Add(-time.Second))
}

// hadUnnamedSignal reports whether an unnamed signal came right before the end at a time.
func (l *life) hadUnnamedSignal(ended time.Time) bool {
	return l.unnamedSignal.After(ended.Add(-unnamedSignalWithin)) && l.unnamedSignal.Before(ended.Add(time.Second))
}

// journal is the history of all containers, by ID.
type journal map[string]*life

func (j journal) of(id string) *life {
	l := j[id]
	if l == nil {
		l = &life{changed: true}
		j[id] = l
	}
	return l
}

// starts returns the starts of all containers, by name and oldest first. A recreated container
// adds to the starts of its predecessor.
func (j journal) starts() map[string][]time.Time {
	all := make(map[string][]time.Time)
	for _, l := range j {
		if len(l.starts) > 0 {
			all[l.name] = append(all[l.name], l.starts...)
		}
	}
	for _, starts := range all {
		slices.SortFunc(starts, time.Time.Compare)
	}
	return all
}

// forget deletes the containers that are gone and whose starts are too old to count.
func (j journal) forget(there map[string]bool, now time.Time) {
	for id, l := range j {
		if !there[id] && within(l.starts, now) == 0 {
			delete(j, id)
		}
	}
}
