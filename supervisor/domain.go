package supervisor

import (
	"context"
	"math"
	"sync"
	"time"

	"go.uber.org/zap"
)

// domain is the crash domain of one service. suture counts failures for a supervisor as a whole
// and, above a threshold, restarts none of its services for a while. One crashing service would
// delay the others. So the supervisor of a stage has no threshold, and each service has its own
// in its domain. suture runs one Serve of a domain at a time, so the counts need no lock.
type domain struct {
	Service
	stage    *stage
	failures float64 // decays with failureHalfLife
	last     time.Time

	mu      sync.Mutex
	stopped bool          // on request
	waited  chan struct{} // closed when stopped; nil: nobody waits
}

// Serve runs the service, after a pause if it failed too often. A panic passes through to suture.
func (d *domain) Serve(ctx context.Context) error {
	defer d.ended(ctx)
	if d.failures > failureThreshold {
		if err := d.backOff(ctx); err != nil {
			return err
		}
	}
	return d.Service.Serve(ctx)
}

// backOff waits for failureBackoff, and resets the count of failures.
func (d *domain) backOff(ctx context.Context) error {
	d.stage.log.Warn("actor_backoff", zap.String("actor", d.String()), zap.Duration("for", failureBackoff))
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

// ended counts the end of Serve as a failure, unless it was requested.
func (d *domain) ended(ctx context.Context) {
	if ctx.Err() != nil {
		d.leave()
		return
	}
	now := d.stage.now()
	halves := max(0, now.Sub(d.last).Seconds()) / failureHalfLife.Seconds()
	d.failures = d.failures*math.Pow(.5, halves) + 1
	d.last = now
}

// left returns a channel that is closed when the service has stopped on request.
func (d *domain) left() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waited == nil {
		d.waited = make(chan struct{})
		if d.stopped {
			close(d.waited)
		}
	}
	return d.waited
}

func (d *domain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waited != nil && !d.stopped {
		close(d.waited)
	}
	d.stopped = true
}
