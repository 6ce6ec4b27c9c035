// Package httpserve runs an HTTP server until a context ends, and logs its errors with zap. It may
// import only zap.
package httpserve

import (
	"context"
	standard "log"
	"net"
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// Serve serves until the context ends, and then closes all connections. The server's ErrorLog
// goes to log as the given event. The error is that of http.Server.Serve.
func Serve(ctx context.Context, listener net.Listener, server *http.Server, log *zap.Logger, event string) error {
	server.ErrorLog = standard.New(errorLog{log, event}, "", 0)
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	return server.Serve(listener)
}

// errorLog logs each Write as an event.
type errorLog struct {
	log   *zap.Logger
	event string
}

// Write implements io.Writer.
func (l errorLog) Write(text []byte) (int, error) {
	l.log.Warn(l.event, zap.String("error", strings.TrimSpace(string(text))))
	return len(text), nil
}
