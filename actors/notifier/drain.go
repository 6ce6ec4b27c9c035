package notifier

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// drainLimit is how long a stopping actor may go on sending (docs/operations.md).
const drainLimit = 8 * time.Second

// endDrain ends a drain and logs how much news is still pending.
func (a *Actor) endDrain(ctx context.Context) error {
	a.sender.leaveQueues()
	a.sender.ended(a.Now()) // a send that hangs must not delay other channels
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
