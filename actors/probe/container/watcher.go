package container

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/docker/docker/api/types/events"
	"go.uber.org/zap"

	"orchestrator-watchdog/messages/duration"
)

const (
	// firstDelay and maxDelay bound the growing delay before a lost stream is reopened.
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	// stableAfter is how long a stream must last before it counts as back.
	stableAfter = time.Second
	// quiet is how long a stream may be silent before it is reopened. A dead stream and a quiet one
	// look the same, and a reopened stream repeats what was missed.
	quiet = time.Minute
	// settle is the delay from an event to the wake of the probe, restarted by each further event.
	// settleMost bounds the delay from the first of them. So containers that die together are in
	// one reading and one message, and a container that is restarted at once is not seen down. From
	// the death, with a confirmation after 700 ms, the message takes 1.3 s, or 2.2 s for many.
	settle     = 500 * time.Millisecond
	settleMost = 1400 * time.Millisecond
)

// WatcherOptions are the configuration of a Watcher.
type WatcherOptions struct {
	Endpoint Endpoint
	Stream   *Stream
	Changed  func(at time.Time, what string) // called after the engine was unreachable; must not block
	Now      func() time.Time
	Log      *zap.Logger
}

// Watcher is the actor that follows the engine's stream of events. It queues them for the probe,
// and wakes it. While the stream is lost, the probe goes on at its interval.
type Watcher struct {
	WatcherOptions
	connect func(context.Context) (*connection, error)

	last  time.Time // time of the last event; the stream is reopened after it
	after time.Time // the present stream was requested to begin after this time
	lost  bool      // the loss of the stream was logged
	away  time.Time // since when the engine is unreachable; zero: it answers
}

// NewWatcher creates the actor.
func NewWatcher(o WatcherOptions) *Watcher {
	// Past events show a restart loop from before our start.
	return &Watcher{WatcherOptions: o, connect: o.Endpoint.connect, last: o.Now().Add(-loopWithin)}
}

// String names the actor for its supervisor.
func (w *Watcher) String() string { return "watcher:docker" }

// Serve follows the stream until the context ends.
func (w *Watcher) Serve(ctx context.Context) error {
	delay := firstDelay
	for {
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errQuiet) {
			continue
		}
		if !w.lost {
			delay = firstDelay
		}
		w.logLost(err, delay)
		if err := sleep(ctx, delay); err != nil {
			return err
		}
		delay = min(2*delay, maxDelay)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// errQuiet says that the stream was silent for a while, which is no fault.
var errQuiet = errors.New("the stream is quiet")

// follow opens the stream after the last event, and handles its events until it ends.
func (w *Watcher) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := w.connect(ctx)
	if err != nil {
		if w.away.IsZero() {
			w.away = w.Now()
		}
		return err
	}
	defer c.Close()
	w.after = w.last
	stream, errs := c.Events(ctx, events.ListOptions{Since: stamp(w.last.Add(time.Nanosecond)), Filters: eventFilter(c.dialect())})
	return w.handleEvents(ctx, stream, errs)
}

// handleEvents handles the events of a stream until it ends or is quiet.
func (w *Watcher) handleEvents(ctx context.Context, stream <-chan events.Message, errs <-chan error) error {
	silence, wake, proven := time.NewTimer(quiet), time.NewTimer(0), time.NewTimer(stableAfter)
	defer silence.Stop()
	defer wake.Stop()
	defer proven.Stop()
	wake.Stop()
	var latest time.Time // when the probe is woken at the latest; zero: no event waits
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-stream:
			silence.Reset(quiet)
			h := newEvent(e)
			if !h.at.After(w.after) {
				continue // Podman rounds the requested time, and repeats the last event
			}
			if w.queue(h) {
				now := w.Now()
				if latest.IsZero() {
					latest = now.Add(settleMost)
				}
				wake.Reset(min(settle, latest.Sub(now)))
			}
		case <-wake.C:
			latest = time.Time{}
			w.Stream.wakeProbe()
		case err := <-errs:
			return end(err)
		case <-proven.C:
			w.logBack()
		case <-silence.C:
			return errQuiet
		}
	}
}

// queue puts an event into the stream, and reports whether it wakes the probe.
func (w *Watcher) queue(h event) (wakes bool) {
	if h.at.After(w.last) {
		w.last = h.at
	}
	if !w.Stream.queue.Offer(h) {
		w.Log.Warn("event_dropped", zap.String("container", h.name), zap.Uint64("dropped", w.Stream.queue.Dropped()))
	}
	return h.wakes()
}

// end returns the error for the end of a stream. An engine that stops ends it without an error.
func end(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errors.New("the engine ended the stream of events")
	}
	return err
}

func (w *Watcher) logLost(err error, retry time.Duration) {
	if w.lost {
		return
	}
	w.lost = true
	w.Log.Warn("events_lost", zap.String("error", w.Endpoint.explain(err)), zap.Int64("retry_in_ms", retry.Milliseconds()),
		zap.String("detail", "containers are looked at on every tick until the stream is back"))
}

func (w *Watcher) logBack() {
	if !w.away.IsZero() {
		w.Changed(w.away, "the container engine was restarted, or out of reach, for "+duration.Words(w.Now().Sub(w.away)))
		w.away = time.Time{}
	}
	if w.lost {
		w.lost = false
		w.Log.Info("events_back")
		w.Stream.wakeProbe() // for what happened meanwhile
	}
}
