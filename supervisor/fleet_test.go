package supervisor_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	fleetSeed   = flag.Uint64("seed", 0, "the first host of TestFleet; 0: the same hosts each time, from 1 on")
	fleetHosts  = flag.Int("hosts", 0, "how many hosts TestFleet has; 0: few")
	fleetHours  = flag.Int("hours", 24, "how long each host lives, in simulated hours")
	fleetFaults = flag.String("faults", strings.Join(allFaults, ","), "what goes wrong beside the world itself")
)

// Hosts of a usual run, each for a simulated day.
const (
	usualHosts = 60
	shortHosts = 6
)

// A fleet of hosts lives in virtual time, each with the whole tree and fakes at its edges, while
// whatever can fail fails by chance: what its people are told is true, whole and in order.
func TestFleet(t *testing.T) {
	hosts, first := *fleetHosts, max(1, *fleetSeed)
	switch {
	case hosts == 0 && *fleetSeed != 0:
		hosts = 1
	case hosts == 0 && testing.Short():
		hosts = shortHosts
	case hosts == 0:
		hosts = usualHosts
	}
	fl := &fleet{hosts: hosts, hours: *fleetHours, faults: make(faults), total: make(map[string]int), began: time.Now(), next: first, left: hosts}
	for _, name := range strings.Split(*fleetFaults, ",") {
		fl.faults[name] = true
	}
	t.Run("hosts", func(t *testing.T) {
		for core := range min(hosts, runtime.GOMAXPROCS(0)) {
			t.Run(fmt.Sprintf("core=%d", core), func(t *testing.T) {
				t.Parallel()
				for seed, more := fl.take(); more; seed, more = fl.take() {
					t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { fl.live(t, seed) })
				}
			})
		}
	})
	t.Log(fl.progress())
}

// fleet is the hosts that live, several at a time.
type fleet struct {
	hosts, hours int
	faults       faults
	began        time.Time

	mu    sync.Mutex
	next  uint64 // seed
	left  int    // hosts that did not begin
	ended int
	said  time.Time // when it last said how far it is
	total map[string]int
}

// take gives the seed of the next host.
func (fl *fleet) take() (seed uint64, more bool) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if fl.left == 0 {
		return 0, false
	}
	fl.next, fl.left = fl.next+1, fl.left-1
	return fl.next - 1, true
}

// end lets no further host begin.
func (fl *fleet) end() { fl.mu.Lock(); defer fl.mu.Unlock(); fl.left = 0 }

// live lets one host live.
func (fl *fleet) live(t *testing.T, seed uint64) {
	wrong, counts := live(t, seed, fl.faults, fl.hours)
	if len(wrong) > 0 {
		fl.end()
		f, hours := shrink(t, seed, fl.faults, fl.hours)
		t.Fatalf("%s\n\nto replay: go test ./supervisor -run 'TestFleet$' -seed=%d -hours=%d -faults=%s",
			strings.Join(wrong, "\n"), seed, hours, strings.Join(slices.Sorted(maps.Keys(f)), ","))
	}
	fl.add(counts)
}

// add counts what a host had, and says how far a long run is.
func (fl *fleet) add(counts map[string]int) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for what, n := range counts {
		fl.total[what] += n
	}
	fl.ended++
	if last := latest(fl.began, fl.said); time.Since(last) > 30*time.Second {
		fl.said = time.Now()
		fmt.Println(fl.progress())
	}
}

func (fl *fleet) progress() string {
	took := time.Since(fl.began)
	left := time.Duration(float64(took) * float64(fl.hosts-fl.ended) / float64(max(1, fl.ended)))
	return fmt.Sprintf("%d of %d hosts, %d simulated hours each, in %s (%s to go): an hour covers %.0f simulated days. There were %v",
		fl.ended, fl.hosts, fl.hours, took.Round(time.Second), left.Round(time.Second), float64(fl.ended*fl.hours)/24/took.Hours(), fl.total)
}

// shrink looks for fewer faults and fewer hours with which the host still fails.
func shrink(t *testing.T, seed uint64, f faults, hours int) (faults, int) {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fewer := maps.Clone(f)
		delete(fewer, name)
		if wrong, _ := live(t, seed, fewer, hours); len(wrong) > 0 {
			f = fewer
		}
	}
	for hours > 1 {
		if wrong, _ := live(t, seed, f, hours/2); len(wrong) == 0 {
			break
		}
		hours /= 2
	}
	return f, hours
}

// live lets one host live, and gives what was wrong and what there was.
func live(t *testing.T, seed uint64, f faults, hours int) (wrong []string, counts map[string]int) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		h := newSite(seed, f)
		p := &process{site: h, wakes: make(chan struct{}, 1)}
		p.start()
		var goroutines []int
		var heap []uint64
		for minute := range hours * 60 {
			time.Sleep(time.Minute)
			synctest.Wait()
			calm := minute%480 >= 480-50 || minute >= hours*60-50
			switch {
			case !calm:
				h.turn()
				p.act()
			case minute%480 == 480-50 || minute == hours*60-50:
				h.heal()
				p.unsilence()
			case minute%480 == 479 || minute == hours*60-1:
				goroutines = append(goroutines, goroutinesHere())
				if hours > 24 { // it takes more calms than a day has
					heap = append(heap, liveHeap())
				}
			}
			h.look()
			if h.failed() {
				break
			}
			if minute%480 == 479 {
				h.arm()
			}
		}
		h.heal()
		p.end()
		time.Sleep(time.Minute) // for what had begun: time ends with this goroutine
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(goroutines); n > 1 && goroutines[n-1] > goroutines[0]+3 {
			h.wrongs("there were %v goroutines from calm to calm", goroutines)
		}
		if n := len(heap); n > 3 && heap[n-1] > heap[1]*3/2+(4<<20) {
			h.wrongs("the heap was %v bytes from calm to calm", heap)
		}
		wrong, counts = h.wrong, h.counts
	})
	return wrong, counts
}

// goroutinesHere counts those of the caller's bubble: other hosts live beside it.
func goroutinesHere() int {
	buf := make([]byte, 1<<20)
	_, bubble, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), "synctest bubble ")
	number, _, _ := strings.Cut(bubble, "]")
	n := runtime.Stack(buf, true)
	for ; n == len(buf); n = runtime.Stack(buf, true) {
		buf = make([]byte, 2*len(buf))
	}
	return strings.Count(string(buf[:n]), "synctest bubble "+number+"]")
}

// liveHeap is what the heap of the process holds after a collection, in bytes.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *site) failed() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.wrong) > 0 }

func (h *site) arm() { h.mu.Lock(); defer h.mu.Unlock(); h.armed = true }
