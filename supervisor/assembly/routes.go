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

// routesOf gives the routes by channel.
func routesOf(c *config.Config) map[string]*core.Route {
	routes := make(map[string]*core.Route)
	for _, listed := range c.Channels {
		r := listed.Route
		route := &core.Route{Signals: r.Signals, After: r.After, FallbackFor: r.FallbackFor}
		if r.MinSeverity != "" {
			route.MinSeverity, _ = messages.ParseLevel(r.MinSeverity) // the settings hold it to be one
		}
		if q := r.Quiet; q != nil {
			route.Quiet = &core.Window{Start: q.Start, For: q.For, Days: q.Days, Zone: q.Zone, From: q.From}
		}
		routes[listed.Name] = route
	}
	return routes
}

// checkFallbacks holds that every fallback stands in for a channel that there is, and none,
// through others, for itself.
func checkFallbacks(c *config.Config, parts []supervisor.ChannelPart) error {
	standsInFor, names := make(map[string]string), namesOf(parts)
	for _, listed := range c.Channels {
		standsInFor[listed.Name] = listed.Route.FallbackFor
	}
	var errs []error
	for _, listed := range c.Channels {
		name := listed.Route.FallbackFor
		switch circle := circleFrom(listed.Name, standsInFor); {
		case name == "":
		case !slices.Contains(names, name):
			errs = append(errs, c.Problem(listed.Path+".fallback_for", fmt.Errorf("there is no channel %q%s; there are: %s", name, config.Hint(name, names), strings.Join(names, ", "))))
		case circle != "":
			errs = append(errs, c.Problem(listed.Path+".fallback_for", fmt.Errorf("it goes in a circle: %s: each would wait for the other, so remove one of them", circle)))
		}
	}
	return errors.Join(errs...)
}

// circleFrom follows fallbacks from one until it comes back to it; empty: it does not.
func circleFrom(first string, standsInFor map[string]string) string {
	chain := []string{first}
	for name := standsInFor[first]; name != ""; name = standsInFor[name] {
		if name == first {
			return strings.Join(append(chain, first), " for ")
		}
		if slices.Contains(chain, name) {
			return "" // a circle that others are in
		}
		chain = append(chain, name)
	}
	return ""
}
