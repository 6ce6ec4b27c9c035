package supervisor_test

import (
	"slices"
	"time"

	"orchestrator-watchdog/actors/notifier"
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

// events are those of one channel, of whatever signal.
type events struct {
	came    map[uint64]time.Time // by number
	refused map[uint64]bool      // for what they hold: they wait, and later ones do not
	shots   int                  // one-shots that they count
}

// takeEvent is that an event came: once, and behind those before it. The host is locked.
func (c *phone) takeEvent(n messages.Notification) {
	all := c.events[c.name]
	at, again := all.came[n.Seq]
	switch {
	case again && !c.mayRepeat(at):
		c.wrongs("%s: EVENT %s, number %d, came twice", c.name, n.Signal, n.Seq)
	case !again && n.Seq < c.last[n.Signal] && !all.refused[n.Seq]:
		c.wrongs("%s: EVENT %s, number %d, came behind number %d", c.name, n.Signal, n.Seq, c.last[n.Signal])
	case !again && n.Signal == oneShot:
		if all.shots += n.Count; all.shots > c.happened {
			c.wrongs("%s was told of %d one-shots, and %d happened", c.name, all.shots, c.happened)
		}
	}
	now := time.Now()
	all.came[n.Seq], c.last[n.Signal], c.heard[c.name][n.Signal] = now, max(n.Seq, c.last[n.Signal]), told{n, now}
}

// refuse notes what the channel refuses for what it holds.
func (c *phone) refuse(batch notifier.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range batch.Items {
		c.events[c.name].refused[n.Seq] = true
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
