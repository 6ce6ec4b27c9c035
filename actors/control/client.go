package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// maxAnswer is the limit on an answer, in bytes. Pictures are the largest answers.
const maxAnswer = 8 << 20

// ErrNobody says that no watchdog listens.
var ErrNobody = errors.New("no watchdog answers")

// Ask sends a command to the running daemon and returns its answer. The error says what to check.
func Ask(ctx context.Context, name string, r Request) (Answer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://watchdog/command", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	transport := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, name) },
		DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return Answer{}, explained(name, err)
	}
	defer response.Body.Close()
	return read(name, response)
}

func read(name string, response *http.Response) (a Answer, err error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return a, explained(name, err)
	}
	if response.StatusCode != http.StatusOK {
		return a, fmt.Errorf("the watchdog at %s refuses: %s", name, strings.TrimSpace(string(body[:min(len(body), 200)])))
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("the server at %s is not a watchdog: %w", name, err)
	}
	return a, nil
}

// dial connects, and checks the user of the server: anybody in the network namespace can listen on
// a free name.
func dial(ctx context.Context, name string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", name)
	if err != nil {
		return nil, err
	}
	cred, err := credentialsOf(conn)
	if err == nil && !trustedServer(cred) {
		err = &strangerError{name, nameOf(cred.Uid)}
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

type strangerError struct{ name, user string }

// Error implements error.
func (e *strangerError) Error() string {
	return fmt.Sprintf("the server at %s runs as %s, not as root or this user, so it is not asked: run the command as the daemon's user", e.name, e.user)
}

// explained returns the error with what to check.
func explained(name string, err error) error {
	var stranger *strangerError
	switch {
	case errors.As(err, &stranger):
		return stranger
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w at %s (WATCHDOG_CONTROL): is it running, in this network namespace, and with the same settings? In a container: docker exec watchdog /watchdog …", ErrNobody, name)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the watchdog at %s has not answered in time", name)
	}
	return fmt.Errorf("the watchdog at %s could not be asked: %w", name, err)
}
