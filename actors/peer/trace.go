package peer

import (
	"crypto/tls"
	"crypto/x509"
	"sync"
	"time"
)

// Trace follows the progress of one exchange, including its redirects. Its functions may be called
// from another goroutine, also after the exchange was abandoned. StepDone and GotChain may be nil. The nil
// Trace does nothing.
type Trace struct {
	StepDone func(name string)                   // called when a step ends: resolve, connect, TLS
	GotChain func(presented []*x509.Certificate) // called with a server's trusted chain, or else with what it presented
	Now      func() time.Time                    // the time by which certificates are verified; nil: time.Now
	Timeout  time.Duration                       // of the whole exchange, for error texts; 0: unknown

	mu      sync.Mutex
	readErr error            // of the last connection
	doing   string           // the step under way
	ours    *tls.Certificate // the client certificate that was sent, maybe an empty one; nil: no server asked for one
}

// locked calls f with the lock held. The nil Trace does nothing.
func (t *Trace) locked(f func()) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		f()
	}
}

// begin records the step under way.
func (t *Trace) begin(step string) { t.locked(func() { t.doing = step }) }

func (t *Trace) end(step, next string) {
	if t != nil && t.StepDone != nil {
		t.StepDone(step)
	}
	t.begin(next)
}

// underWay returns the step under way.
func (t *Trace) underWay() (step string) {
	t.locked(func() { step = t.doing })
	return step
}

func (t *Trace) gotChain(chain []*x509.Certificate) {
	if t != nil && t.GotChain != nil && len(chain) > 0 {
		t.GotChain(chain)
	}
}

func (t *Trace) now() time.Time {
	if t == nil || t.Now == nil {
		return time.Now()
	}
	return t.Now()
}

func (t *Trace) timeout() time.Duration {
	if t == nil {
		return 0
	}
	return t.Timeout
}

// setReadErr records the error of reading from a connection.
func (t *Trace) setReadErr(err error) { t.locked(func() { t.readErr = err }) }

// readError returns the error of reading from the last connection.
func (t *Trace) readError() (err error) {
	t.locked(func() { err = t.readErr })
	return err
}

// setClientCertificate records the certificate for a server that asked for one; it may be empty.
func (t *Trace) setClientCertificate(ours *tls.Certificate) { t.locked(func() { t.ours = ours }) }

// clientCertificate returns the certificate for a server that asked for one; nil: none asked.
func (t *Trace) clientCertificate() (ours *tls.Certificate) {
	t.locked(func() { ours = t.ours })
	return ours
}

// StepError is the error of a step of an exchange.
type StepError struct {
	Step string // resolve, connect, TLS, status, body
	Err  error  // in plain words
}

// Error implements error.
func (e *StepError) Error() string { return e.Step + " failed: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// AtStep returns the error of a step.
func AtStep(step string, err error) error { return &StepError{Step: step, Err: err} }
