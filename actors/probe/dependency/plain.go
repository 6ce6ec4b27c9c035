package dependency

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// maxDetail bounds what a peer can make a detail grow to, in bytes.
const maxDetail = 400

// plain puts an error of the network in plain words. It is not for errors of a URL or
// a DSN, whose texts may hold a password.
func plain(err error, timeout time.Duration) error {
	if words := inWords(err, timeout); words != nil {
		return words
	}
	return err
}

// inWords gives the words for what is known to happen on networks; nil for the rest.
func inWords(err error, timeout time.Duration) error {
	var (
		dns    *net.DNSError
		record tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fmt.Errorf("no answer within %s", timeout)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("the name %q does not exist", dns.Name)
	case errors.As(err, &dns):
		return fmt.Errorf("the name %q does not resolve: %s", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused: nothing listens there")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed by the other side")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return errors.New("there is no route to it")
	case errors.As(err, &record):
		return errors.New("it does not speak TLS there")
	}
	return nil
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// bounded makes text from outside one line of at most limit bytes.
func bounded(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
