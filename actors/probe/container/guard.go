package container

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

// errRefused says that the guard refused a request. The client's IsErrConnectionFailed is also
// true for it, so check for errRefused first.
var errRefused = errors.New("refused by the read-only guard")

// allowed matches only the paths that the probe needs: even a GET of archive, export, logs or
// attach/ws can do harm.
var allowed = regexp.MustCompile(`^(?:/v1\.[0-9]+)?/(?:_ping|events|containers/json|containers/[a-zA-Z0-9][a-zA-Z0-9_.-]*/(?:json|stats))$`)

// allowedLogs matches the paths that are also allowed if log lines are switched on.
var allowedLogs = regexp.MustCompile(`^(?:/v1\.[0-9]+)?/containers/[a-zA-Z0-9][a-zA-Z0-9_.-]*/logs$`)

// guard passes GET and HEAD of the allowed paths, and refuses every other request before a byte
// of it is sent.
type guard struct {
	base http.RoundTripper
	logs bool // also allow container logs
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	path := allowed.MatchString(r.URL.Path) || g.logs && allowedLogs.MatchString(r.URL.Path)
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || !path {
		return nil, fmt.Errorf("%w: %s %s", errRefused, r.Method, r.URL.Path)
	}
	return g.base.RoundTrip(r)
}
