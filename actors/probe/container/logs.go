package container

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/docker/docker/api/types/container"
)

// maxLog is how much of a container's log is read at a time, in bytes.
const maxLog = 256 << 10

// Logs reads the last lines of containers' logs, where that is switched on: GET of logs is
// allowed for it alone. It may be used by several goroutines at once.
type Logs struct {
	endpoint Endpoint
	lines    int
	facts    *Facts

	mu     sync.Mutex
	client *connection // nil: the version is still to be agreed on
}

// NewLogs makes a reader of the last lines. Facts know which container a name is.
func NewLogs(endpoint Endpoint, lines int, facts *Facts) *Logs {
	endpoint.Logs = true
	return &Logs{endpoint: endpoint, lines: lines, facts: facts}
}

// Last gives the last lines of a container's log, of both streams. It is empty where the log
// can't be read in time, and says so where its driver can't be read at all.
func (l *Logs) Last(ctx context.Context, name string) []string {
	id := l.facts.id(name)
	if id == "" {
		return nil
	}
	client, err := l.connection(ctx)
	if err != nil {
		return nil
	}
	body, err := client.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(l.lines)})
	if err != nil {
		if strings.Contains(err.Error(), "does not support reading") {
			return []string{"(its log can't be read: its log driver does not support that)"}
		}
		l.forget(client)
		return nil
	}
	defer body.Close()
	text, _ := io.ReadAll(body) // what was read before it became too long, or late, will do
	return lastLines(plainLog(text), l.lines)
}

func (l *Logs) connection(ctx context.Context) (*connection, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		c, err := l.endpoint.connect(ctx)
		if err != nil {
			return nil, err
		}
		l.client = c
	}
	return l.client, nil
}

// forget lets the version be agreed on anew: the engine may have been replaced.
func (l *Logs) forget(client *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == client {
		_ = client.Close() // nothing was read from it that could be lost
		l.client = nil
	}
}

// frameHead is the length of what stands before each piece of a stream: its number, three
// zeros, and how long the piece is.
const frameHead = 8

// plainLog gives the text of a log: of a container with a terminal it is that, of any other
// its two streams are in frames. Nothing is made ready for what a frame says it holds: a
// container with a terminal can write what looks like a frame of 4 GiB.
func plainLog(text []byte) string {
	if !startsFrame(text) {
		return string(text)
	}
	var both strings.Builder
	for startsFrame(text) {
		piece := text[frameHead:]
		size := binary.BigEndian.Uint32(text[4:frameHead])
		if uint64(size) > uint64(len(piece)) {
			break // it was cut off, and is left out
		}
		both.Write(piece[:size])
		text = piece[size:]
	}
	return both.String()
}

func startsFrame(text []byte) bool {
	return len(text) >= frameHead && text[0] <= 2 && text[1] == 0 && text[2] == 0 && text[3] == 0
}

// lastLines are the last lines that are not empty.
func lastLines(text string, n int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):]
}
