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
	// firstDelay and maxDelay bound the growing pause before a lost stream is opened again.
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	// proof is how long a stream must hold before it counts as back.
	proof = time.Second
	// quiet is how long a stream may be silent before it is opened anew: that is its ping,
	// since a dead stream and a quiet one look alike, and what it missed is told again.
	quiet = time.Minute
	// settle is how long after an event the probe is woken, and settleMost how long after
	// the first of many: so containers that die together are in one reading and one message,
	// and one that is restarted at once was not seen down. A reading, its confirmation
	// 700 ms later and the message take 1.3 s from the death, and 2.2 s of many.
	settle     = 500 * time.Millisecond
	settleMost = 1400 * time.Millisecond
)

// WatcherOptions are what a Watcher is made of.
type WatcherOptions struct {
	Endpoint Endpoint
	Stream   *Stream
	Changed  func(at time.Time, what string) // hears that the engine was away; it does not block
	Now      func() time.Time
	Log      *zap.Logger
}

// Watcher is the actor that follows the engine's stream of events: it keeps them for
// the probe, and wakes it. Without the stream the probe goes on at its interval.
type Watcher struct {
	WatcherOptions
	connect func(context.Context) (*connection, error)

	last  time.Time // of the last event: the stream goes on after it
	after time.Time // that the present stream is asked to begin after
	lost  bool      // it was said that the stream is away
	away  time.Time // since when the engine does not answer either; zero: it does
}

// NewWatcher makes the actor.
func NewWatcher(o WatcherOptions) *Watcher {
	// A loop from before our start is seen as far as the engine remembers it.
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
		w.sayLost(err, delay)
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

// errQuiet says that nothing was heard for a while, which is no fault.
var errQuiet = errors.New("the stream is quiet")

// follow opens the stream after the last event, and hands on what it says until it ends.
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
	stream, errs := c.Events(ctx, events.ListOptions{Since: stamp(w.last.Add(time.Nanosecond)), Filters: toldOnly(c.face())})
	return w.hear(ctx, stream, errs)
}

// hear takes what the stream says until it ends or is quiet.
func (w *Watcher) hear(ctx context.Context, stream <-chan events.Message, errs <-chan error) error {
	silence, wake, proven := time.NewTimer(quiet), time.NewTimer(0), time.NewTimer(proof)
	defer silence.Stop()
	defer wake.Stop()
	defer proven.Stop()
	wake.Stop()
	var latest time.Time // when the probe is woken, however much happens; zero: nothing did
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-stream:
			silence.Reset(quiet)
			h := happened(e)
			if !h.at.After(w.after) {
				continue // Podman rounds what it is asked for, and tells the last one again
			}
			if w.keep(h) {
				now := w.Now()
				if latest.IsZero() {
					latest = now.Add(settleMost)
				}
				wake.Reset(min(settle, latest.Sub(now)))
			}
		case <-wake.C:
			latest = time.Time{}
			w.Stream.look()
		case err := <-errs:
			return end(err)
		case <-proven.C:
			w.sayBack()
		case <-silence.C:
			return errQuiet
		}
	}
}

// keep hands one event on, and tells whether it is to be looked at.
func (w *Watcher) keep(h happening) (wakes bool) {
	if h.at.After(w.last) {
		w.last = h.at
	}
	if !w.Stream.happenings.Offer(h) {
		w.Log.Warn("event_dropped", zap.String("container", h.name), zap.Uint64("dropped", w.Stream.happenings.Dropped()))
	}
	return h.wakes()
}

// end gives the end of a stream a text: an engine that stops ends it without a word.
func end(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errors.New("the engine ended the stream of events")
	}
	return err
}

func (w *Watcher) sayLost(err error, retry time.Duration) {
	if w.lost {
		return
	}
	w.lost = true
	w.Log.Warn("events_lost", zap.String("error", w.Endpoint.plain(err)), zap.Int64("retry_in_ms", retry.Milliseconds()),
		zap.String("detail", "containers are looked at on every tick until the stream is back"))
}

func (w *Watcher) sayBack() {
	if !w.away.IsZero() {
		w.Changed(w.away, "the container engine was restarted, or out of reach, for "+duration.Words(w.Now().Sub(w.away)))
		w.away = time.Time{}
	}
	if w.lost {
		w.lost = false
		w.Log.Info("events_back")
		w.Stream.look() // at what happened meanwhile
	}
}
