package supervisor

import (
	"context"
	"maps"
	"slices"

	"github.com/thejerf/suture/v4"

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

// request is a reload on its way to the goroutine that runs the tree.
type request struct {
	Change
	done chan Changed
}

// Reload replaces what is to change. A probe or channel that is made of the same as
// before keeps running, with all that it knows; the core keeps its state; the signals of
// what is gone are retired. The error is the context's, when the tree ended first.
func (t *Tree) Reload(ctx context.Context, c Change) (Changed, error) {
	r := request{c, make(chan Changed, 1)}
	select {
	case t.reloads <- r:
	case <-ctx.Done():
		return Changed{}, ctx.Err()
	}
	select {
	case changed := <-r.done:
		return changed, nil
	case <-ctx.Done():
		return Changed{}, ctx.Err()
	}
}

// apply is Reload in the goroutine that runs the tree.
func (t *Tree) apply(c Change) Changed {
	select {
	case <-t.wiring.settings: // nobody took those of the last reload
	default:
	}
	t.wiring.settings <- c.Settings
	return t.replace(c.Probes, c.Channels)
}

// replace makes the running probes and channels those that are wanted, and tells the
// core which there are.
func (t *Tree) replace(probes []ProbePart, channels []ChannelPart) Changed {
	t.wiring.openOutboxes(channels)
	var all Changed
	replaceAll(&all, t.runningChannels, channels, services[ChannelPart]{t.startNotifier, t.stopNotifier, t.exchange})
	replaceAll(&all, t.runningProbes, probes, services[ProbePart]{t.startProbe, t.stopProbe, t.restartProbe})
	t.wiring.control <- messages.Roster{At: t.parts.Now(), Probes: namesOf(probes), Channels: namesOf(channels)}
	return all
}

// part is what has a name, and can be told from another of that name.
type part[P any] interface {
	name() string
	same(other P) bool
}

// running is a part and its services.
type running[P any] struct {
	part   P
	tokens []suture.ServiceToken
}

// services are what is done for a part that comes, goes, or is made of other things.
type services[P any] struct {
	start func(P) []suture.ServiceToken
	stop  func(name string, tokens []suture.ServiceToken)
	renew func(P, []suture.ServiceToken) []suture.ServiceToken
}

// replaceAll stops what is not wanted any more, renews what is wanted otherwise, starts
// what is new, and leaves the rest alone.
func replaceAll[P part[P]](all *Changed, now map[string]running[P], wanted []P, do services[P]) {
	names := namesOf(wanted)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if !slices.Contains(names, name) {
			do.stop(name, now[name].tokens)
			delete(now, name)
			all.Removed = append(all.Removed, name)
		}
	}
	for _, p := range wanted {
		was, runs := now[p.name()]
		switch {
		case !runs:
			all.Added = append(all.Added, p.name())
			now[p.name()] = running[P]{p, do.start(p)}
		case !was.part.same(p):
			all.Replaced = append(all.Replaced, p.name())
			now[p.name()] = running[P]{p, do.renew(p, was.tokens)}
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
