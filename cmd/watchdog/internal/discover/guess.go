package discover

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/actors/probe/container"
)

// Proposal is a dependency that could be watched.
type Proposal struct {
	Name    string // the container's name
	Check   string // one kind with its settings, in YAML
	Why     string // what it was guessed from
	Deeper  string // a kind that checks more but needs a credential, in YAML; empty: none
	Problem string // why one trial of the check failed; empty: it was ok
}

// YAML returns the dependency as an entry of `dependencies:`.
func (p Proposal) YAML() string { return fmt.Sprintf("{name: %q, %s}", p.Name, p.Check) }

// server is a kind of server that is recognised by its image or its port.
type server struct {
	images []string // last part of the image's name, or a prefix of it
	port   uint16
	check  string // YAML; ADDR is replaced by host:port
	deeper string // likewise; NAME is replaced by the container's name
}

var servers = []server{
	{[]string{"postgres", "postgresql", "postgis", "timescaledb", "pgvector"}, 5432, `tcp: {addr: "ADDR"}`, `postgres: {dsn_file: "/run/secrets/NAME_dsn"}`},
	{[]string{"mysql", "mariadb", "percona"}, 3306, `tcp: {addr: "ADDR"}`, `mysql: {dsn_file: "/run/secrets/NAME_dsn"}`},
	{[]string{"redis", "valkey", "keydb"}, 6379, `redis: {addr: "ADDR"}`, `redis: {addr: "ADDR", password_file: "/run/secrets/NAME_password"}`},
	{[]string{"rabbitmq"}, 5672, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"mongo", "mongodb"}, 27017, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"kafka", "redpanda"}, 9092, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"memcached"}, 11211, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"nats"}, 4222, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"postfix", "exim", "opensmtpd", "mailserver", "docker-mailserver", "maddy"}, 25, `tcp: {addr: "ADDR"}`, ""},
	{[]string{"elasticsearch", "opensearch"}, 9200, `http: {url: "http://ADDR"}`, ""},
	{[]string{"minio"}, 9000, `http: {url: "http://ADDR/minio/health/live"}`, ""},
	{[]string{"gitea", "forgejo"}, 3000, `http: {url: "http://ADDR/api/healthz"}`, ""},
	{[]string{"grafana"}, 3000, `http: {url: "http://ADDR/api/health"}`, ""},
	{[]string{"prometheus"}, 9090, `http: {url: "http://ADDR/-/healthy"}`, ""},
	{[]string{"alertmanager"}, 9093, `http: {url: "http://ADDR/-/healthy"}`, ""},
}

// Address returns the address at which this process reaches a port of a container; empty: none.
type Address func(c container.Found, port uint16) string

// Propose returns a check of the container as a dependency. If nothing suggests one, ok is false.
func Propose(c container.Found, address Address) (p Proposal, ok bool) {
	p.Name = c.Name
	if !c.Running || c.Self || c.Ignored {
		return p, false
	}
	for _, guess := range []func(container.Found, Address) (Proposal, bool){byHealth, byImage, byPort} {
		if p, ok := guess(c, address); ok {
			p.Name = c.Name
			p.Deeper = strings.ReplaceAll(p.Deeper, "NAME", c.Name)
			return p, true
		}
	}
	return p, false
}

// healthURL matches the URL in a healthcheck of its own container.
var healthURL = regexp.MustCompile(`(https?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::([0-9]{1,5}))?(/[^\s"'|;&)\\]*)?`)

// byHealth proposes the URL of the container's own healthcheck.
func byHealth(c container.Found, address Address) (Proposal, bool) {
	m := healthURL.FindStringSubmatch(c.Health)
	if m == nil {
		return Proposal{}, false
	}
	port, err := strconv.ParseUint(m[2], 10, 16)
	if err != nil {
		port = map[string]uint64{"http": 80, "https": 443}[m[1]]
	}
	at := address(c, uint16(port))
	if at == "" {
		return Proposal{}, false
	}
	return Proposal{Check: fmt.Sprintf("http: {url: %q}", m[1]+"://"+at+m[3]), Why: "its own healthcheck requests that"}, true
}

func byImage(c container.Found, address Address) (Proposal, bool) {
	for _, s := range servers {
		if isImage(c, s.images) {
			return s.proposal(c, address, "the image is "+c.Image)
		}
	}
	return Proposal{}, false
}

// byPort proposes a check of a well-known port.
func byPort(c container.Found, address Address) (Proposal, bool) {
	for _, port := range c.Ports {
		switch why := fmt.Sprintf("it exposes port %d", port.Number); {
		case slices.Contains([]uint16{80, 8080, 8000, 3000}, port.Number):
			return server{port: port.Number, check: `http: {url: "http://ADDR"}`}.proposal(c, address, why)
		case port.Number == 443 || port.Number == 8443:
			return server{port: port.Number, check: `tls: {addr: "ADDR"}`}.proposal(c, address, why)
		default:
			for _, s := range servers {
				if s.port == port.Number && strings.HasPrefix(s.check, "tcp") {
					return s.proposal(c, address, why)
				}
			}
		}
	}
	return Proposal{}, false
}

func (s server) proposal(c container.Found, address Address, why string) (Proposal, bool) {
	at := address(c, s.port)
	fill := func(text string) string { return strings.ReplaceAll(text, "ADDR", at) }
	return Proposal{Check: fill(s.check), Deeper: fill(s.deeper), Why: why}, at != ""
}

// isImage reports whether the last part of the image's name, without its tag, is one of the names,
// alone or with a suffix such as -server.
func isImage(c container.Found, images []string) bool {
	image, _, _ := strings.Cut(c.Image, "@")
	image, _, _ = strings.Cut(path.Base(image), ":")
	return slices.ContainsFunc(images, func(name string) bool { return image == name || strings.HasPrefix(image, name+"-") })
}

// Addresses returns the addresses for a watchdog in a container of these networks, or on the host. In
// a container they are names in a shared network, on the host published ports.
func Addresses(self []string, inContainer bool) Address {
	return func(c container.Found, port uint16) string {
		at := func(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
		for _, p := range c.Ports {
			if p.Number == port && p.Published != 0 && !inContainer {
				return at("127.0.0.1", p.Published)
			}
		}
		switch {
		case inContainer:
			for _, name := range self {
				if _, shared := c.Networks[name]; shared && name != "bridge" { // the default network has no DNS
					return at(nameOf(c), port)
				}
			}
			return ""
		case c.OnHost:
			return at("127.0.0.1", port)
		}
		return ""
	}
}

// nameOf returns the name by which other containers reach it. The name of a Compose service stays
// the same when the container is re-created.
func nameOf(c container.Found) string {
	if c.Service != "" {
		return c.Service
	}
	return c.Name
}
