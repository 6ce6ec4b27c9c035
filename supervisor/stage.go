package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/thejerf/suture/v4"
	"go.uber.org/zap"
)

// itself is the actor of what the supervisor tells of its own.
var itself = zap.String("actor", "supervisor")

// Service is what an actor is by shape.
type Service interface {
	suture.Service
	fmt.Stringer
}

// stage is one root supervisor. suture cancels all services of a root at once and in
// no order, so what must stop in order has a root of its own.
type stage struct {
	name   string
	root   *suture.Supervisor
	stop   time.Duration
	log    *zap.Logger
	now    func() time.Time
	cancel context.CancelFunc
	done   <-chan error
}

func newStage(name string, parts Parts, hook suture.EventHook, stop time.Duration) *stage {
	return &stage{name: name, root: suture.New(name, policyOf(hook, stop)), stop: stop, log: parts.Log, now: parts.Now}
}

// place is where a service hangs in a stage.
type place struct {
	token suture.ServiceToken
	left  <-chan struct{} // closed when the service has ended for good
}

// add hangs the service into a crash domain of its own.
func (s *stage) add(one Service) place {
	d := &domain{Service: one, log: s.log, now: s.now, left: make(chan struct{})}
	return place{s.root.Add(d), d.left}
}

// remove stops services and waits for them, together no longer than the limit; suture's
// hook logs what did not stop. (suture's own RemoveAndWait leaves a goroutine behind where
// the wait was too short.)
func (s *stage) remove(places []place, limit time.Duration) {
	for _, p := range places {
		_ = s.root.Remove(p.token) // it fails where the stage has ended
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	for _, p := range places {
		select {
		case <-p.left:
		case <-late.C:
			return
		}
	}
}

func (s *stage) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.done = s.root.ServeBackground(ctx)
}

// end stops the stage and waits for it, at the most until over ends; the hook logs by
// name what did not stop.
func (s *stage) end(over context.Context) {
	s.cancel()
	// A margin over suture's own wait.
	limit := time.NewTimer(s.stop + 500*time.Millisecond)
	defer limit.Stop()
	select {
	case err := <-s.done:
		s.log.Debug("stage_stopped", itself, zap.String("stage", s.name), zap.Error(err))
	case <-limit.C:
		s.log.Warn("stage_not_stopped", itself, zap.String("stage", s.name))
	case <-over.Done():
		s.log.Warn("stage_not_stopped", itself, zap.String("stage", s.name))
	}
}
