package container

import (
	"slices"
	"time"

	"github.com/docker/docker/api/types/events"
)

const (
	// askedWithin is how long before its end a container may have been asked to stop:
	// longer than any sensible stop timeout.
	askedWithin = 15 * time.Minute
	// oomApart is how far apart two kills for memory are to count as two: the kernel may
	// report one several times.
	oomApart = time.Second
	// removedAtOnce is how soon after its end the engine removes a container of --rm.
	removedAtOnce = 5 * time.Second
	// sameStart is how far apart the start that an inspect tells and the event of it may
	// be. No engine starts a container again within that time.
	sameStart = 100 * time.Millisecond
	// endsSoon is how soon after a signal that the engine does not name a container must end,
	// for the signal to have asked it.
	endsSoon = 10 * time.Second
	// tidiedSoon is how soon after the end of a container Podman's commands tidy up that waited
	// for it.
	tidiedSoon = 5 * time.Second
	// maxStarts of one container are kept: more than a loop needs to be seen.
	maxStarts = 64
)

// life is what is known of one container besides its present state.
type life struct {
	name    string      // of the subject whose container it is, or was
	starts  []time.Time // oldest first, at most maxStarts
	killed  time.Time   // when a signal last asked it to end
	stopped time.Time   // when the engine last said that it was stopped
	hit     time.Time   // when it last got a signal that the engine does not name
	tidied  int         // how often it was tidied up right after its end: only Podman tells it
	oom     time.Time   // the last kill for memory, told or not
	ooms    int         // kills for memory that nobody was told of yet
	changed bool        // it is to be inspected, whatever the list says
	died    time.Time   // when it last ended, and with which code
	code    int
	ended   bool // a reading saw that it had ended: it was not removed at once
	crashed bool // it ended by itself with a code other than 0 and was removed at once, and nobody was told yet

	unread  unread
	watched bool
	labels  map[string]string
}

// unread is why a container could not be inspected, when that was last tried; empty: it
// could.
type unread struct {
	at   time.Time
	why  string
	hung bool // no answer came in time
}

// past is what the engine told of before we listened; with err not all of it.
type past struct {
	lives journal
	err   error
}

// of is what was told of one container; never nil.
func (p past) of(id string) *life {
	if l := p.lives[id]; l != nil {
		return l
	}
	return &life{}
}

// add takes one event.
func (l *life) add(h happening) {
	if l.name == "" {
		l.name = nameOf(listed{name: h.name, labels: h.labels})
		l.labels = h.labels
	}
	l.changed = true
	switch h.action {
	case events.ActionStart:
		l.ended, l.tidied = false, 0
		l.start(h.at)
	case events.ActionKill:
		switch {
		case h.signal == "":
			l.hit = h.at
		case stops(h.signal):
			l.killed = h.at
		}
	case actionCleanup:
		if h.at.Sub(l.died) < tidiedSoon {
			l.tidied++
		}
	case events.ActionStop:
		l.stopped = h.at
	case events.ActionOOM:
		l.killedForMemory(h.at)
	case events.ActionDie:
		l.died, l.code = h.at, h.code
	case events.ActionDestroy:
		l.crashed = !l.ended && l.code != 0 && h.at.Sub(l.died) < removedAtOnce && !l.askedToStop(l.died) && !l.wasHit(l.died) && l.tidied == 0
	default:
	}
}

// start keeps a start. One may be told twice: by an inspect and by its event, or by an
// event that the engine tells again after a new connect.
func (l *life) start(at time.Time) {
	i, _ := slices.BinarySearchFunc(l.starts, at, time.Time.Compare)
	if i > 0 && at.Sub(l.starts[i-1]) < sameStart || i < len(l.starts) && l.starts[i].Sub(at) < sameStart {
		return
	}
	l.starts = slices.Insert(l.starts, i, at)
	l.starts = l.starts[max(0, len(l.starts)-maxStarts):]
}

// killedForMemory keeps a kill for memory, unless it is known already.
func (l *life) killedForMemory(at time.Time) {
	if at.Before(l.oom.Add(oomApart)) {
		return
	}
	l.oom = at
	l.ooms++
}

// askedToStop tells whether the end at the given time was asked for: by a signal
// before it in the same run, or the engine said so afterwards.
func (l *life) askedToStop(ended time.Time) bool {
	began := ended.Add(-askedWithin)
	if i, _ := slices.BinarySearchFunc(l.starts, ended, time.Time.Compare); i > 0 && l.starts[i-1].After(began) {
		began = l.starts[i-1]
	}
	return l.killed.After(began) && l.killed.Before(ended.Add(time.Second)) || l.stopped.After(ended.Add(-time.Second))
}

// wasHit tells whether a signal came right before the end at the given time, of which the
// engine does not say which.
func (l *life) wasHit(ended time.Time) bool {
	return l.hit.After(ended.Add(-endsSoon)) && l.hit.Before(ended.Add(time.Second))
}

// journal is what is known of every container, by ID.
type journal map[string]*life

func (j journal) of(id string) *life {
	l := j[id]
	if l == nil {
		l = &life{changed: true}
		j[id] = l
	}
	return l
}

// starts are those of all containers that bear the name or did, by name and oldest
// first: a container that was made anew goes on with those of its predecessor.
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

// forget drops the containers that are gone, once their starts do not count any more.
func (j journal) forget(there map[string]bool, now time.Time) {
	for id, l := range j {
		if !there[id] && within(l.starts, now) == 0 {
			delete(j, id)
		}
	}
}
