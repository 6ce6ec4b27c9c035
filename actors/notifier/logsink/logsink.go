// Package logsink is the channel that writes notifications to the log. It always exists;
// without other settings it is the only channel. It may import notifier, messages and zap.
package logsink

import (
	"context"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// Channel writes each notification as one log event.
type Channel struct{ log *zap.Logger }

// New returns a channel that writes to log.
func New(log *zap.Logger) *Channel { return &Channel{log: log} }

// Name returns "log".
func (c *Channel) Name() string { return "log" }

// Send writes the batch. It never fails: there is nowhere to report a log that can't be written.
func (c *Channel) Send(_ context.Context, batch notifier.Batch) (notifier.Sent, error) {
	for _, n := range batch.Items {
		fields := []zap.Field{
			zap.Stringer("news", n.News), zap.String("signal", string(n.Signal)), zap.Stringer("state", n.Level), zap.String("detail", n.Line()),
		}
		if !n.Since.IsZero() {
			fields = append(fields, zap.Time("since", n.Since), zap.String("for", duration.Words(n.At.Sub(n.Since))))
		}
		if n.Count > 1 {
			fields = append(fields, zap.Int("count", n.Count))
		}
		c.log.Log(levelOf(n), "notification", fields...)
	}
	return notifier.Sent{}, nil
}

func levelOf(n messages.Notification) zapcore.Level {
	switch n.Level {
	case messages.Critical:
		return zapcore.ErrorLevel
	case messages.Warning:
		return zapcore.WarnLevel
	case messages.OK, messages.Unknown, messages.AnnouncedFlapping:
	}
	return zapcore.InfoLevel
}
