package container

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/docker/docker/client"
)

// ErrRefused says that the guard let a request not pass. The client's own
// IsErrConnectionFailed is true for it as well: ask for this one first.
var ErrRefused = errors.New("refused by the read-only guard")

// allowed are the paths that the probe needs, and no others: GET of archive, export,
// logs or attach/ws is not harmless.
var allowed = regexp.MustCompile(`^(?:/v1\.[0-9]+)?/(?:_ping|containers/json|containers/[a-zA-Z0-9][a-zA-Z0-9_.-]*/json|events)$`)

// guard lets GET and HEAD of the allowed paths pass, and refuses anything else before
// a byte of it is written.
type guard struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || !allowed.MatchString(r.URL.Path) {
		return nil, fmt.Errorf("%w: %s %s", ErrRefused, r.Method, r.URL.Path)
	}
	return g.base.RoundTrip(r)
}

// nowhere is the host that the client is told. Its methods that hijack a connection
// (attach, exec) dial by themselves, past any transport: they find no socket there.
const nowhere = "unix:///dev/null/read-only"

// newClient makes a client whose every request goes through the guard, to the engine
// at host (unix:///path or tcp://host:port).
func newClient(host string) (*client.Client, error) {
	address, err := url.Parse(host)
	if err != nil || (address.Scheme != "unix" && address.Scheme != "tcp") {
		return nil, fmt.Errorf("WATCHDOG_DOCKER_HOST %q is neither unix:///path/to/docker.sock nor tcp://host:port", host)
	}
	network, target := "tcp", address.Host
	if address.Scheme == "unix" {
		network, target = "unix", address.Path
	}
	var dialer net.Dialer
	base := &http.Transport{
		// Whatever address the client believes in: the engine's is dialled.
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, target)
		},
		MaxIdleConns:           4,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
	// The host before the HTTP client: the option for the host changes the transport.
	return client.NewClientWithOpts(
		client.WithHost(nowhere),
		client.WithHTTPClient(&http.Client{Transport: guard{base}, CheckRedirect: client.CheckRedirect}),
		client.WithAPIVersionNegotiation(),
	)
}
