package container

import (
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/docker/docker/api/types/events"
)

// dialect describes which events an engine reports, and how. What an engine does not report is shown
// as unknown, and never guessed.
type dialect struct {
	name    string          // name of the product
	command string          // name of its command line
	events  []events.Action // events to subscribe to, by the engine's own names
	// reportsStops says that there is an event, with the signal, for every stop and kill.
	reportsStops bool
	// reportsOOM says that there is an event for a kill for memory.
	reportsOOM bool
	// hasPast says that past events can be requested.
	hasPast bool
	// listRetries is how often a list that fails is retried: Podman fails a list if a container ends
	// meanwhile.
	listRetries int
}

var dockerDialect = dialect{
	name: "Docker", command: "docker", reportsStops: true, reportsOOM: true, hasPast: true,
	events: []events.Action{
		events.ActionCreate, events.ActionStart, events.ActionDie, events.ActionOOM, events.ActionKill, events.ActionStop,
		events.ActionPause, events.ActionUnPause, events.ActionRename, events.ActionUpdate, events.ActionDestroy, events.ActionHealthStatus,
	},
}

// podmanDialect describes Podman 4.3 of Debian. It reports a stop only sometimes, since two of its
// processes race, and a kill without the signal. The end of a container is "died" in a filter, but
// "die" in an event.
var podmanDialect = dialect{
	name: "Podman", command: "podman", listRetries: 2,
	events: []events.Action{
		events.ActionCreate, events.ActionStart, "died", events.ActionDie, events.ActionKill, events.ActionStop, actionCleanup,
		events.ActionPause, events.ActionUnPause, events.ActionRename, events.ActionUpdate, events.ActionRemove, events.ActionHealthStatus,
	},
}

// actionCleanup is Podman's event after the end of a container. It comes twice if a command such
// as podman stop waited for the end.
const actionCleanup events.Action = "cleanup"

// renamed maps Podman's names of actions to Docker's.
var renamed = map[events.Action]events.Action{"died": events.ActionDie, events.ActionRemove: events.ActionDestroy}

// infraName matches the name of the container that holds the namespaces of a Podman pod.
var infraName = regexp.MustCompile(`^[0-9a-f]{12}-infra$`)

// isInfra reports whether a container is one that Podman creates for a pod.
func (f dialect) isInfra(name, image string) bool {
	return f.name == podmanDialect.name && (infraName.MatchString(name) || strings.Contains(image, "/podman-pause:"))
}

// requesterUnknown is the text for an end of which the engine does not report whether it was
// requested.
func (f dialect) requesterUnknown() string { return f.name + " does not say who asked it to end" }

// podmanHeader is in every answer of Podman.
const podmanHeader = "Libpod-Api-Version"

// recognizer detects which engine answers. Behind a proxy that hides podmanHeader, Podman is
// taken for Docker.
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

// dialect returns the dialect of the engine that answered.
func (r *recognizer) dialect() dialect {
	if r.podman.Load() {
		return podmanDialect
	}
	return dockerDialect
}
