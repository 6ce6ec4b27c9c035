package main

import (
	"io"
	standard "log"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logbook is the daemon's log, with its level and secrets, which a reload changes.
type logbook struct {
	*zap.Logger
	level    zap.AtomicLevel
	redactor *redactor
}

// newLog makes the daemon's log, one JSON object a line, with all secrets masked.
func newLog(out io.Writer, level zapcore.Level, secrets []string) logbook {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: "ts", LevelKey: "level", MessageKey: "msg",
		LineEnding:     zapcore.DefaultLineEnding,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     encodeTime,
		EncodeDuration: zapcore.StringDurationEncoder,
	})
	l := logbook{level: zap.NewAtomicLevelAt(level), redactor: newRedactor(out, secrets)}
	l.Logger = zap.New(zapcore.NewCore(encoder, zapcore.AddSync(l.redactor), l.level))
	return l
}

// captureStandardLog turns what libraries write to Go's standard log into debug events. net/http reports
// protocol errors of peers there, as plain text on standard error. Those that matter also show as
// a failed reading or send.
func captureStandardLog(log *zap.Logger) {
	standard.SetFlags(0)
	standard.SetOutput(library{log.With(zap.String("actor", "library"))})
}

// library is the output of Go's standard log.
type library struct{ log *zap.Logger }

// Write logs one line.
func (l library) Write(line []byte) (int, error) {
	l.log.Debug("library", zap.String("detail", strings.TrimSpace(string(line))))
	return len(line), nil
}

// timeForm is RFC 3339 in UTC, always with fractions, so that times sort as text.
const timeForm = "2006-01-02T15:04:05.000000Z"

func encodeTime(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
	enc.AppendString(t.UTC().Format(timeForm))
}
