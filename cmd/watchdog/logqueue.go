package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// maxWaiting is how many lines may wait for an output that takes none.
const maxWaiting = 1000

// lineQueue is an output that never makes anyone wait: the reader of the log may hang, as
// a Docker that is in trouble does, and the watch has to go on. Lines wait in a bounded
// queue; those that don't fit are dropped and counted.
type lineQueue struct {
	out     io.Writer
	waiting chan queued
	dropped atomic.Uint64
}

// queued is a line, or whom to tell that all lines before are written.
type queued struct {
	line    []byte
	written chan<- struct{}
}

// newLineQueue makes a queue before the output, which it writes to for the life of the process.
func newLineQueue(out io.Writer) *lineQueue {
	q := &lineQueue{out: out, waiting: make(chan queued, maxWaiting)}
	go q.serve()
	return q
}

// Write takes one line.
func (q *lineQueue) Write(line []byte) (int, error) {
	select {
	case q.waiting <- queued{line: bytes.Clone(line)}: // the encoder uses its buffer again
	default:
		q.dropped.Add(1)
	}
	return len(line), nil
}

// flush waits until what was taken is written, and no longer than the limit.
func (q *lineQueue) flush(limit time.Duration) {
	late := time.After(limit)
	written := make(chan struct{})
	select {
	case q.waiting <- queued{written: written}: // with an empty line
	case <-late:
		return
	}
	select {
	case <-written:
	case <-late:
	}
}

func (q *lineQueue) serve() {
	for next := range q.waiting {
		_, _ = q.out.Write(next.line) // there is nowhere else to tell of it
		if len(q.waiting) == 0 {
			q.tellDropped()
		}
		if next.written != nil {
			close(next.written)
		}
	}
}

// tellDropped writes how many lines are missing, where some are.
func (q *lineQueue) tellDropped() {
	if n := q.dropped.Swap(0); n > 0 {
		fmt.Fprintf(q.out, `{"level":"warn","ts":%q,"msg":"log_dropped","actor":"log","lines":%d}`+"\n", time.Now().UTC().Format(timeForm), n)
	}
}
