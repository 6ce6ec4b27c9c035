package container

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
)

// Found is a container that Discover found. Its texts come from the engine and are not trusted.
type Found struct {
	Name    string // as in signals
	Image   string
	Service string // Compose service; empty: none
	Running bool
	Self    bool   // the watchdog runs in it
	Ignored bool   // its label watchdog.enable is false
	Restart string // restart policy: always, unless-stopped, on-failure; empty: none
	Ports   []Port // TCP ports, by number
	Health  string // command of its healthcheck; empty: none

	Networks map[string]netip.Addr // its address in each network
	OnHost   bool                  // it uses the network of the host
}

// Port is a TCP port that a container exposes or publishes.
type Port struct {
	Number    uint16
	Published uint16 // port of the host; 0: none
}

// Discover returns the containers of an engine, sorted by name. Like the probe, it sends only GET
// requests. It also returns the containers that it can't inspect, with an error that names them.
func Discover(ctx context.Context, e Endpoint) ([]Found, error) {
	d := &docker{endpoint: e}
	all, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	defer d.client.Close()
	self := Self()
	var found []Found
	var errs []error
	for _, s := range subjects(all) {
		f := Found{
			Name: s.name, Image: s.image, Service: s.labels["com.docker.compose.service"], Running: isRunning(s.state),
			Self: s.id == self, Ignored: s.labels["watchdog.enable"] == "false",
		}
		if err := d.describe(ctx, s.id, &f); err != nil {
			errs = append(errs, errors.New(s.name+": "+e.explain(err)))
		}
		found = append(found, f)
	}
	return found, errors.Join(errs...)
}

// describe inspects a container and adds what the list does not contain.
func (d *docker) describe(ctx context.Context, id string, f *Found) error {
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	r, err := d.client.ContainerInspect(ctx, id)
	if err != nil {
		return err
	}
	ports := make(map[uint16]uint16)
	if r.Config != nil {
		for port := range r.Config.ExposedPorts {
			notePort(ports, port, nil)
		}
		if h := r.Config.Healthcheck; h != nil {
			f.Health = short(strings.Join(h.Test, " "))
		}
	}
	if r.ContainerJSONBase != nil && r.HostConfig != nil {
		if name := r.HostConfig.RestartPolicy.Name; name != container.RestartPolicyDisabled {
			f.Restart = string(name)
		}
		f.OnHost = r.HostConfig.NetworkMode.IsHost()
	}
	if n := r.NetworkSettings; n != nil {
		for port, bindings := range n.Ports {
			notePort(ports, port, bindings)
		}
		f.Networks = make(map[string]netip.Addr)
		for name, endpoint := range n.Networks {
			if address, err := netip.ParseAddr(endpoint.IPAddress); err == nil {
				f.Networks[name] = address
			}
		}
	}
	for number, published := range ports {
		f.Ports = append(f.Ports, Port{number, published})
	}
	slices.SortFunc(f.Ports, func(a, b Port) int { return int(a.Number) - int(b.Number) })
	return nil
}

func notePort(ports map[uint16]uint16, port nat.Port, bindings []nat.PortBinding) {
	number, err := strconv.ParseUint(port.Port(), 10, 16)
	if err != nil || port.Proto() != "tcp" {
		return
	}
	published := ports[uint16(number)]
	for _, b := range bindings {
		if n, err := strconv.ParseUint(b.HostPort, 10, 16); err == nil {
			published = uint16(n)
		}
	}
	ports[uint16(number)] = published
}
