package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/thejerf/suture/v4"
	"go.uber.org/zap"
)

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
	hook   suture.EventHook
	cancel context.CancelFunc
	done   <-chan error
}

func newStage(name string, hook suture.EventHook, stop time.Duration) *stage {
	return &stage{name: name, root: suture.New(name, policyOf(hook, stop)), stop: stop, hook: hook}
}

// add hangs the services into a crash domain of their own.
func (s *stage) add(name string, services ...Service) suture.ServiceToken {
	domain := suture.New(name, policyOf(s.hook, s.stop))
	for _, one := range services {
		domain.Add(one)
	}
	return s.root.Add(domain)
}

func (s *stage) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.done = s.root.ServeBackground(ctx)
}

// end stops the stage, waits for it, and logs by name what did not stop.
func (s *stage) end(log *zap.Logger) {
	s.cancel()
	// A margin over suture's own wait, which has a level for the domain and one for the root.
	limit := time.NewTimer(s.stop + 500*time.Millisecond)
	defer limit.Stop()
	select {
	case err := <-s.done:
		log.Debug("stage_stopped", zap.String("stage", s.name), zap.Error(err))
	case <-limit.C:
		log.Warn("stage_not_stopped", zap.String("stage", s.name))
		return
	}
	report, err := s.root.UnstoppedServiceReport()
	if err != nil {
		return
	}
	for _, u := range report {
		log.Warn("actor_not_stopped", zap.String("actor", u.Name))
	}
}
