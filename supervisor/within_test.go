package supervisor

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// within waits for a disk until it answers, and for at most the limit.
func TestWithinEndsAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan struct{})
		began := time.Now()
		if _, err := within(loadPatience, func() (int, error) { <-hung; return 1, nil }); !errors.Is(err, errNoAnswer) || time.Since(began) != loadPatience {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		close(hung)
		began = time.Now()
		if n, err := within(loadPatience, func() (int, error) { time.Sleep(time.Second); return 1, nil }); n != 1 || err != nil || time.Since(began) != time.Second {
			t.Errorf("%d, %v after %s", n, err, time.Since(began))
		}
	})
}
