package notifier

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// drainLimit is how long a stop may go on sending (contract, section 3 "Delivery").
const drainLimit = 8 * time.Second

// leave ends a drain, and says how much news it could not tell.
func (a *Actor) leave(ctx context.Context) error {
	a.rest()
	a.endPaced(a.Now()) // a send that hangs no longer holds up other channels
	pending := 0
	for _, n := range a.Outbox.Load().Items {
		if !a.done[n.Seq] {
			pending++
		}
	}
	if pending > 0 {
		a.Log.Warn("drain_incomplete", zap.String("channel", a.Channel.Name()), zap.Int("pending", pending))
	}
	return ctx.Err()
}

// beforeDrain is when the drain may try: a network that failed gets one more chance
// now, the other side's word is kept.
func (a *Actor) beforeDrain() time.Time {
	if a.firm {
		return a.retryAt
	}
	return time.Time{}
}
