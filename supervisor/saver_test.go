package supervisor_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// disk is a disk in memory.
type disk struct {
	mu     sync.Mutex
	behave func(write int) (kept bool) // called during a write; nil: succeeds
	writes []time.Duration             // when each write began
	atOnce int
	start  time.Time
	last   core.State // the state that was last saved
}

func (d *disk) keep(s core.State) bool {
	d.mu.Lock()
	if d.atOnce++; d.atOnce > 1 {
		panic("two writes at a time")
	}
	d.writes = append(d.writes, time.Since(d.start))
	n := len(d.writes)
	d.mu.Unlock()
	kept := d.behave == nil || d.behave(n)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.atOnce--
	if kept {
		d.last = s
	}
	return kept
}

// begun returns when writes began since the last call.
func (d *disk) begun() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	writes := d.writes
	d.writes = nil
	return writes
}

// pending returns the news that would be pending after a restart.
func (d *disk) pending(channel string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, n := range d.last.Outbox(channel).Items {
		all = append(all, n.News.String()+" "+string(n.Signal))
	}
	return strings.Join(all, ", ")
}

// between returns the level of a signal that is critical from one time to another.
func between(from, to time.Duration) func(time.Duration) messages.Level {
	return func(d time.Duration) messages.Level {
		if d >= from && d < to {
			return messages.Critical
		}
		return messages.OK
	}
}

// News is sent after it is on the disk, so that a restart knows everything that was told.
func TestNewsWaitsForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{start: time.Now(), behave: func(int) bool { time.Sleep(300 * time.Millisecond); return true }}
		ch := &chat{name: "chat"}
		var found []string
		ch.send = func(int) error { found = append(found, d.pending("chat")); return nil }
		r := runKept(d.keep, []supervisor.ProbePart{observing("a", "dep_down:a", between(time.Minute, 10*time.Minute))}, ch)
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if got := strings.Join(found, "; "); got != "ALERT dep_down:a; RECOVERED dep_down:a" {
			t.Errorf("during the sends the disk held %q", got)
		}
		if r.logs.FilterMessage("state_slow").Len() != 0 {
			t.Error("a disk that takes 300 ms is called slow")
		}
		if err := r.stop(); err != nil || d.pending("chat") != "" {
			t.Errorf("%v; after the stop there is still to tell: %s", err, d.pending("chat"))
		}
	})
}

// A disk that takes seconds for each write delays no decision, tick or report. It delays the first
// news by one second and, while it is known to be slow, later news not at all.
func TestASlowDiskDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{start: time.Now()}
		d.behave = func(int) bool {
			if since := time.Since(d.start); since > 50*time.Second && since < 30*time.Minute {
				time.Sleep(7 * time.Second)
			}
			return true
		}
		ch := &chat{name: "chat"}
		var sent []time.Duration
		ch.send = func(int) error { sent = append(sent, time.Since(d.start)); return nil }
		r := runKept(d.keep, []supervisor.ProbePart{
			observing("a", "dep_down:a", from(time.Minute, messages.Critical)),
			observing("b", "dep_down:b", from(5*time.Minute, messages.Critical)),
			observing("c", "dep_down:c", from(40*time.Minute, messages.Critical)),
		}, ch)
		time.Sleep(50*time.Minute + time.Second)
		synctest.Wait()
		// An alert needs two bad readings.
		for i, want := range []time.Duration{75*time.Second + time.Second, 5*time.Minute + 15*time.Second, 40*time.Minute + 15*time.Second} {
			if i >= len(sent) || sent[i] != want {
				t.Fatalf("sent at %s, want number %d at %s", sent, i, want)
			}
		}
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 200)
		onTime(t, "report", r.counted.reported("a"), r.start, 0, 201)
		if slow, fast := r.logs.FilterMessage("state_slow").Len(), r.logs.FilterMessage("state_fast_again").Len(); slow != 1 || fast != 1 {
			t.Errorf("logged as slow %d times, and as fast again %d times", slow, fast)
		}
		if err := r.stop(); err != nil || d.pending("chat") != "" {
			t.Errorf("%v; after the stop there is still to tell: %s", err, d.pending("chat"))
		}
	})
}

// A disk that never answers is treated as slow: news is told in order, the process goes on, and a
// stop ends in time.
func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		d := &disk{start: time.Now(), behave: func(int) bool { <-forever; return true }}
		ch := &chat{name: "chat"}
		r := runKept(d.keep, []supervisor.ProbePart{observing("a", "dep_down:a", between(time.Minute, 10*time.Minute))}, ch)
		time.Sleep(time.Hour + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 240)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a, RECOVERED dep_down:a" {
			t.Errorf("told %q", got)
		}
		if silent := r.health(); len(silent) != 0 {
			t.Errorf("silent: %s", silent)
		}
		before := time.Now()
		if err := r.stop(); err != nil || time.Since(before) > 2*time.Second || len(d.begun()) != 1 {
			t.Errorf("%v after %s", err, time.Since(before))
		}
		close(forever)
		synctest.Wait()
	})
}

// The state is written at the start, when signals get their first data, when news is decided, and
// when it is delivered. Changing values alone cause no write.
func TestTheStateIsWrittenOnlyWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{start: time.Now()}
		r := runKept(d.keep, []supervisor.ProbePart{
			observing("a", "dep_down:a", between(3*time.Hour, 8*time.Hour)),
			observing("b", "dep_slow:b", func(at time.Duration) messages.Level { // never twice in a row
				return messages.Level(int(at/tick) % 2)
			}),
			observing("c", "dep_down:c", func(at time.Duration) messages.Level { return messages.Level(int(at/tick)%2) - 1 }),
		}, &chat{name: "chat"})
		time.Sleep(time.Minute - time.Since(d.start))
		// The scheduler decides which tick sees the first data: at once, or a tick later.
		if writes := d.begun(); len(writes) == 0 || len(writes) > 4 || writes[0] != 0 || writes[len(writes)-1] > 2*tick {
			t.Errorf("writes for the start and the first data: %s", writes)
		}
		for _, c := range []struct {
			what  string
			until time.Duration
			want  int
		}{
			{"in hours without news", 3*time.Hour + 10*time.Second, 0},
			{"for an alert and its arrival", 3*time.Hour + time.Minute, 2},
			{"for four reminders", 7*time.Hour + 30*time.Minute, 2 * 4},
			{"for a recovery and its arrival", 9 * time.Hour, 2},
		} {
			time.Sleep(c.until - time.Since(d.start))
			if writes := d.begun(); len(writes) != c.want {
				t.Errorf("%d writes %s, want %d: %s", len(writes), c.what, c.want, writes)
			}
		}
		if err := r.stop(); err != nil || len(d.begun()) != 0 {
			t.Errorf("%v; a stop without a change writes", err)
		}
	})
}

// A failed write delays nothing, and is retried until it succeeds, even without further changes.
func TestAFailedWriteIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{start: time.Now()}
		d.behave = func(int) bool { return time.Since(d.start) >= 5*time.Minute }
		ch := &chat{name: "chat"}
		r := runKept(d.keep, []supervisor.ProbePart{observing("a", "dep_down:a", from(time.Minute, messages.Critical))}, ch)
		time.Sleep(2 * time.Minute)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a" {
			t.Errorf("told %q", got)
		}
		d.begun()
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		writes := d.begun()
		if n := len(writes); n != 19 || writes[n-1] < 5*time.Minute || writes[n-1] > 5*time.Minute+10*time.Second {
			t.Errorf("%d writes, want one every ten seconds for five minutes: %s", n, writes)
		}
		if len(d.last.Outbox("chat").Active) != 1 {
			t.Error("the saved state does not hold the alert")
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A panic while the state is saved loses no news, and is counted.
func TestAPanicWhileTheStateIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{start: time.Now()}
		save := func(s core.State) bool {
			if since := time.Since(d.start); since > time.Minute && since < 3*time.Minute {
				panic("boom")
			}
			return d.keep(s)
		}
		ch := &chat{name: "chat"}
		r := runKept(save, []supervisor.ProbePart{observing("a", "dep_down:a", from(time.Minute, messages.Critical))}, ch)
		time.Sleep(10*time.Minute + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 40)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a" || d.pending("chat") != "" {
			t.Errorf("told %q, and pending after a restart: %s", got, d.pending("chat"))
		}
		if panics, restarts := r.counted.crashes("store"); panics == 0 || panics != restarts {
			t.Errorf("%d panics, %d restarts", panics, restarts)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
