package container

import (
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// recreate is how long a name may be without a container before its signals are gone:
// Compose, or a person, removes one and makes another by its name.
const recreate = 3 * time.Second

// shown is what the last reading of a name said.
type shown struct {
	id      string
	at      time.Time
	signals []messages.Key
}

// vanished makes the observations of the names whose container was removed a moment
// ago: nothing is known of them. One that goes by another name now is not among them.
func (p *Probe) vanished(now time.Time) []messages.Observation {
	var observations []messages.Observation
	for _, name := range slices.Sorted(maps.Keys(p.shown)) {
		was := p.shown[name]
		switch life := p.journal[was.id]; {
		case was.at.Equal(now): // it is there
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
