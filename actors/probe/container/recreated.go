package container

import (
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// recreate is how long a name may be without a container before its signals are retired: Compose,
// or a person, removes a container and creates another with its name.
const recreate = 3 * time.Second

// shown are the signals of a name in the last reading that observed it.
type shown struct {
	id      string
	at      time.Time
	signals []messages.Key
}

// vanished returns the observations of the names whose container was removed a moment ago: their
// signals are unknown. A container that was renamed is not among them.
func (p *Probe) vanished(now time.Time) []messages.Observation {
	var observations []messages.Observation
	for _, name := range slices.Sorted(maps.Keys(p.shown)) {
		was := p.shown[name]
		switch life := p.journal[was.id]; {
		case was.at.Equal(now): // it exists
		case life != nil && life.name != name, now.Sub(was.at) >= recreate:
			delete(p.shown, name)
		default:
			for _, key := range was.signals {
				observations = append(observations, messages.Observation{Signal: key, Level: messages.Unknown, Detail: "its container was removed a moment ago"})
			}
		}
	}
	return observations
}
