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

// Endpoint is where the engine, or the proxy in front of it, answers.
type Endpoint struct {
	Host string   // unix:///path, tcp://host:port, or https://host:port for TLS
	TLS  peer.TLS // with any of it set, a tcp:// host speaks TLS, too
	Logs bool     // GET of containers' logs is allowed
}

// oldest is the API of Docker 20.10: the first whose statistics come in one shot.
const oldest = "1.41"

// headerWait is how long the engine may take to begin an answer. An events stream
// begins its answer at once, however quiet it is.
const headerWait = 10 * time.Second

// nowhere is the host that the client is told. Its methods that hijack a connection
// (attach, exec) dial by themselves, past any transport: they find no socket there.
const nowhere = "unix:///dev/null/read-only"

// connection is a client, and what the engine that it speaks with can tell.
type connection struct {
	*client.Client
	*recognizer
}

// newClient makes a client whose every request goes through the guard.
func newClient(e Endpoint) (*connection, error) {
	base, err := e.transport()
	if err != nil {
		return nil, err
	}
	return guarded(base, e.Logs)
}

func guarded(base http.RoundTripper, logs bool) (*connection, error) {
	r := &recognizer{base: bounded{base}}
	// The host before the HTTP client: the option for the host changes the transport.
	c, err := client.NewClientWithOpts(
		client.WithHost(nowhere),
		client.WithHTTPClient(&http.Client{Transport: guard{r, logs}, CheckRedirect: client.CheckRedirect}),
		client.WithAPIVersionNegotiation(),
	)
	return &connection{c, r}, err
}

// transport dials the engine, whatever address the client believes in.
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
			if peer.Exhausted(err) {
				err = peer.Words(err, 0) // the client drops the cause of what it knows as a failure to dial
			}
			return conn, err
		},
		MaxIdleConns:           atOnce,
		MaxIdleConnsPerHost:    atOnce,
		IdleConnTimeout:        time.Minute,
		ResponseHeaderTimeout:  headerWait,
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

// tls is nil where the endpoint speaks in the clear.
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

// negotiate agrees on the newest API that both speak. A proxy may hide the header by which
// the engine names its own: the oldest version that we read is tried then, and the engine
// says which is the oldest that it speaks.
func negotiate(ctx context.Context, c *client.Client) error {
	ping, err := c.Ping(ctx)
	if err != nil {
		return err
	}
	if ping.APIVersion == "" {
		return speakOldest(ctx, c)
	}
	if versions.LessThan(ping.APIVersion, oldest) {
		return fmt.Errorf("the engine speaks API %s, and the watchdog reads %s (Docker 20.10) or newer: upgrade the engine", ping.APIVersion, oldest)
	}
	c.NegotiateAPIVersionPing(types.Ping{APIVersion: ping.APIVersion})
	return nil
}

// minimum is what an engine says of a version that it speaks no more.
var minimum = regexp.MustCompile(`(?i)minimum supported API version is ([0-9]+\.[0-9]+)`)

// speakOldest agrees on the oldest version that both speak. Docker 29 speaks nothing below
// 1.44, for one.
func speakOldest(ctx context.Context, c *client.Client) error {
	if err := client.WithVersion(oldest)(c); err != nil {
		return err
	}
	_, err := c.ContainerList(ctx, container.ListOptions{Limit: 1})
	if err == nil {
		return nil
	}
	if said := minimum.FindStringSubmatch(err.Error()); said != nil && versions.GreaterThan(said[1], oldest) {
		return client.WithVersion(said[1])(c)
	}
	return nil // any other error comes again, and is told, where the version is used
}

// connect makes a client that has agreed on the version of the API.
func (e Endpoint) connect(ctx context.Context) (*connection, error) {
	c, err := newClient(e)
	if err != nil {
		return nil, err
	}
	if err := negotiate(ctx, c.Client); err != nil {
		_ = c.Close() // nothing was read from it that could be lost
		return nil, err
	}
	return c, nil
}
