package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// maxWaiting is how many lines may wait for a blocked output.
const maxWaiting = 1000

// lineQueue is an output that never blocks: the reader of the log, such as Docker, may hang, and
// the watch must go on. Lines wait in a bounded queue; those that don't fit are dropped and
// counted.
type lineQueue struct {
	out     io.Writer
	waiting chan queued
	dropped atomic.Uint64
}

// queued is a line, or a channel to close when all lines before are written.
type queued struct {
	line    []byte
	written chan<- struct{}
}

// newLineQueue makes a queue in front of the output. Its goroutine lives as long as the process.
func newLineQueue(out io.Writer) *lineQueue {
	q := &lineQueue{out: out, waiting: make(chan queued, maxWaiting)}
	go q.serve()
	return q
}

// Write queues one line. It never fails.
func (q *lineQueue) Write(line []byte) (int, error) {
	select {
	case q.waiting <- queued{line: bytes.Clone(line)}: // the encoder reuses its buffer
	default:
		q.dropped.Add(1)
	}
	return len(line), nil
}

// flush waits until all queued lines are written, at most for the limit.
func (q *lineQueue) flush(limit time.Duration) {
	late := time.After(limit)
	written := make(chan struct{})
	select {
	case q.waiting <- queued{written: written}: // its line is empty
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
		_, _ = q.out.Write(next.line) // there is no other place to report it
		if len(q.waiting) == 0 {
			q.tellDropped()
		}
		if next.written != nil {
			close(next.written)
		}
	}
}

// tellDropped writes how many lines were dropped, if any.
func (q *lineQueue) tellDropped() {
	if n := q.dropped.Swap(0); n > 0 {
		fmt.Fprintf(q.out, `{"level":"warn","ts":%q,"msg":"log_dropped","actor":"log","lines":%d}`+"\n", time.Now().UTC().Format(timeForm), n)
	}
}
