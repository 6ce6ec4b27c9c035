package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/thejerf/suture/v4"
	"go.uber.org/zap"
)

// ownActor is the log field of the supervisor's own events.
var ownActor = zap.String("actor", "supervisor")

// Service is an actor that a supervisor can run.
type Service interface {
	suture.Service
	fmt.Stringer
}

// stage is a group of services with its own root supervisor. suture stops all services of a root
// at once and in no order, so services that must stop in order are in different stages.
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

// place identifies a service in a stage.
type place struct {
	token  suture.ServiceToken
	domain *domain
}

// add starts the service in a crash domain of its own.
func (s *stage) add(one Service) place {
	d := &domain{Service: one, stage: s}
	return place{s.root.Add(d), d}
}

// remove stops services and waits for all of them, for at most limit. suture's hook logs the
// services that did not stop. (suture's RemoveAndWait leaks a goroutine after a timeout.)
func (s *stage) remove(places []place, limit time.Duration) {
	for _, p := range places {
		_ = s.root.Remove(p.token) // the error means that the stage has ended
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	for _, p := range places {
		select {
		case <-p.domain.left():
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

// end stops the stage and waits for it, for at most its own limit and until over ends. The hook
// logs the services that did not stop.
func (s *stage) end(over context.Context) {
	s.cancel()
	// Longer than suture's own wait.
	limit := time.NewTimer(s.stop + 500*time.Millisecond)
	defer limit.Stop()
	select {
	case err := <-s.done:
		s.log.Debug("stage_stopped", ownActor, zap.String("stage", s.name), zap.Error(err))
	case <-limit.C:
		s.log.Warn("stage_not_stopped", ownActor, zap.String("stage", s.name))
	case <-over.Done():
		s.log.Warn("stage_not_stopped", ownActor, zap.String("stage", s.name))
	}
}
