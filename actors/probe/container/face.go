package container

import (
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/docker/docker/api/types/events"
)

// face is what an engine tells of its containers, and how. What it does not tell is said as
// such, and never guessed.
type face struct {
	name    string          // as people know it
	command string          // of its command line
	events  []events.Action // that it is asked for, by its own names
	// tellsStops says that every stop and kill is among the events, with the signal.
	tellsStops bool
	// tellsKills says that a kill for memory is among the events.
	tellsKills bool
	// tellsPast says that events of a time that is over can be asked for.
	tellsPast bool
	// listAgain is how often a list that fails is asked for again: Podman gives none where a
	// container ends while it makes it.
	listAgain int
}

var dockerFace = face{
	name: "Docker", command: "docker", tellsStops: true, tellsKills: true, tellsPast: true,
	events: []events.Action{
		events.ActionCreate, events.ActionStart, events.ActionDie, events.ActionOOM, events.ActionKill, events.ActionStop,
		events.ActionPause, events.ActionUnPause, events.ActionRename, events.ActionUpdate, events.ActionDestroy, events.ActionHealthStatus,
	},
}

// podmanFace is as Debian's 4.3 was seen to be. Of a stop it tells now and then, as two of its
// processes race; of a kill it does not tell the signal. It calls the end of a container died
// in a filter and die in an event.
var podmanFace = face{
	name: "Podman", command: "podman", listAgain: 2,
	events: []events.Action{
		events.ActionCreate, events.ActionStart, "died", events.ActionDie, events.ActionKill, events.ActionStop, actionCleanup,
		events.ActionPause, events.ActionUnPause, events.ActionRename, events.ActionUpdate, events.ActionRemove, events.ActionHealthStatus,
	},
}

// actionCleanup is what Podman tells after the end of a container: once, and once more where a
// command such as podman stop waited for that end.
const actionCleanup events.Action = "cleanup"

// renamed are the actions that Podman calls by another name than Docker.
var renamed = map[events.Action]events.Action{"died": events.ActionDie, events.ActionRemove: events.ActionDestroy}

// infraName is what Podman calls the container that holds the namespaces of a pod.
var infraName = regexp.MustCompile(`^[0-9a-f]{12}-infra$`)

// isInfra tells whether it is the container of a pod that nobody made by hand.
func (f face) isInfra(name, image string) bool {
	return f.name == podmanFace.name && (infraName.MatchString(name) || strings.Contains(image, "/podman-pause:"))
}

// unsaid is what can be said of who asked a container to end, where it tells of no stop.
func (f face) unsaid() string { return f.name + " does not say who asked it to end" }

// podmanHeader stands in every answer of Podman's.
const podmanHeader = "Libpod-Api-Version"

// recognizer keeps which engine answers. A proxy that hides the header hides Podman, too,
// which is read as Docker then.
type recognizer struct {
	base   http.RoundTripper
	podman atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (r *recognizer) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.base.RoundTrip(request)
	if err == nil && answer.Header.Get(podmanHeader) != "" {
		r.podman.Store(true)
	}
	return answer, err
}

// face is that of the engine that answered.
func (r *recognizer) face() face {
	if r.podman.Load() {
		return podmanFace
	}
	return dockerFace
}
