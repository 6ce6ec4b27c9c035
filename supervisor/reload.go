package supervisor

import (
	"context"
	"errors"
	"maps"
	"slices"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

// Change holds what a reload replaces in a running tree: settings, probes and channels.
type Change struct {
	Settings *core.Settings
	Probes   []ProbePart
	Channels []ChannelPart
}

// Changed names the probes and channels that a reload changed.
type Changed struct{ Added, Removed, Replaced []string }

// request is a reload for the reload service.
type request struct {
	Change
	done chan Changed // closed without a value if the reload panicked
}

var errReloadPanicked = errors.New("the reload panicked half-way: see the log event actor_panicked, report it, and restart the watchdog")

// Reload applies a change. A probe or channel with an unchanged Spec keeps running with its state,
// and the core keeps its state. The signals of removed probes are retired. A removed channel gets
// the time to send its pending news. Reload returns an error if the context ends first, or if the
// reload panicked.
func (t *Tree) Reload(ctx context.Context, c Change) (Changed, error) {
	r := request{c, make(chan Changed, 1)}
	select {
	case t.reloads <- r:
	case <-ctx.Done():
		return Changed{}, ctx.Err()
	}
	select {
	case changed, done := <-r.done:
		if !done {
			return Changed{}, errReloadPanicked
		}
		return changed, nil
	case <-ctx.Done():
		return Changed{}, ctx.Err()
	}
}

// reloading is the service that reloads a tree. It is not the goroutine of Run, which must not wait
// for a removed channel.
type reloading struct{ *Tree }

// String returns the service's name.
func (reloading) String() string { return "reload" }

// Serve handles requests until the context ends.
func (t reloading) Serve(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-t.reloads:
			t.answer(r)
		}
	}
}

func (t reloading) answer(r request) {
	defer close(r.done)
	select {
	case <-t.wiring.settings: // the core has not taken the settings of the last reload
	default:
	}
	t.wiring.settings <- r.Settings
	r.done <- t.replace(r.Probes, r.Channels)
}

// replace starts, stops and replaces probes and channels until they are as wanted, and sends the
// core their roster.
func (t *Tree) replace(probes []ProbePart, channels []ChannelPart) Changed {
	t.wiring.openOutboxes(channels)
	roster := messages.Roster{At: t.parts.Now(), Probes: namesOf(probes), Channels: namesOf(channels), Renewed: t.renewed(channels)}
	starting := len(t.runningChannels) == 0
	if starting { // before the first report, whose news needs channels
		t.wiring.control <- roster
	}
	var all Changed
	replaceAll(&all, t.runningProbes, probes, services[ProbePart]{t.startProbe, t.stopProbe, t.restartProbe})
	if !starting { // after the last report of removed probes, which would bring back their signals
		t.wiring.control <- roster
	}
	replaceAll(&all, t.runningChannels, channels, services[ChannelPart]{t.startNotifier, t.stopNotifier, t.exchange})
	return all
}

// renewed returns the names of running channels whose recipient changes.
func (t *Tree) renewed(channels []ChannelPart) (names []string) {
	for _, ch := range channels {
		if was, runs := t.runningChannels[ch.name()]; runs && was.part.Recipient != ch.Recipient {
			names = append(names, ch.name())
		}
	}
	return names
}

// part is a ProbePart or a ChannelPart.
type part[P any] interface {
	name() string
	Same(other P) bool
}

// running is a part and its services.
type running[P any] struct {
	part   P
	places []place
}

// services holds the functions that start, stop and replace the services of a part.
type services[P any] struct {
	start func(P) []place
	stop  func(name string, places []place)
	renew func(P, []place) []place
}

// replaceAll stops parts that are no longer wanted, replaces parts that differ, starts new ones, and
// adds their names to all.
func replaceAll[P part[P]](all *Changed, now map[string]*running[P], wanted []P, do services[P]) {
	names := namesOf(wanted)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if !slices.Contains(names, name) {
			do.stop(name, now[name].places)
			delete(now, name)
			all.Removed = append(all.Removed, name)
		}
	}
	for _, p := range wanted {
		was, runs := now[p.name()]
		switch {
		case !runs:
			all.Added = append(all.Added, p.name())
			now[p.name()] = &running[P]{p, do.start(p)}
		case !was.part.Same(p):
			all.Replaced = append(all.Replaced, p.name())
			now[p.name()] = &running[P]{p, do.renew(p, was.places)}
		}
	}
}

func namesOf[P part[P]](parts []P) []string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name()
	}
	return names
}
