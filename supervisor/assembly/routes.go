package assembly

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// routesOf returns the routes, by channel.
func routesOf(c *config.Config) map[string]*core.Route {
	routes := make(map[string]*core.Route)
	for _, listed := range c.Channels {
		r := listed.Route
		route := &core.Route{Signals: r.Signals, After: r.After, FallbackFor: r.FallbackFor}
		if r.MinSeverity != "" {
			route.MinSeverity, _ = messages.ParseLevel(r.MinSeverity) // config has validated it
		}
		if q := r.Quiet; q != nil {
			route.Quiet = &core.Window{Start: q.Start, For: q.For, Days: q.Days, Zone: q.Zone, From: q.From}
		}
		routes[listed.Name] = route
	}
	return routes
}

// checkFallbacks checks that fallback_for names an existing channel, and that fallbacks form no
// circle.
func checkFallbacks(c *config.Config, parts []supervisor.ChannelPart) error {
	fallbackFor, names := make(map[string]string), namesOf(parts)
	for _, listed := range c.Channels {
		fallbackFor[listed.Name] = listed.Route.FallbackFor
	}
	var errs []error
	for _, listed := range c.Channels {
		name := listed.Route.FallbackFor
		switch circle := circleFrom(listed.Name, fallbackFor); {
		case name == "":
		case !slices.Contains(names, name):
			errs = append(errs, c.Problem(listed.Path+".fallback_for", fmt.Errorf("there is no channel %q%s; there are: %s", name, config.Hint(name, names), strings.Join(names, ", "))))
		case circle != "":
			errs = append(errs, c.Problem(listed.Path+".fallback_for", fmt.Errorf("it goes in a circle: %s: each would wait for the other, so remove one of them", circle)))
		}
	}
	return errors.Join(errs...)
}

// circleFrom follows fallbacks from first. It returns the circle if they lead back to first, or "".
func circleFrom(first string, fallbackFor map[string]string) string {
	chain := []string{first}
	for name := fallbackFor[first]; name != ""; name = fallbackFor[name] {
		if name == first {
			return strings.Join(append(chain, first), " for ")
		}
		if slices.Contains(chain, name) {
			return "" // a circle of other channels
		}
		chain = append(chain, name)
	}
	return ""
}
