// Package httpserve lets an actor serve HTTP: until its context ends, and with what is wrong with
// a connection or a handler in the log. It may import zap alone.
package httpserve

import (
	"context"
	standard "log"
	"net"
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// Until serves until the context ends, and closes the connections then. What the server has to
// complain of is logged as the given event. The error is that of the server.
func Until(ctx context.Context, listener net.Listener, server *http.Server, log *zap.Logger, event string) error {
	server.ErrorLog = standard.New(complaints{log, event}, "", 0)
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	return server.Serve(listener)
}

// complaints is where the server writes what is wrong.
type complaints struct {
	log   *zap.Logger
	event string
}

// Write takes one complaint.
func (c complaints) Write(text []byte) (int, error) {
	c.log.Warn(c.event, zap.String("error", strings.TrimSpace(string(text))))
	return len(text), nil
}
