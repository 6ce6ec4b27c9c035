package dependency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// steps times the steps of one check, in order.
type steps struct {
	now   func() time.Time
	names []string
	took  []time.Duration
	last  time.Time
}

func newSteps(now func() time.Time) *steps { return &steps{now: now, last: now()} }

// done says that the named step ended now.
func (s *steps) done(name string) {
	now := s.now()
	s.names, s.took = append(s.names, name), append(s.took, now.Sub(s.last))
	s.last = now
}

// String lists the steps with their times: "connect 1ms, status 12ms".
func (s *steps) String() string {
	parts := make([]string, len(s.names))
	for i, name := range s.names {
		parts[i] = name + " " + s.took[i].Round(100*time.Microsecond).String()
	}
	return strings.Join(parts, ", ")
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

// plain puts an error of the network in plain words, without URLs and addresses of ours.
func plain(err error, timeout time.Duration) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fmt.Errorf("no answer within %s", timeout)
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return fmt.Errorf("the name %q does not exist", dns.Name)
		}
		return fmt.Errorf("the name %q does not resolve: %s", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused: nothing listens there")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed by the other side")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return errors.New("there is no route to it")
	}
	return err
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
