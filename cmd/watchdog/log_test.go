package main

import (
	"bytes"
	"encoding/json"
	standard "log"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

// What libraries write to Go's standard log becomes an event, with secrets masked.
func TestTheStandardLogIsTakenIn(t *testing.T) {
	t.Cleanup(func() { standard.SetOutput(os.Stderr); standard.SetFlags(standard.LstdFlags) })
	var out bytes.Buffer
	captureStandardLog(newLog(&out, zapcore.DebugLevel, []string{"hunter2"}).Logger)
	standard.Printf("Unsolicited response starting with %q", "hunter2")
	var line struct{ Level, Msg, Actor, Detail string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "debug" || line.Msg != "library" || line.Actor != "library" || line.Detail != `Unsolicited response starting with "***"` {
		t.Errorf("got %+v", line)
	}
}

// A line has ts (RFC 3339, UTC, with fractions), level and msg.
func TestALineHasItsTimeLevelAndEvent(t *testing.T) {
	var out bytes.Buffer
	newLog(&out, zapcore.InfoLevel, nil).Warn("probe_stuck")
	var line struct{ TS, Level, Msg string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, line.TS)
	if err != nil || at.Location() != time.UTC || !strings.Contains(line.TS, ".") || line.Level != "warn" || line.Msg != "probe_stuck" {
		t.Errorf("got %+v (%v)", line, err)
	}
}
