package container

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func compose(project, service, number, name string) listed {
	return listed{id: name, name: name, state: "running", labels: map[string]string{
		composeProject: project, composeService: service, composeNumber: number,
	}}
}

func swarm(service, task, state string, created int64) listed {
	return listed{id: task, name: task, state: state, created: created, labels: map[string]string{swarmService: service, swarmTask: task}}
}

func state(c listed, state string, created int64) listed {
	c.state, c.created = state, created
	return c
}

func labelled(c listed, label, value string) listed {
	c.labels = maps.Clone(c.labels)
	if c.labels == nil {
		c.labels = make(map[string]string)
	}
	c.labels[label] = value
	return c
}

// A container has its own name in signals, whatever else runs. A Swarm task has that of its slot.
func TestWhatAContainerIsCalled(t *testing.T) {
	plain := listed{id: "p", name: "redis", state: "running"}
	for name, c := range map[string]struct {
		all  []listed
		want string // name=container, sorted
	}{
		"no service": {[]listed{plain}, "redis=redis"},
		"a service":  {[]listed{compose("shop", "web", "1", "shop_web_1"), plain}, "redis=redis shop_web_1=shop_web_1"},
		"several containers of one service": {
			[]listed{compose("shop", "web", "1", "shop-web-1"), compose("shop", "web", "2", "shop-web-2")}, "shop-web-1=shop-web-1 shop-web-2=shop-web-2",
		},
		"two projects with one service": {
			[]listed{compose("shop", "db", "1", "shop-db-1"), compose("wiki", "db", "1", "wiki-db-1")}, "shop-db-1=shop-db-1 wiki-db-1=wiki-db-1",
		},
		"a service with the name of another container": {
			[]listed{compose("shop", "redis", "1", "shop-redis-1"), plain}, "redis=redis shop-redis-1=shop-redis-1",
		},
		"a container with its service's name": {[]listed{compose("shop", "db", "1", "db")}, "db=db"},
		"a one-off job of a service": {
			[]listed{labelled(compose("shop", "web", "1", "shop_web_run_1"), composeOneOff, "True"), compose("shop", "web", "1", "shop_web_1")},
			"shop_web_1=shop_web_1 shop_web_run_1=shop_web_run_1",
		},
		"Compose recreates it": {
			[]listed{state(compose("shop", "web", "1", "0a1b2c3d4e5f_shop_web_1"), "exited", 1), state(compose("shop", "web", "1", "shop_web_1"), "created", 2)},
			"shop_web_1=shop_web_1",
		},
		"Compose recreates it, and the old one still runs": {
			[]listed{state(compose("shop", "web", "1", "shop-web-1"), "running", 1), state(compose("shop", "web", "1", "0a1b2c3d4e5f_shop-web-1"), "created", 2)},
			"shop-web-1=shop-web-1",
		},
		"a Swarm task and its ended predecessors": {
			[]listed{swarm("web", "web.1.aaa", "exited", 1), swarm("web", "web.1.bbb", "exited", 2), swarm("web", "web.1.ccc", "running", 3)},
			"web.1=web.1.ccc",
		},
		"Swarm replicas":         {[]listed{swarm("web", "web.1.aaa", "running", 1), swarm("web", "web.2.bbb", "exited", 2)}, "web.1=web.1.aaa web.2=web.2.bbb"},
		"a global Swarm service": {[]listed{swarm("agent", "agent.n0de.aaa", "running", 1)}, "agent.n0de=agent.n0de.aaa"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range subjects(c.all) {
				got = append(got, s.name+"="+s.listed.name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// No two subjects have the same name, and the order of the list does not matter.
func TestNamesAreDistinctAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"web", "db", "web-1", "web.1"})
		all := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) listed {
			id := rapid.StringMatching(`[a-f0-9]{4}`).Draw(t, "id")
			switch rapid.IntRange(0, 2).Draw(t, "sort") {
			case 0:
				return listed{id: id, name: "own-" + id, state: "running"}
			case 1:
				return compose(word.Draw(t, "project"), word.Draw(t, "service"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "number"), "own-"+id)
			}
			service := word.Draw(t, "service")
			return swarm(service, service+".1."+id, "running", 1)
		}), 0, 12, func(c listed) string { return c.name }).Draw(t, "all")
		found := subjects(all)
		names := make(map[string]bool)
		for _, s := range found {
			if names[s.name] {
				t.Fatalf("two subjects have the name %q", s.name)
			}
			names[s.name] = true
		}
		slices.Reverse(all)
		if again := subjects(all); !slices.EqualFunc(found, again, func(a, b subject) bool { return a.name == b.name && a.id == b.id }) {
			t.Fatalf("in reverse order: %v, not %v", again, found)
		}
	})
}

// Containers are selected by name, service or label. An expected container is always watched.
func TestWhichContainersAreWatched(t *testing.T) {
	all := selection{}
	some := selection{include: []string{"shop-*", "web"}, exclude: []string{"*-tmp"}, expect: []string{"x-tmp"}, self: "5e1f"}
	web := subject{name: "web", listed: compose("shop", "web", "1", "shop-web-1")}
	for name, c := range map[string]struct {
		by   selection
		of   subject
		want bool
	}{
		"everything by default":     {all, subject{name: "a", listed: listed{name: "a"}}, true},
		"included by name":          {some, subject{name: "cart", listed: listed{name: "shop-cart"}}, true},
		"included by service":       {some, subject{name: "web", listed: listed{name: "other-web-1"}}, true},
		"not included":              {some, subject{name: "redis", listed: listed{name: "redis"}}, false},
		"excluded":                  {some, subject{name: "shop-tmp", listed: listed{name: "shop-tmp"}}, false},
		"expected, but excluded":    {some, subject{name: "x-tmp", listed: listed{name: "x-tmp"}}, true},
		"switched off by its label": {all, subject{name: "web", listed: labelled(web.listed, labelEnable, "false")}, false},
		"our own":                   {selection{self: "5e1f"}, subject{name: "watchdog", listed: listed{id: "5e1f00", name: "watchdog"}}, false},
		"our own, expected":         {selection{self: "5e1f"}, subject{name: "w", listed: labelled(listed{id: "5e1f00", name: "w"}, labelExpect, "true")}, true},
		"being removed":             {all, subject{name: "web", listed: state(web.listed, "removing", 1)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.by.watches(c.of); got != c.want {
				t.Errorf("watched: %t, want %t", got, c.want)
			}
		})
	}
}

// The ID of our own container is in the mount table.
func TestOurOwnContainerIsFoundByItsMounts(t *testing.T) {
	id := strings.Repeat("0a", 32)
	for name, c := range map[string]struct{ mounts, want string }{
		"in a container": {"612 600 8:1 /var/lib/docker/containers/" + id + "/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw\n", id},
		"rootless":       {"612 600 8:1 /home/u/.local/share/docker/containers/" + id + "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n", id},
		"on a host":      {"22 28 0:21 / /proc rw,nosuid - proc proc rw\n", ""},
	} {
		if got := selfOf([]byte(c.mounts)); got != c.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
