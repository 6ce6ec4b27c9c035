package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// plainError is an error in plain words that wraps its cause.
type plainError struct {
	text  string
	cause error
}

func (w *plainError) Error() string { return w.text }
func (w *plainError) Unwrap() error { return w.cause }

// Explain returns a network error in plain words. An unknown error is returned unchanged, except
// for the URL that net/http adds, since a URL may hold a password.
func Explain(err error, timeout time.Duration) error {
	if known := ExplainKnown(err, timeout); known != nil {
		return known
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return Explain(u.Err, timeout)
	}
	return err
}

// ExplainKnown returns a known network error in plain words; nil for any other.
func ExplainKnown(err error, timeout time.Duration) error {
	var (
		step  *StepError
		plain *plainError
	)
	switch {
	case errors.As(err, &step):
		return step
	case errors.As(err, &plain):
		return plain
	case errors.Is(err, context.Canceled):
		return err
	}
	if text := textOf(err, timeout); text != "" {
		return &plainError{text, err}
	}
	return nil
}

// IsLocal reports whether an error is a failure of this process and not of the peer: a failed
// reservation, or no file descriptor left.
func IsLocal(err error) bool { return errors.Is(err, errBusy) || IsOutOfFiles(err) }

// IsOutOfFiles reports whether there was no file descriptor left, in this process or on this host.
func IsOutOfFiles(err error) bool {
	var dns *net.DNSError // it does not wrap system errors
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.As(err, &dns) && strings.Contains(dns.Err, syscall.EMFILE.Error())
}

func textOf(err error, timeout time.Duration) string {
	var (
		dns     *net.DNSError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		long    *TooLongError
	)
	switch {
	case errors.As(err, &long):
		return long.Error()
	case IsOutOfFiles(err):
		return "this watchdog has no file descriptor left: raise its limit (ulimit -n)"
	case isTimeout(err) && timeout > 0:
		return fmt.Sprintf("no answer within %s", timeout)
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &dns):
		return textOfDNS(dns)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: nothing listens there"
	case isClosed(err):
		return "the connection was closed by the other side"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to it"
	case errors.As(err, &record):
		return "it does not speak TLS there"
	case errors.As(err, &unknown):
		return "its certificate was signed by an unknown authority: trust it with ca_file"
	}
	if reason, ok := alertOf(err); ok {
		return "it ends the TLS handshake: " + reason
	}
	return textOfHTTP(err)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isClosed(err error) bool {
	for _, cause := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return strings.Contains(err.Error(), "server closed idle connection") // net/http exports no error for it
}

// textOfDNS returns the words for a name that does not resolve. A name without a dot is probably
// that of a container, which only resolves while the container runs.
func textOfDNS(err *net.DNSError) string {
	switch name := Line(err.Name, maxName); {
	case err.IsNotFound && !strings.Contains(strings.TrimSuffix(err.Name, "."), "."):
		return fmt.Sprintf("its name %q does not resolve (does its container run?)", name)
	case err.IsNotFound:
		return fmt.Sprintf("its name %q does not resolve: there is no such host", name)
	default:
		return fmt.Sprintf("its name %q does not resolve: %s", name, Line(err.Err, maxReason))
	}
}

// alertOf returns the reason in a server's TLS alert.
func alertOf(err error) (reason string, ok bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}

// textOfHTTP returns the words for errors of net/http and crypto/tls that have no types; empty for
// any other.
func textOfHTTP(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"):
		return "the headers of the answer are larger than 64 KiB"
	case strings.Contains(text, "protocol version not supported"), strings.Contains(text, "unsupported protocol version"):
		return "it speaks neither TLS 1.2 nor 1.3"
	case strings.Contains(text, "readLoopPeekFail"), strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return "the answer is not HTTP"
	case !isMalformed(err):
		return ""
	}
	_, quoted, _ := strings.Cut(text, "malformed ")
	if _, answer, found := strings.Cut(quoted, ` "`); found {
		return `the answer is not HTTP: "` + Line(answer, maxReason)
	}
	return "the answer is not HTTP"
}

// isMalformed reports whether net/http could not parse the answer.
func isMalformed(err error) bool { return strings.Contains(err.Error(), "malformed ") }
