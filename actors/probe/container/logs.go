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

// maxLog bounds the part of a log that one request reads, in bytes.
const maxLog = 256 << 10

// Logs reads the last lines of container logs. Only its client may GET logs. It is safe for
// concurrent use.
type Logs struct {
	endpoint Endpoint
	lines    int
	facts    *Facts

	mu     sync.Mutex
	client *connection // nil: not connected
}

// NewLogs creates a reader of the last lines. It finds the containers in facts.
func NewLogs(endpoint Endpoint, lines int, facts *Facts) *Logs {
	endpoint.Logs = true
	return &Logs{endpoint: endpoint, lines: lines, facts: facts}
}

// Last returns the last lines of both streams of a container's log. It returns nothing if the log
// can't be read in time, and a line that says so if the log driver does not support reading.
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
	text, _ := io.ReadAll(body) // after an error, such as a timeout, the part that was read is used
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

// forget drops a failed client. The next call connects and negotiates the API version again, since
// another version of the engine may have been installed.
func (l *Logs) forget(client *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == client {
		_ = client.Close()
		l.client = nil
	}
}

// frameHead is the length of the header of a frame, in bytes: stream number, three zeros, length.
const frameHead = 8

// plainLog returns the text of a log. Without a terminal, the log is the frames of two streams. It
// allocates nothing by the length in a header: a container with a terminal can write what looks
// like a frame of 4 GiB.
func plainLog(text []byte) string {
	if !startsFrame(text) {
		return string(text)
	}
	var both strings.Builder
	for startsFrame(text) {
		piece := text[frameHead:]
		size := binary.BigEndian.Uint32(text[4:frameHead])
		if uint64(size) > uint64(len(piece)) {
			break // the frame was cut off
		}
		both.Write(piece[:size])
		text = piece[size:]
	}
	return both.String()
}

func startsFrame(text []byte) bool {
	return len(text) >= frameHead && text[0] <= 2 && text[1] == 0 && text[2] == 0 && text[3] == 0
}

// lastLines returns the last n lines that are not empty.
func lastLines(text string, n int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):]
}
