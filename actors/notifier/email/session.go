package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"

	"orchestrator-watchdog/actors/peer"
)

// maxSaid is how much a server may say in one session, in bytes.
const maxSaid = 256 << 10

// session is a connection to the server that is ready to send mail.
type session struct {
	client *smtp.Client
	stop   func() bool // stops watching the context
}

// close ends the session, with QUIT if the connection still works.
func (s *session) close() {
	_ = s.client.Quit()
	_ = s.client.Close()
	s.stop()
}

// stepError is an error at a step of the session.
type stepError struct {
	step step
	err  error
}

func (e *stepError) Error() string { return e.step.name() + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// step is a part of the session.
type step int

const (
	toConnect step = iota
	toGreet
	toSecure
	toLogin
	toNameSender
	toNameRecipient
	toSend
)

func (s step) name() string {
	return [...]string{"connect", "greeting", "STARTTLS", "login", "sender", "recipient", "content"}[s]
}

func at(s step, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{s, err}
}

// open connects, encrypts and logs in. The context's deadline limits the whole session.
func (c *Channel) open(ctx context.Context, trace *peer.Trace) (*session, error) {
	conn, err := peer.Dial(ctx, net.JoinHostPort(c.host, c.port), trace)
	if err != nil {
		return nil, at(toConnect, err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	s, err := c.converse(ctx, peer.MaxBytesConn(conn, maxSaid), trace)
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, err
	}
	s.stop = stop
	return s, nil
}

func (c *Channel) converse(ctx context.Context, conn net.Conn, trace *peer.Trace) (*session, error) {
	if c.Security == implicit {
		secured, err := peer.Handshake(ctx, conn, c.trust, c.host, trace)
		if err != nil {
			return nil, at(toConnect, err)
		}
		conn = secured
	}
	client, err := smtp.NewClient(conn, c.host)
	if err != nil {
		return nil, at(toGreet, err)
	}
	client.SkipSMTPUTF8(!c.needsUTF8()) // a server without SMTPUTF8 refuses mail that asks for it
	if err := client.Hello(ourName(conn)); err != nil {
		return nil, at(toGreet, err)
	}
	if c.Security == startTLS {
		if err := c.secure(client, trace); err != nil {
			return nil, at(toSecure, err)
		}
	}
	if c.User == "" {
		return &session{client: client}, nil
	}
	return &session{client: client}, at(toLogin, c.logIn(client))
}

// ourName returns the name for the greeting: our own address, as RFC 5321 prescribes for a client
// without a resolvable name.
func ourName(conn net.Conn) string {
	host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
	ip := net.ParseIP(host)
	switch {
	case ip == nil:
		return "localhost"
	case ip.To4() == nil:
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

var errNoTLS = errors.New("the server does not offer STARTTLS")

// secure encrypts the connection with STARTTLS. It fails if the server does not offer it.
func (c *Channel) secure(client *smtp.Client, trace *peer.Trace) error {
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return errNoTLS
	}
	host, err := peer.ASCII(c.host)
	if err != nil {
		return err
	}
	config := c.trust.Config(host)
	trace.Instrument(config)
	err = client.StartTLS(config)
	if state, _ := client.TLSConnectionState(); err != nil && !state.HandshakeComplete {
		return explained(trace, err, config)
	}
	return err
}

// explained puts an error of the handshake in plain words. A reply of the server stays as it is.
func explained(trace *peer.Trace, err error, config *tls.Config) error {
	if _, refused := replyOf(err); refused {
		return err
	}
	return trace.ExplainHandshake(err, config)
}

var errNoLogin = errors.New("the server offers no supported login (SCRAM-SHA-256, PLAIN, LOGIN, CRAM-MD5)")

// logIn logs in by the best method that the server offers. Without encryption it prefers methods
// that do not reveal the password.
func (c *Channel) logIn(client *smtp.Client) error {
	_, offered := client.Extension("AUTH")
	password := c.Password.Reveal()
	logins := []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(c.User, password)},
		{"PLAIN", smtp.PlainAuth("", c.User, password, c.host, c.Security == plain)},
		{"LOGIN", smtp.LoginAuth(c.User, password, c.host, c.Security == plain)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(c.User, password)},
	}
	if c.Security == plain {
		logins = slices.Concat(logins[:1], logins[3:], logins[1:3])
	}
	for _, login := range logins {
		if slices.Contains(strings.Fields(strings.ToUpper(offered)), login.name) {
			return client.Auth(login.auth)
		}
	}
	return errNoLogin
}

// answer is the server's answer for one recipient.
type answer struct {
	to  string
	err error // nil: accepted
}

// transfer sends a mail to all recipients that the server accepts, and returns the answer for
// each. If it accepts none, transfer sends nothing.
func (s *session) transfer(from string, to []string, content io.WriterTo) ([]answer, error) {
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return nil, at(toNameSender, err)
	}
	answers := make([]answer, len(to))
	taken := 0
	for i, one := range to {
		answers[i] = answer{one, at(toNameRecipient, s.client.Rcpt("<"+one+">"))}
		if _, refused := replyOf(answers[i].err); answers[i].err != nil && !refused {
			return nil, answers[i].err // the connection broke
		}
		if answers[i].err == nil {
			taken++
		}
	}
	if taken == 0 {
		return answers, nil
	}
	data, err := s.client.Data()
	if err != nil {
		return nil, at(toSend, err)
	}
	if _, err := content.WriteTo(data); err != nil {
		return nil, at(toSend, fmt.Errorf("writing the mail: %w", err))
	}
	return answers, at(toSend, data.Close())
}
