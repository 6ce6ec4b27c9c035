package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/netutil"

	"orchestrator-watchdog/actors/httpserve"
)

// Request is one command.
type Request struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
	By      string   `json:"-"` // the user of the connection, from the kernel
}

// Answer is the result of a command.
type Answer struct {
	Output  string `json:"output"`  // for standard output
	Problem string `json:"problem"` // for standard error
	Code    int    `json:"code"`    // the exit code
	// Report says that Code is not an error of the command, but the state that it reports.
	Report bool `json:"-"`
}

// Handler executes a command. It must be safe for concurrent use.
type Handler func(context.Context, Request) Answer

// Options are the parameters of an Actor.
type Options struct {
	Name     string             // of the abstract socket, with its @
	Commands map[string]Handler // by name
	Count    func(channel, command, outcome string)
	Log      *zap.Logger
}

// Actor is the server of the control socket.
type Actor struct{ Options }

// New returns an Actor.
func New(o Options) *Actor { return &Actor{o} }

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "control" }

const (
	// listenRetry is the interval at which the actor tries to listen.
	listenRetry = time.Minute
	// maxConnections is how many connections may be open; further ones wait.
	maxConnections = 16
	// maxRequest is the limit on a request, in bytes.
	maxRequest = 64 << 10
	// AnswerWithin is the limit on the time of a command. A reload waits for slow disks, and a
	// pass of all probes for slow peers.
	AnswerWithin = 30 * time.Second
)

// Serve answers commands until the context ends. If the name is in use, it logs a warning and
// retries.
func (a *Actor) Serve(ctx context.Context) error {
	listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      AnswerWithin + 5*time.Second,
		IdleTimeout:       5 * time.Second,
		MaxHeaderBytes:    4 << 10,
	}
	if err := httpserve.Serve(ctx, netutil.LimitListener(trustedListener{listener}, maxConnections), server, a.Log, "control_error"); ctx.Err() == nil {
		return fmt.Errorf("the control socket %s ended: %w", a.Name, err)
	}
	return ctx.Err()
}

// listen listens on the name. It retries until the name is free.
func (a *Actor) listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	for warned := false; ; warned = true {
		listener, err := config.Listen(ctx, "unix", a.Name)
		if err == nil || ctx.Err() != nil {
			return listener, errors.Join(err, ctx.Err())
		}
		if !warned {
			a.Log.Warn("config_warning", zap.String("detail", a.problem(err)))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(listenRetry):
		}
	}
}

func (a *Actor) problem(err error) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Sprintf("WATCHDOG_CONTROL: the name %s is taken in this network namespace, perhaps by another watchdog: commands such as `watchdog reload` don't reach this one; set another name. It is tried again every minute", a.Name)
	}
	return fmt.Sprintf("WATCHDOG_CONTROL: can't listen on %s: %v; it is tried again every minute", a.Name, err)
}

// trustedListener accepts connections of trusted users, and refuses all others.
type trustedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l trustedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		cred, err := credentialsOf(conn)
		if err == nil && trusted(cred.Uid) {
			return &userConn{conn, user(cred.Uid)}, nil
		}
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = conn.Write([]byte(refusal()))
		_ = conn.Close()
	}
}

func refusal() string {
	text := fmt.Sprintf("only root and the daemon's own user (%s) are answered\n", nameOf(uint32(os.Geteuid())))
	return fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// userConn is a connection with its user as the remote address.
type userConn struct {
	net.Conn
	user user
}

// RemoteAddr implements net.Conn.
func (c *userConn) RemoteAddr() net.Addr { return c.user }

// user is a user ID.
type user uint32

// Network implements net.Addr.
func (user) Network() string { return "unix" }

// String implements net.Addr.
func (u user) String() string { return nameOf(uint32(u)) }

func (a *Actor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /command", func(w http.ResponseWriter, r *http.Request) {
		answer := a.answer(w, r)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // fails only if the client is gone
	})
	return mux
}

func (a *Actor) answer(w http.ResponseWriter, r *http.Request) Answer {
	var request Request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&request); err != nil {
		return Answer{Code: 2, Problem: "the request can't be decoded: " + err.Error()}
	}
	handle, ok := a.Commands[request.Command]
	if !ok {
		return Answer{Code: 2, Problem: fmt.Sprintf("the running watchdog has no command %q: is it an older version?", request.Command)}
	}
	request.By = r.RemoteAddr
	ctx, cancel := context.WithTimeout(r.Context(), AnswerWithin)
	defer cancel()
	answer := handle(ctx, request)
	outcome := outcomes[min(answer.Code, 2)]
	if answer.Report {
		outcome = outcomes[0]
	}
	a.Count("control", request.Command, outcome)
	a.Log.Info("command", zap.String("channel", "control"), zap.String("command", request.Command), zap.String("outcome", outcome), zap.String("by", request.By))
	return answer
}

// outcomes are the outcomes by exit code.
var outcomes = [...]string{"done", "failed", "refused"}
