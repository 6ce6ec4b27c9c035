package peer

import (
	"crypto/tls"
	"crypto/x509"
	"sync"
	"time"
)

// Trace is told how far one exchange has come. Its functions may be called from another
// goroutine than the one that asked, also after the exchange was given up; either may be
// nil. The nil Trace is told nothing. A Trace is for one exchange, with its redirects.
type Trace struct {
	Step    func(name string)                   // the step ended: resolve, connect, TLS
	Saw     func(presented []*x509.Certificate) // a server's certificates: the trusted chain, or what it presented
	Now     func() time.Time                    // by which certificates are judged; nil: time.Now
	Timeout time.Duration                       // of the whole, for words; 0: not known

	mu    sync.Mutex
	broke error            // that ended reading from the last connection
	doing string           // the step under way
	ours  *tls.Certificate // what a server that asked for a client certificate got; nil: none asked
}

// begin notes which step is under way.
func (t *Trace) begin(step string) {
	if t != nil {
		t.mu.Lock()
		t.doing = step
		t.mu.Unlock()
	}
}

func (t *Trace) end(step, next string) {
	if t == nil {
		return
	}
	if t.Step != nil {
		t.Step(step)
	}
	t.begin(next)
}

// underWay names the step that was not done yet.
func (t *Trace) underWay() string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.doing
}

func (t *Trace) saw(chain []*x509.Certificate) {
	if t != nil && t.Saw != nil && len(chain) > 0 {
		t.Saw(chain)
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

// breaks notes that reading from a connection ended; nil: it goes on.
func (t *Trace) breaks(err error) {
	if t != nil {
		t.mu.Lock()
		t.broke = err
		t.mu.Unlock()
	}
}

// brokenBy is what ended reading from the last connection; nil: nothing did.
func (t *Trace) brokenBy() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broke
}

// gave notes the client certificate that a server asked for and got; an empty one means none.
func (t *Trace) gave(ours *tls.Certificate) {
	if t != nil {
		t.mu.Lock()
		t.ours = ours
		t.mu.Unlock()
	}
}

// given is what a server got that asked for a client certificate; nil: none asked.
func (t *Trace) given() *tls.Certificate {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ours
}

// Error is the failure of a step of an exchange.
type Error struct {
	Step string // resolve, connect, TLS, status, body
	Err  error  // in plain words
}

// Error implements error.
func (e *Error) Error() string { return e.Step + " failed: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// At names the step that an error belongs to.
func At(step string, err error) error { return &Error{Step: step, Err: err} }
