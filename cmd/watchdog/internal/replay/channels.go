package replay

import (
	"time"

	"orchestrator-watchdog/messages"
)

// open tells the core the channels if routes are followed.
func (p *player) open(at time.Time) {
	if p.OnChannel != nil {
		p.step(messages.Roster{At: at, Channels: p.Channels})
	}
}

// deliver delivers to each channel the news that is due at that time.
func (p *player) deliver(at time.Time) {
	if p.OnChannel == nil || !p.begun {
		return
	}
	for _, name := range p.Channels {
		if p.failing[messages.NewKey("watchdog_delivery", name)] {
			continue
		}
		var ready []messages.Notification
		for _, n := range p.state.Outbox(name).Items {
			if n.Urgent() || !n.NotBefore.After(at) {
				ready = append(ready, n)
				p.OnChannel(name, n)
			}
		}
		if len(ready) > 0 {
			p.receipts++
			p.step(messages.Receipt{ID: p.receipts, Channel: name, At: p.latest, Items: ready})
		}
	}
}
