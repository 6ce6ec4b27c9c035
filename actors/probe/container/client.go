package container

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"orchestrator-watchdog/actors/peer"
)

// Endpoint is the address of the engine, or of a proxy in front of it.
type Endpoint struct {
	Host string   // unix:///path, tcp://host:port, or https://host:port for TLS
	TLS  peer.TLS // if any of it is set, tcp:// also uses TLS
	Logs bool     // GET of container logs is allowed
}

// oldest is the API of Docker 20.10, the first with one-shot statistics.
const oldest = "1.41"

// headerTimeout is how long the engine may take to begin an answer. It begins a stream of events at
// once, even if there are no events.
const headerTimeout = 10 * time.Second

// nowhere is the client's host, on which nothing listens. The client's methods that hijack a
// connection (attach, exec) dial it directly, without the guarded transport.
const nowhere = "unix:///dev/null/read-only"

// connection is a client, and the recognizer of its engine.
type connection struct {
	*client.Client
	*recognizer
}

// newClient creates a client whose requests all go through the guard.
func newClient(e Endpoint) (*connection, error) {
	base, err := e.transport()
	if err != nil {
		return nil, err
	}
	return guarded(base, e.Logs)
}

func guarded(base http.RoundTripper, logs bool) (*connection, error) {
	r := &recognizer{base: bounded{base}}
	// The host must come before the HTTP client: WithHost changes the transport.
	c, err := client.NewClientWithOpts(
		client.WithHost(nowhere),
		client.WithHTTPClient(&http.Client{Transport: guard{r, logs}, CheckRedirect: client.CheckRedirect}),
		client.WithAPIVersionNegotiation(),
	)
	return &connection{c, r}, err
}

// transport returns a transport that always dials the engine, whatever host a request names.
func (e Endpoint) transport() (*http.Transport, error) {
	network, target, err := e.address()
	if err != nil {
		return nil, err
	}
	secure, err := e.tls(target)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	dial := dialer.DialContext
	if secure != nil {
		dial = (&tls.Dialer{NetDialer: &dialer, Config: secure}).DialContext
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, network, target)
			if peer.IsOutOfFiles(err) {
				err = peer.Explain(err, 0) // the client would drop the cause of a dial error
			}
			return conn, err
		},
		MaxIdleConns:           atOnce,
		MaxIdleConnsPerHost:    atOnce,
		IdleConnTimeout:        time.Minute,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}, nil
}

func (e Endpoint) address() (network, target string, err error) {
	u, err := url.Parse(e.Host)
	switch {
	case err == nil && u.Scheme == "unix" && u.Path != "":
		return "unix", u.Path, nil
	case err == nil && (u.Scheme == "tcp" || u.Scheme == "https") && u.Host != "":
		return "tcp", u.Host, nil
	}
	return "", "", errors.New("WATCHDOG_DOCKER_HOST is neither unix:///path/to/docker.sock, tcp://host:port nor https://host:port")
}

// tls returns the TLS configuration; nil if the endpoint does not use TLS.
func (e Endpoint) tls(target string) (*tls.Config, error) {
	u, _ := url.Parse(e.Host)
	if u.Scheme == "unix" || u.Scheme == "tcp" && e.TLS == (peer.TLS{}) {
		return nil, nil
	}
	name, _, err := net.SplitHostPort(target)
	if err != nil {
		return nil, fmt.Errorf("WATCHDOG_DOCKER_HOST: %w", err)
	}
	trust, err := peer.LoadTLS(e.TLS)
	if err != nil {
		return nil, fmt.Errorf("docker.%w", err)
	}
	return trust.Config(name), nil
}

// negotiate sets the newest API version that both sides support. If a proxy hides the header with
// the engine's version, it uses the oldest version that both support.
func negotiate(ctx context.Context, c *client.Client) error {
	ping, err := c.Ping(ctx)
	if err != nil {
		return err
	}
	if ping.APIVersion == "" {
		return negotiateOldest(ctx, c)
	}
	if versions.LessThan(ping.APIVersion, oldest) {
		return fmt.Errorf("the engine speaks API %s, and the watchdog reads %s (Docker 20.10) or newer: upgrade the engine", ping.APIVersion, oldest)
	}
	c.NegotiateAPIVersionPing(types.Ping{APIVersion: ping.APIVersion})
	return nil
}

// minimum matches an engine's error for a version that is too old.
var minimum = regexp.MustCompile(`(?i)minimum supported API version is ([0-9]+\.[0-9]+)`)

// negotiateOldest sets the oldest API version that both sides support: oldest, or a later one if the
// engine demands it, as Docker 29 demands 1.44.
func negotiateOldest(ctx context.Context, c *client.Client) error {
	if err := client.WithVersion(oldest)(c); err != nil {
		return err
	}
	_, err := c.ContainerList(ctx, container.ListOptions{Limit: 1})
	if err == nil {
		return nil
	}
	if match := minimum.FindStringSubmatch(err.Error()); match != nil && versions.GreaterThan(match[1], oldest) {
		return client.WithVersion(match[1])(c)
	}
	return nil // another error will recur, and is reported then
}

// connect creates a client and negotiates the API version.
func (e Endpoint) connect(ctx context.Context) (*connection, error) {
	c, err := newClient(e)
	if err != nil {
		return nil, err
	}
	if err := negotiate(ctx, c.Client); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}
