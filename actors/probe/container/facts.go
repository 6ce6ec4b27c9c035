package container

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Facts are facts about containers that messages show besides the signals. They survive a reload,
// and are safe for concurrent use.
type Facts struct {
	mu      sync.Mutex
	known   map[string]fact // by name
	blind   bool            // the engine does not answer, so states are old
	changed func(at time.Time, what string)
}

// fact is what is known about one container.
type fact struct {
	id      string
	image   string
	imageID string
	since   time.Time // creation of the first container that was seen with this image
	service string    // Compose service
	aliases []string  // host names
	state   string    // as text
	ended   time.Time // zero: it runs
	starts  int       // within loopWithin
	memory  string    // as text; empty: no limit
}

// maxFacts bounds the number of containers.
const maxFacts = 10_000

// NewFacts creates an empty collection. changed is called for each change of an image, and must
// not block.
func NewFacts(changed func(at time.Time, what string)) *Facts {
	return &Facts{known: make(map[string]fact), changed: changed}
}

// record stores what a reading knows about one container.
func (f *Facts) record(name string, next fact, now time.Time) {
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

// id returns the ID of a name's container; empty if it is unknown.
func (f *Facts) id(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[name].id
}

// Lines returns what a person would look up next about a container: its image and since when it
// has it, its starts, and its memory.
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

// ContainerOf returns the name of the container with a host name: its own name, its Compose service,
// or an alias in a network. It returns "" if there is none, or more than one.
func (f *Facts) ContainerOf(host string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.known[host]; known || host == "" {
		return host
	}
	found := ""
	for name, k := range f.known {
		if k.service != host && !slices.Contains(k.aliases, host) {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}

// State returns the state of a container as one line; empty if it is unknown or out of date.
func (f *Facts) State(name string, zone *time.Location) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, known := f.known[name]
	if !known || f.blind {
		return ""
	}
	line := fmt.Sprintf("its container %s: %s", name, k.state)
	if !k.ended.IsZero() {
		line += ", at " + k.ended.In(zone).Format("15:04:05 MST")
	}
	return line
}

// update stores whether the engine answers. If it does, containers that are not in there are marked
// as removed.
func (f *Facts) update(answers bool, there map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.blind = !answers; f.blind {
		return
	}
	for name, k := range f.known {
		if !there[name] {
			k.id, k.state, k.ended, k.starts, k.memory = "", "missing, it was removed", time.Time{}, 0, ""
			f.known[name] = k
		}
	}
}

// recordFacts stores the facts of a reading about the watched containers.
func (p *Probe) recordFacts(watched []subject, starts map[string][]time.Time, now time.Time) {
	if p.Facts == nil {
		return
	}
	there := make(map[string]bool, len(watched))
	for _, s := range watched {
		there[s.name] = true
		next := fact{
			id:    s.id,
			image: s.image, imageID: s.imageID, since: time.Unix(s.created, 0), service: s.labels["com.docker.compose.service"], state: s.state,
			starts: within(starts[s.name], now),
		}
		if k := p.known[s.id]; k != nil {
			// Without the hint where to look, which is part of the container's own signal.
			next.state, next.aliases = cmp.Or(strings.TrimSuffix(k.down.Detail, logsHint(p.engine.dialect(), s.listed)), s.state), k.in.aliases
			if isOver(s.state) {
				next.ended = k.in.finishedAt
			}
			next.memory = memoryFact(k)
		}
		p.Facts.record(s.name, next, now)
	}
	p.Facts.update(true, there)
}

// memoryFact returns a container's last measured memory use and its limit; empty without a limit.
func memoryFact(k *known) string {
	switch {
	case k.in.memory == 0:
		return ""
	case k.memory.Valued:
		return k.memory.Detail
	}
	return fmt.Sprintf("limit %s, not measured yet", bytesText(uint64(k.in.memory)))
}
