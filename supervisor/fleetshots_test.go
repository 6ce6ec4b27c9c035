package supervisor_test

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// oneShot is what happens on a host now and then, and is over at once.
const oneShot messages.Key = "container_oom:web"

// shot is a one-shot that happened.
type shot struct {
	at   time.Time
	free bool // nothing was in its way: it is told by itself, and not counted until the next
}

// happens is that a reading saw the one-shot. The host is locked.
func (h *site) happens() {
	now := time.Now()
	h.happened++
	before := now.Add(-h.longEnough())
	cause, docker := h.truths["docker_down"], h.probes["docker"]
	s := shot{at: now, free: !h.stopping && docker.how == "" && cause.level == messages.OK && latest(h.started, h.reloaded, cause.since, docker.since).Before(before)}
	if now.Sub(h.lastShot) < mostCooldown+h.longEnough() {
		s.free = false
	}
	h.shots, h.lastShot = append(h.shots, s), now
}

// hears is that an event came that did not come before. The host is locked.
func (c *phone) hears(n messages.Notification) {
	c.eventsTold[c.name] += n.Count
	if c.eventsTold[c.name] > c.happened {
		c.wrongs("%s was told of %d one-shots, and %d happened", c.name, c.eventsTold[c.name], c.happened)
	}
}

// lookAtShots holds that every channel that is well was told of a one-shot with nothing in its way.
func (h *site) lookAtShots(now time.Time) {
	for _, s := range h.shots {
		for _, name := range fleetChannels {
			c := h.chats[name]
			if !s.free || c.how != "" || now.Sub(latest(s.at, c.since, h.started)) < h.longEnough() {
				continue
			}
			h.counts["one-shots held"]++
			if last := h.heard[name][oneShot]; last.at.Before(s.at) {
				h.wrongs("%s happened %s ago, and %s was told of none since %s", oneShot, now.Sub(s.at), name, last.at)
			}
		}
	}
	old := mostCooldown + 4*h.longEnough()
	h.shots = slices.DeleteFunc(h.shots, func(s shot) bool { return now.Sub(s.at) > old })
}
