package supervisor

import (
	"context"
	"math"
	"sync"
	"time"

	"go.uber.org/zap"
)

// domain is the crash domain of one service. suture counts failures for a supervisor as
// a whole, and above its threshold restarts none of its services for a while: one that
// flaps would hold up the others. So a stage's supervisor has no threshold, and every
// service in it has one of its own. suture restarts one at a time, so the fields need no
// lock.
type domain struct {
	Service
	log      *zap.Logger
	now      func() time.Time
	failures float64 // those of long ago have decayed
	last     time.Time
	left     chan struct{} // closed when it was asked to end, and has
	leave    sync.Once
}

// Serve runs the service, after a rest where it failed again and again. A panic passes
// through, for suture to see.
func (d *domain) Serve(ctx context.Context) error {
	defer d.ended(ctx)
	if d.failures > failureThreshold {
		if err := d.rest(ctx); err != nil {
			return err
		}
	}
	return d.Service.Serve(ctx)
}

// rest waits until the service may start anew, with a clean slate.
func (d *domain) rest(ctx context.Context) error {
	d.log.Warn("actor_backoff", zap.String("actor", d.String()), zap.Duration("for", failureBackoff))
	over := time.NewTimer(failureBackoff)
	defer over.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-over.C:
		d.failures = 0
		return nil
	}
}

// ended counts the end of a Serve as a failure, unless it was asked for.
func (d *domain) ended(ctx context.Context) {
	if ctx.Err() != nil {
		d.leave.Do(func() { close(d.left) })
		return
	}
	now := d.now()
	halves := max(0, now.Sub(d.last).Seconds()) / failureHalfLife.Seconds()
	d.failures = d.failures*math.Pow(.5, halves) + 1
	d.last = now
}
