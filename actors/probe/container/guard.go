package container

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

// ErrRefused says that the guard let a request not pass. The client's own
// IsErrConnectionFailed is true for it as well, so check for this one first.
var ErrRefused = errors.New("refused by the read-only guard")

// allowed are the paths that the probe needs, and no others: GET of archive, export,
// logs or attach/ws is not harmless.
var allowed = regexp.MustCompile(`^(?:/v1\.[0-9]+)?/(?:_ping|events|containers/json|containers/[a-zA-Z0-9][a-zA-Z0-9_.-]*/(?:json|stats))$`)

// allowedLogs is what is allowed as well where log lines are asked for.
var allowedLogs = regexp.MustCompile(`^(?:/v1\.[0-9]+)?/containers/[a-zA-Z0-9][a-zA-Z0-9_.-]*/logs$`)

// guard lets GET and HEAD of the allowed paths pass, and refuses anything else before
// a byte of it is written.
type guard struct {
	base http.RoundTripper
	logs bool // those of containers, too
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	path := allowed.MatchString(r.URL.Path) || g.logs && allowedLogs.MatchString(r.URL.Path)
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || !path {
		return nil, fmt.Errorf("%w: %s %s", ErrRefused, r.Method, r.URL.Path)
	}
	return g.base.RoundTrip(r)
}
