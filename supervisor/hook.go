package supervisor

import (
	"context"
	"errors"
	"strings"

	"github.com/thejerf/suture/v4"
	"go.uber.org/zap"
)

// CrashCounter counts the crashes and restarts of actors.
type CrashCounter interface {
	ActorPanicked(actor string)
	ActorRestarted(actor string)
}

// hook converts suture's events to log events and counts. It must not panic: suture calls it in
// its own loop, and a panic there would leave a supervisor without its children.
func hook(log *zap.Logger, counter CrashCounter) suture.EventHook {
	return func(e suture.Event) {
		defer func() {
			if v := recover(); v != nil {
				log.Error("supervisor_hook_panicked", ownActor, zap.Any("panic", v))
			}
		}()
		handle(e, log, counter)
	}
}

func handle(e suture.Event, log *zap.Logger, counter CrashCounter) {
	switch e := e.(type) {
	case suture.EventServicePanic:
		counter.ActorPanicked(e.ServiceName)
		actor := zap.String("actor", e.ServiceName)
		log.Error("actor_panicked", actor, zap.String("panic", e.PanicMsg), zap.String("stack", stackOf(e)))
		if e.Restarting {
			counter.ActorRestarted(e.ServiceName)
			log.Warn("actor_restarted", actor)
		}
	case suture.EventServiceTerminate:
		if err, ok := e.Err.(error); ok && errors.Is(err, context.Canceled) {
			return // a stop
		}
		actor := zap.String("actor", e.ServiceName)
		log.Error("actor_failed", actor, zap.Any("error", e.Err))
		if e.Restarting {
			counter.ActorRestarted(e.ServiceName)
			log.Warn("actor_restarted", actor)
		}
	case suture.EventStopTimeout:
		log.Warn("actor_not_stopped", zap.String("actor", e.ServiceName))
	}
}

// maxStack is how much of a stack is logged, in bytes: log shippers limit the length of a line.
const maxStack = 16 << 10

func stackOf(e suture.EventServicePanic) string {
	stack := e.Stacktrace
	if len(stack) > maxStack {
		stack = stack[:maxStack]
	}
	return strings.TrimSpace(stack)
}
