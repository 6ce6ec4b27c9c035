package dependency

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// trial is one check under way. It belongs to the goroutine of the check.
type trial struct {
	now      func() time.Time
	timeout  time.Duration
	began    time.Time
	last     time.Time // when the last step ended
	steps    []step
	shortest *lifetime // of the certificates that were seen; nil: none was
}

type step struct {
	name string
	took time.Duration
}

func newTrial(now func() time.Time, timeout time.Duration) *trial {
	began := now()
	return &trial{now: now, timeout: timeout, began: began, last: began}
}

// done says that the named step ended now.
func (t *trial) done(name string) {
	now := t.now()
	t.steps = append(t.steps, step{name, now.Sub(t.last)})
	t.last = now
}

// did tells whether the named step was done.
func (t *trial) did(name string) bool {
	return slices.ContainsFunc(t.steps, func(s step) bool { return s.name == name })
}

// end closes the trial: the step that failed took time too.
func (t *trial) end(err error) {
	var failed *stepError
	if errors.As(err, &failed) {
		t.done(failed.step)
	}
}

// took is the time of all steps together.
func (t *trial) took() time.Duration { return t.last.Sub(t.began) }

// String lists the steps with their times: "connect 1ms, status 12ms".
func (t *trial) String() string {
	var b strings.Builder
	for i, s := range t.steps {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.name)
		b.WriteByte(' ')
		b.WriteString(shown(s.took).String())
	}
	return b.String()
}

// stepError says which step of a check failed.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.step + " failed: " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// at names the step that an error belongs to.
func at(step string, err error) error { return &stepError{step: step, err: err} }

// failed names the step that a fault of the network belongs to, and puts it in plain words.
func (t *trial) failed(step string, err error) error { return at(step, plain(err, t.timeout)) }
