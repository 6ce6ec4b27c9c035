package container

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
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

// NewLogs makes a reader of so many lines. Facts know which container a name is.
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

// plainLog gives the text of a log: of a container with a terminal it is that, of any other
// its two streams are in frames.
func plainLog(text []byte) string {
	if len(text) < 8 || text[0] > 2 || text[1] != 0 || text[2] != 0 || text[3] != 0 {
		return string(text)
	}
	var both bytes.Buffer
	_, _ = stdcopy.StdCopy(&both, &both, bytes.NewReader(text)) // a frame that was cut off is left out
	return both.String()
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
