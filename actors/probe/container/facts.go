package container

import (
	"cmp"
	"fmt"
	"sync"
	"time"
)

// Facts are what is known of the containers beside their signals: for who is told of one. They
// outlive a reload, and may be used by several goroutines at once.
type Facts struct {
	mu      sync.Mutex
	known   map[string]fact // by name
	changed func(at time.Time, what string)
}

// fact is what is known of one container.
type fact struct {
	id      string
	image   string
	imageID string
	since   time.Time // the first container with this image that was seen was made then
	service string    // of Compose
	state   string    // in words
	starts  int       // within loopWithin
	memory  string    // in words; empty: it has no limit, or is not measured
}

// maxFacts bounds how many containers are remembered.
const maxFacts = 10_000

// NewFacts makes an empty collection. changed hears of what changed, at once; it does not block.
func NewFacts(changed func(at time.Time, what string)) *Facts {
	return &Facts{known: make(map[string]fact), changed: changed}
}

// note takes what a reading learnt of one container.
func (f *Facts) note(name string, next fact, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, known := f.known[name]
	switch {
	case known && before.imageID == next.imageID:
		next.since = before.since
	case known && before.image == next.image:
		f.changed(now, fmt.Sprintf("%s was made anew with another image %s", name, next.image))
	case known:
		f.changed(now, fmt.Sprintf("%s was made anew with the image %s instead of %s", name, next.image, before.image))
	case len(f.known) >= maxFacts:
		return
	}
	f.known[name] = next
}

// id is that of the container of a name; empty: it is not known.
func (f *Facts) id(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[name].id
}

// Lines are what a person would look up next about a container: its image and since when it is
// this one, starts, memory.
func (f *Facts) Lines(name string, zone *time.Location) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, known := f.known[name]
	if !known {
		return nil
	}
	lines := []string{fmt.Sprintf("image %s, since %s", k.image, k.since.In(zone).Format("2006-01-02 15:04 MST"))}
	if k.starts > 1 {
		lines = append(lines, fmt.Sprintf("%d starts within %.0f min", k.starts, loopWithin.Minutes()))
	}
	if k.memory != "" {
		lines = append(lines, "memory: "+k.memory)
	}
	return lines
}

// Of is the state of the container that a host name leads to: its name, or that of its Compose
// service. Empty: there is none.
func (f *Facts) Of(host string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k, known := f.known[host]; known {
		return fmt.Sprintf("its container %s: %s", host, k.state)
	}
	var found []string
	for name, k := range f.known {
		if k.service == host {
			found = append(found, name)
		}
	}
	if len(found) != 1 { // none, or several of one service: which one is asked nobody can say
		return ""
	}
	return fmt.Sprintf("its container %s: %s", found[0], f.known[found[0]].state)
}

// collect notes what the reading knows of the watched containers.
func (p *Probe) collect(watched []subject, starts map[string][]time.Time, now time.Time) {
	if p.Facts == nil {
		return
	}
	for _, s := range watched {
		next := fact{
			id:    s.id,
			image: s.image, imageID: s.imageID, since: time.Unix(s.created, 0), service: s.labels["com.docker.compose.service"], state: s.state,
			starts: within(starts[s.name], now),
		}
		if k := p.known[s.id]; k != nil {
			next.state = cmp.Or(k.down.Detail, s.state)
			if k.in.memory > 0 && k.memory.Valued {
				next.memory = k.memory.Detail
			}
		}
		p.Facts.note(s.name, next, now)
	}
}
