package supervisor

import (
	"math"
	"time"

	"github.com/thejerf/suture/v4"
)

// The restart policy of each service. Up to the threshold, restarts are immediate. This is safe
// because no actor meets the same cause again at once: the core drops the message that caused
// the panic, a probe keeps its schedule, and a notifier its delay. The threshold is for a bug at
// the start of a Serve, which would cause a busy loop.
const (
	failureThreshold = 20
	failureHalfLife  = 30 * time.Second // of the count of failures
	failureBackoff   = 2 * time.Second
)

// policyOf returns suture's policy for a stage whose services may take stop to end.
func policyOf(hook suture.EventHook, stop time.Duration) suture.Spec {
	return suture.Spec{
		EventHook:        hook,
		FailureThreshold: math.Inf(1), // each service's domain counts instead
		Timeout:          stop,
	}
}
