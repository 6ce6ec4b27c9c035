package container

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Facts are what is known of the containers beside their signals: for who is told of one. They
// outlive a reload, and may be used by several goroutines at once.
type Facts struct {
	mu      sync.Mutex
	known   map[string]fact // by name
	blind   bool            // the engine does not answer: states are old
	changed func(at time.Time, what string)
}

// fact is what is known of one container.
type fact struct {
	id      string
	image   string
	imageID string
	since   time.Time // the first container with this image that was seen was made then
	service string    // of Compose
	aliases []string  // host names that lead to it
	state   string    // in words
	ended   time.Time // zero: it runs
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

// Behind is the name of the container that a host name leads to: its own name, that of its
// Compose service, or an alias in a network. Empty: there is none, or nobody can say which of
// several.
func (f *Facts) Behind(host string) string {
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

// State is how a container is, in one line. Empty: it is not known, or not any more.
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

// see notes whether the engine answers, and that containers which are not there any more are
// gone.
func (f *Facts) see(answers bool, there map[string]bool) {
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

// collect notes what the reading knows of the watched containers.
func (p *Probe) collect(watched []subject, starts map[string][]time.Time, now time.Time) {
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
			// Where to look is said by the signal of the container itself.
			next.state, next.aliases = cmp.Or(strings.TrimSuffix(k.down.Detail, logsHint(p.engine.face(), s.listed)), s.state), k.in.aliases
			if isOver(s.state) {
				next.ended = k.in.finishedAt
			}
			next.memory = memoryFact(k)
		}
		p.Facts.note(s.name, next, now)
	}
	p.Facts.see(true, there)
}

// memoryFact is what a container used when it was last measured, and its limit. Empty: it has
// none.
func memoryFact(k *known) string {
	switch {
	case k.in.memory == 0:
		return ""
	case k.memory.Valued:
		return k.memory.Detail
	}
	return fmt.Sprintf("limit %s, not measured yet", bytesText(uint64(k.in.memory)))
}
