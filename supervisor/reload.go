package supervisor

import (
	"context"
	"errors"
	"maps"
	"slices"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

// Change is what a reload replaces while the tree runs: the policies, the probes, the
// channels. The other parts stay as they were made.
type Change struct {
	Settings *core.Settings
	Probes   []ProbePart
	Channels []ChannelPart
}

// Changed names the probes and channels that a reload touched, each list in order.
type Changed struct{ Added, Removed, Replaced []string }

// request is a reload on its way to the service that reloads.
type request struct {
	Change
	done chan Changed // closed without a word where the reload panicked
}

var errReloadPanicked = errors.New("the reload panicked half-way: see the log event actor_panicked, report it, and start the watchdog anew")

// Reload replaces what is to change. A probe or channel that is made of the same as
// before keeps running, with all that it knows; the core keeps its state; the signals of
// what is gone are retired. A channel that is gone is given the time to send what waits.
// The error is the context's, when the tree ended first.
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

// reloading is the service that reloads a tree: not the goroutine that watches over it,
// which a channel that goes would hold up.
type reloading struct{ *Tree }

// String names the service for its supervisor.
func (reloading) String() string { return "reload" }

// Serve takes requests until the context ends.
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
	case <-t.wiring.settings: // nobody took those of the last reload
	default:
	}
	t.wiring.settings <- r.Settings
	r.done <- t.replace(r.Probes, r.Channels)
}

// replace makes the running probes and channels those that are wanted, and tells the
// core which there are.
func (t *Tree) replace(probes []ProbePart, channels []ChannelPart) Changed {
	t.wiring.openOutboxes(channels)
	roster := messages.Roster{At: t.parts.Now(), Probes: namesOf(probes), Channels: namesOf(channels), Renewed: t.renewed(channels)}
	starting := len(t.runningChannels) == 0
	if starting { // before the first report: its news needs channels
		t.wiring.control <- roster
	}
	var all Changed
	replaceAll(&all, t.runningProbes, probes, services[ProbePart]{t.startProbe, t.stopProbe, t.restartProbe})
	if !starting { // after the last report of what is gone: it would bring back its signals
		t.wiring.control <- roster
	}
	replaceAll(&all, t.runningChannels, channels, services[ChannelPart]{t.startNotifier, t.stopNotifier, t.exchange})
	return all
}

// renewed names the running channels that are to reach other people.
func (t *Tree) renewed(channels []ChannelPart) (names []string) {
	for _, ch := range channels {
		if was, runs := t.runningChannels[ch.name()]; runs && was.part.Reach != ch.Reach {
			names = append(names, ch.name())
		}
	}
	return names
}

// part is what has a name, and can be told from another of that name.
type part[P any] interface {
	name() string
	Same(other P) bool
}

// running is a part and its services.
type running[P any] struct {
	part   P
	places []place
}

// services are what is done for a part that comes, goes, or is made of other things.
type services[P any] struct {
	start func(P) []place
	stop  func(name string, places []place)
	renew func(P, []place) []place
}

// replaceAll stops what is not wanted any more, renews what is wanted otherwise, starts
// what is new, and leaves the rest alone.
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
