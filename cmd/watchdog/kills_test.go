package main

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

var killSeed = flag.Uint64("kill-seed", 0, "the seed of TestKills; 0: random")

// wantedKills is the number of kills, lanes how many days run in parallel.
const (
	wantedKills = 200
	lanes       = 4
)

// A watchdog that is killed repeatedly at random moments tells the same as one that is never
// killed. Nothing is lost, and each kill duplicates at most the one message that was being sent.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-kill-seed=%d", seed)
	wanted, side := wantedKills, lanes
	if testing.Short() {
		wanted, side = 10, 1
	}
	binary := build(t)

	var want map[string][]string
	var all sync.WaitGroup
	all.Go(func() {
		d := newDay(t)
		r := &runner{day: d, binary: binary}
		r.start()
		d.live()
		r.stop()
		want = storyOf(t, d, nil)
	})
	killed := make([][]*killedDay, side)
	for lane := range side {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(lane)))
			for left := wanted / side; left > 0; {
				d := liveWithKills(t, binary, rng, left)
				left -= len(d.kills)
				killed[lane] = append(killed[lane], d)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	total := tally{}
	for _, d := range slices.Concat(killed...) {
		got := storyOf(t, d.day, d.kills)
		for signal := range want {
			if !slices.Equal(got[signal], want[signal]) {
				t.Errorf("%s: told %q with kills, %q without", signal, got[signal], want[signal])
			}
		}
		if len(got) != len(want) {
			t.Errorf("signals told with kills: %q, without: %q", got, want)
		}
		total.add(d.kills)
	}
	t.Logf("%d days, %+v", len(slices.Concat(killed...)), total)
	if total.Kills < wanted {
		t.Errorf("%d kills, want %d", total.Kills, wanted)
	}
}

// kill is what was found after a kill.
type kill struct {
	at      time.Time
	pending []string // news that was still pending
	inWrite bool     // whether there was a temporary file
	slow    bool     // whether the disk was slow, so that news did not wait for it
	used    bool     // whether it explains a duplicate
}

// tally counts the kills by circumstance.
type tally struct{ Kills, WhileThereWasToTell, DuringAWrite, OnASlowDisk, ToldTwice int }

func (s *tally) add(kills []*kill) {
	for _, k := range kills {
		s.Kills++
		for counter, is := range map[*int]bool{&s.WhileThereWasToTell: len(k.pending) > 0, &s.DuringAWrite: k.inWrite, &s.OnASlowDisk: k.slow, &s.ToldTwice: k.used} {
			if is {
				*counter++
			}
		}
	}
}

// storyOf returns what was told of each signal, in order, without duplicates. Each duplicate must be
// explained by a kill.
func storyOf(t *testing.T, d *day, kills []*kill) map[string][]string {
	story, raised := make(map[string][]string), make(map[string][]int64)
	latest, before := make(map[string]time.Time), make(map[string]time.Time) // times of the signal's latest news, and of the one before
	var excused int64                                                        // the message that a kill explains
	for _, i := range itemsOf(d.api.Messages()) {
		signal, m := i.signal(), i.message
		if told := story[signal]; len(told) == 0 || told[len(told)-1] != i.news {
			story[signal] = append(told, i.news)
			before[signal] = latest[signal]
		} else if m.ID != excused {
			if !explained(i, before[signal], kills) {
				t.Errorf("%s was told twice, and no kill explains it", i.news)
			}
			excused = m.ID
		}
		latest[signal] = m.At
		switch {
		case strings.HasPrefix(i.news, "ALERT"):
			raised[signal] = append(raised[signal], m.ID)
		case strings.HasPrefix(i.news, "RECOVERED"):
			if i.alone && !slices.Contains(raised[signal], m.ReplyTo) {
				t.Errorf("%s replies to %d, and was raised by %d", i.news, m.ReplyTo, raised[signal])
			}
		}
	}
	return story
}

// explained finds an unused kill between the previous news and the message after which the news was
// still pending.
func explained(i item, after time.Time, kills []*kill) bool {
	for _, k := range kills {
		if !k.used && k.at.After(after) && k.at.Before(i.message.At) && (k.slow || slices.Contains(k.pending, i.news)) {
			k.used = true
			return true
		}
	}
	return false
}

// build builds the real binary.
func build(t *testing.T) string {
	binary := filepath.Join(t.TempDir(), "watchdog")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// runner runs watchdogs one after another in a day.
type runner struct {
	*day
	binary string
	cmd    *exec.Cmd
	ended  chan struct{}
}

// logFile is the log of the current or last watchdog.
func (r *runner) logFile() string { return r.config + ".log" }

func (r *runner) log() string {
	text, err := os.ReadFile(r.logFile())
	if err != nil {
		r.t.Error(err)
	}
	return string(text)
}

func (r *runner) start() {
	log, err := os.Create(r.logFile())
	if err != nil {
		r.t.Fatal(err)
	}
	defer log.Close()
	r.cmd = exec.Command(r.binary)
	r.cmd.Env = append([]string{
		"WATCHDOG_TICK=100ms", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off",
		"WATCHDOG_LISTEN=off", "WATCHDOG_GROUP_WAIT=100ms", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LOG_OBSERVATIONS=off",
	}, r.settings()...)
	r.cmd.Stdout, r.cmd.Stderr = log, log
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended, cmd := make(chan struct{}), r.cmd
	r.ended = ended
	r.t.Cleanup(func() { _ = cmd.Process.Kill() })
	go func() { defer close(ended); _ = cmd.Wait() }()
}

// stop stops the watchdog, and checks what it leaves behind.
func (r *runner) stop() {
	for !strings.Contains(r.log(), `"started"`) { // before that, a signal kills it
		time.Sleep(5 * time.Millisecond)
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	<-r.ended
	if code := r.cmd.ProcessState.ExitCode(); code != exitWell {
		r.t.Errorf("exit code %d:\n%s", code, r.log())
	}
	r.well()
	if s := snapshotOf(r.t, r.state); len(s.pending) > 0 {
		r.t.Errorf("pending after a stop: %q", s.pending)
	}
	if left := r.leftovers(); len(left) > 0 {
		r.t.Errorf("left beside the state file: %q", left)
	}
}

// well fails if the watchdog could not use the state file of its predecessor, or panicked.
func (r *runner) well() {
	for _, event := range []string{"state_unusable", "state_not_saved", "actor_panicked"} {
		if strings.Contains(r.log(), event) {
			r.t.Errorf("%s:\n%s", event, r.log())
		}
	}
}

func (r *runner) leftovers() []string {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(r.state), ".state*"))
	if err != nil {
		r.t.Error(err)
	}
	return left
}

// kill kills the watchdog, and records what it leaves behind.
func (r *runner) kill() *kill {
	_ = r.cmd.Process.Kill()
	<-r.ended
	r.well()
	return &kill{at: time.Now(), pending: snapshotOf(r.t, r.state).pending, inWrite: len(r.leftovers()) > 0, slow: strings.Contains(r.log(), "state_slow")}
}

// killedDay is a day with kills.
type killedDay struct {
	*day
	kills []*kill
}

// liveWithKills runs a day with at most that many kills at random moments, beside those that the
// script asks for.
func liveWithKills(t *testing.T, binary string, rng *rand.Rand, most int) *killedDay {
	k := &killedDay{day: newDay(t)}
	r := &runner{day: k.day, binary: binary}
	wanted, over := make(chan func()), make(chan struct{})
	k.between = func(change func()) {
		done := make(chan struct{})
		wanted <- func() { change(); close(done) }
		<-done
	}
	go func() { defer close(over); k.live() }()
	for {
		r.start()
		change := func() {}
		select {
		case <-over:
			r.stop()
			return k
		case change = <-wanted:
		case <-r.moment(rng, len(k.kills) < most):
		}
		k.kills = append(k.kills, r.kill())
		change()
		time.Sleep(time.Duration(rng.IntN(100)) * time.Millisecond)
	}
}

// moment chooses when to kill: within the first second, when a message arrives or shortly after, or
// during a write of the state.
func (r *runner) moment(rng *rand.Rand, kill bool) <-chan struct{} {
	if !kill {
		return nil
	}
	now := make(chan struct{})
	kind, soon, late := rng.IntN(10), time.Duration(rng.IntN(15_000))*time.Microsecond, time.Duration(rng.IntN(1000))*time.Millisecond
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Second)
	ended := r.ended
	go func() {
		defer cancel()
		defer close(now)
		switch {
		case kind < 4:
			pause(ctx, late)
		case kind < 8:
			there := len(r.api.Messages())
			_, _ = r.api.Wait(ctx, func(m []fakeapi.Message) bool { return len(m) > there })
			pause(ctx, soon)
		default:
			pause(ctx, late/2)
			for ctx.Err() == nil && len(r.leftovers()) == 0 {
				pause(ctx, 200*time.Microsecond)
			}
		}
	}()
	go func() { <-ended; cancel() }()
	return now
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
