package container

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// watchedStream is a watcher of a fake engine in virtual time.
type watchedStream struct {
	*Watcher
	log     *observer.ObservedLogs
	changed chan string
	refuses atomic.Bool // connections to the engine fail
}

func watch(t *testing.T, e *fakeEngine) *watchedStream {
	core, log := observer.New(zap.DebugLevel)
	changed := make(chan string, 10)
	w := NewWatcher(WatcherOptions{
		Endpoint: Endpoint{Host: "unix:///nowhere"}, Stream: NewStream(), Now: time.Now, Log: zap.New(core),
		Changed: func(_ time.Time, what string) { changed <- what },
	})
	watched, connect := &watchedStream{Watcher: w, log: log, changed: changed}, e.inMemory(t)
	w.connect = func(ctx context.Context) (*connection, error) {
		if watched.refuses.Load() {
			return nil, errors.New("connection refused")
		}
		return connect(ctx)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != context.Canceled { //nolint:errorlint // it is returned as it is
			t.Errorf("Serve returned %v", err)
		}
	})
	return watched
}

// woken waits for a wake for at most the given time, and returns how long it took.
func (w *watchedStream) woken(most time.Duration) (took time.Duration, ok bool) {
	start := time.Now()
	select {
	case <-w.Stream.Wake():
		return time.Since(start), true
	case <-time.After(most):
		return most, false
	}
}

// An event wakes the probe after a moment, and many events wake it once. A kill does not wake it.
func TestEventsWakeTheProbe(t *testing.T) {
	for name, c := range map[string]struct {
		say  func(w http.ResponseWriter, r *http.Request)
		took time.Duration // 0: no wake
	}{
		"one": {func(w http.ResponseWriter, _ *http.Request) { say(w, "a", "die", time.Now()) }, settle},
		"a burst": {func(w http.ResponseWriter, _ *http.Request) {
			for range 4 {
				say(w, "a", "die", time.Now())
				time.Sleep(settle / 4)
			}
		}, settle + 3*settle/4},
		"a storm": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				say(w, "a", "die", time.Now())
				time.Sleep(settle / 4)
			}
		}, settleMost},
		"a kill": {func(w http.ResponseWriter, _ *http.Request) { say(w, "a", "kill", time.Now()) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newFakeEngine(0)
				e.events = func(w http.ResponseWriter, r *http.Request) {
					c.say(w, r)
					<-r.Context().Done()
				}
				w := watch(t, e)
				took, woken := w.woken(quiet / 2)
				if woken != (c.took > 0) || woken && took != c.took {
					t.Errorf("woken %t after %s, want after %s", woken, took, c.took)
				}
			})
		})
	}
}

// The loss of the stream is logged once, whatever its reason. The stream is reopened after growing
// delays. Its return is logged and wakes the probe.
func TestALostStreamIsLoggedOnceAndReopened(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"it ends":       func(http.ResponseWriter, *http.Request) {},
		"garbage":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>\nno event\n")) },
		"half an event": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"Type":"contai`)) },
		"a line without an end": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"x":"` + strings.Repeat("x", 10<<20)))
		},
		"an error":                func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"it never begins":         func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a proxy that forbids it": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newFakeEngine(0)
				e.events = fault
				w := watch(t, e)
				time.Sleep(5 * time.Minute)
				if n := w.log.FilterMessage("events_lost").Len(); n != 1 || w.log.Len() != 1 {
					t.Errorf("the loss was logged %d times: %v", n, w.log.All())
				}
				if n := len(e.asked()); n > 60 {
					t.Errorf("%d requests within 5 minutes", n)
				}
				e.mu.Lock()
				e.events = nil
				e.mu.Unlock()
				if _, woken := w.woken(maxDelay + headerTimeout + stableAfter); !woken {
					t.Error("the return of the stream did not wake the probe")
				}
				if w.log.FilterMessage("events_back").Len() != 1 {
					t.Error("the return of the stream was not logged")
				}
			})
		})
	}
}

// A silent stream is reopened every minute, without a log line, from the last event on. So no event
// is missed.
func TestASilentStreamIsReopened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(0)
		opened := make(chan string, 100)
		started := time.Now()
		e.events = func(w http.ResponseWriter, r *http.Request) {
			first := len(opened) == 0
			opened <- r.URL.Query().Get("since")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			if first {
				say(w, "a", "die", started)
			}
			<-r.Context().Done()
		}
		w := watch(t, e)
		time.Sleep(10*quiet + quiet/2)
		if n := len(opened); n != 11 {
			t.Errorf("opened %d times within 10.5 minutes", n)
		}
		<-opened
		if since, want := <-opened, stamp(started.Add(time.Nanosecond)); since != want {
			t.Errorf("reopened since %s, want %s", since, want)
		}
		if w.log.Len() != 0 {
			t.Errorf("silence was logged: %v", w.log.All())
		}
	})
}

// A reopened stream may repeat the last event, which counts once.
func TestARepeatedEventCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(0)
		started := time.Now()
		e.events = func(w http.ResponseWriter, r *http.Request) {
			say(w, "a", "cleanup", started)
			<-r.Context().Done()
		}
		w := watch(t, e)
		time.Sleep(3 * quiet)
		heard := 0
		w.Stream.drain(func(event) { heard++ })
		if heard != 1 {
			t.Errorf("counted %d times", heard)
		}
	})
}

// A full stream drops events and counts them.
func TestAFullStreamCountsItsDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(0)
		e.events = func(w http.ResponseWriter, r *http.Request) {
			for range maxEvents + 3 {
				say(w, "a", "start", time.Now())
			}
			<-r.Context().Done()
		}
		w := watch(t, e)
		time.Sleep(quiet / 2)
		if n := w.Stream.queue.Dropped(); n != 3 || w.log.FilterMessage("event_dropped").Len() == 0 {
			t.Errorf("dropped %d, want 3", n)
		}
	})
}

// An engine that did not answer for a while is a change, since it may have been restarted. The loss
// of the stream alone is none.
func TestARestartOfTheEngineIsAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(0)
		cut := make(chan bool)
		e.events = func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			select {
			case <-cut:
			case <-r.Context().Done():
			}
		}
		w := watch(t, e)
		time.Sleep(2 * stableAfter)
		cut <- true
		time.Sleep(firstDelay + 2*stableAfter)
		if n := len(w.changed); n != 0 {
			t.Errorf("%d changes after the loss of the stream alone", n)
		}
		w.refuses.Store(true)
		cut <- true
		time.Sleep(10 * time.Second)
		w.refuses.Store(false)
		time.Sleep(maxDelay)
		if len(w.changed) != 1 {
			t.Fatalf("%d changes", len(w.changed))
		}
		if got := <-w.changed; got != "the container engine was restarted, or out of reach, for 15s" {
			t.Errorf("got %q", got)
		}
	})
}
