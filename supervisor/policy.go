package supervisor

import (
	"math"
	"time"

	"github.com/thejerf/suture/v4"
)

// The policy of crashes, for each service by itself. Restarts up to the threshold are
// immediate. That is safe here because no actor meets the same cause at once again: the
// core drops the message that it panicked on, a probe keeps its schedule, and a notifier
// its delay. The threshold is for a bug in the beginning of a Serve, which would spin.
const (
	failureThreshold = 20
	failureHalfLife  = 30 * time.Second // in which the count halves
	failureBackoff   = 2 * time.Second
)

// policyOf is the policy of one stage; stop is how long its services may take to end.
func policyOf(hook suture.EventHook, stop time.Duration) suture.Spec {
	return suture.Spec{
		EventHook:        hook,
		FailureThreshold: math.Inf(1), // a service's own domain counts
		Timeout:          stop,
	}
}
