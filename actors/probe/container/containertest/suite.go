package containertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
)

// Suite is the tests of a package. It fails if they leave a container, an image, a network or an
// interface behind.
type Suite struct {
	*testing.M
	Images []string // images that the tests create besides that of the app
}

// settleTimeout is how long interfaces and networks may take to be as before: tests of other
// packages may have some of their own meanwhile.
const settleTimeout = 10 * time.Second

// Run runs the tests, removes the images that they created, and returns the exit code.
func (s Suite) Run() int {
	before, err := networks()
	code := s.M.Run()
	if err != nil {
		return code // without an engine nothing was created
	}
	if err := errors.Join(s.clean(), unchanged(before)); err != nil {
		fmt.Fprintf(os.Stderr, "FAIL: the tests left something behind: %v\n", err)
		return max(code, 1)
	}
	return code
}

// clean removes the images of the tests. Its error names the containers that still use one.
func (s Suite) clean() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer c.Close()
	var errs []error
	for _, name := range append(s.Images, ImageName) {
		if _, err := c.ImageInspect(ctx, name); errdefs.IsNotFound(err) {
			continue
		}
		left, err := c.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("ancestor", name))})
		errs = append(errs, err)
		for i := range left {
			errs = append(errs, fmt.Errorf("the container %s (%s)", strings.Join(left[i].Names, " "), left[i].State))
		}
		_, err = c.ImageRemove(ctx, name, image.RemoveOptions{Force: true, PruneChildren: true})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// networks returns the names of the machine's interfaces and the engine's networks.
func networks() ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	all, err := c.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return nil, err
	}
	var found []string
	for i := range all {
		found = append(found, "the network "+all[i].Name)
	}
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		found = append(found, "the interface "+i.Name)
	}
	slices.Sort(found)
	return found, err
}

// unchanged waits until the networks are as they were.
func unchanged(before []string) error {
	var after []string
	for began := time.Now(); time.Since(began) < settleTimeout; time.Sleep(200 * time.Millisecond) {
		var err error
		if after, err = networks(); err != nil {
			return err
		}
		if slices.Equal(after, before) {
			return nil
		}
	}
	return fmt.Errorf("there were %q, and there are %q", before, after)
}
