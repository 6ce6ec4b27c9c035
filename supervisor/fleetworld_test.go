package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// tickOf is the tick of a host, and the interval of its probes. What happens in a day is as much on
// each: most of them have few readings between.
func tickOf(seed uint64) time.Duration {
	switch seed % 20 {
	case 7:
		return 15 * time.Second
	case 1, 11, 16:
		return time.Minute
	}
	return 5 * time.Minute
}

// perReading gives the odds, for each reading of this host, of what happens once in n readings that
// are a minute apart.
func (h *site) perReading(n int) int {
	return max(2, n*int(time.Minute/time.Second)/int(h.tick/time.Second))
}

// faults are the kinds of faults that a world may have. A failing seed is tried with fewer.
type faults map[string]bool

var allFaults = []string{"panics", "readings", "chats", "people", "restarts", "reloads", "clocks"}

var fleetChannels = []string{"telegram", "phone", "log"}

// random is chance for one part of the world: what one actor draws does not depend on when
// another does.
type random struct {
	mu sync.Mutex
	r  *rand.Rand
}

func chance(seed uint64, of string) *random {
	h := fnv.New64a()
	h.Write([]byte(of))
	return &random{r: rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// oneIn tells whether something happens that happens once in n times.
func (r *random) oneIn(n int) bool { return r.below(n) == 0 }

func (r *random) below(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.IntN(n)
}

func (r *random) minutes(from, to int) time.Duration {
	return time.Duration(from+r.below(to-from+1)) * time.Minute
}

// truth is how one thing is.
type truth struct {
	level messages.Level
	since time.Time
	was   messages.Level // before
	probe string
	cause messages.Key // while that is bad, nothing is told of it
	gone  bool
}

// ill is what is wrong with a probe or a chat, and until when.
type ill struct {
	how   string // "": nothing
	since time.Time
	until time.Time
}

// site is one host of the fleet: everything outside of the tree, and what its people heard.
type site struct {
	seed   uint64
	faults faults
	rng    *random
	tick   time.Duration
	wall   atomic.Pointer[time.Time] // what the wall clock said at the origin; a step moves it
	origin time.Time

	mu          sync.Mutex
	truths      map[messages.Key]*truth
	keys        []messages.Key // in order
	probes      map[string]*ill
	chats       map[string]*ill
	heard       map[string]map[messages.Key]told // by channel: the last news of each signal
	unconfirmed map[string]time.Time             // by channel: when a message last arrived whose confirmation was lost
	quiet       map[messages.Key]time.Time       // since when nothing silences it
	quietBefore map[messages.Key]time.Time       // the same before somebody ended the silences, and when that was
	unsilenced  time.Time
	acked       map[messages.Key]time.Time // when somebody last took the trouble on
	shots       []shot                     // one-shots that somebody may have to be told of still
	happened    int                        // one-shots so far
	lastShot    time.Time
	events      map[string]*events // by channel
	started     time.Time
	reloaded    time.Time
	offset      time.Duration // of the wall clock
	stepped     time.Time
	armed       bool // panics happen
	stopping    bool // the process was asked to end
	gen         int  // of the process that runs
	hung        []chan struct{}
	panics      map[string]time.Time // when an actor last panicked
	crashes     int
	wrong       []string
	kept        *core.State // what the disk has
	ticked      time.Time   // the last tick
	steady      time.Time   // the last report
	counts      map[string]int
}

func newSite(seed uint64, f faults) *site {
	h := &site{
		seed: seed, faults: f, rng: chance(seed, "world"), tick: tickOf(seed), origin: time.Now(),
		truths: map[messages.Key]*truth{}, probes: map[string]*ill{}, chats: map[string]*ill{},
		heard: map[string]map[messages.Key]told{}, unconfirmed: map[string]time.Time{}, quiet: map[messages.Key]time.Time{},
		acked: map[messages.Key]time.Time{}, events: map[string]*events{}, panics: map[string]time.Time{}, counts: map[string]int{},
	}
	h.step(0)
	now := h.origin
	for _, s := range []struct {
		key   messages.Key
		probe string
		cause messages.Key
	}{
		{"orch_down", "orchestrator", ""}, {"orch_rule:queue", "orchestrator", "orch_down"},
		{"dep_down:a", "a", ""}, {"dep_down:b", "b", ""}, {"dep_down:steady", "steady", ""},
		{"host_memory", "host", ""}, {"host_inodes:/srv", "host", ""}, {"host_readonly:/srv", "host", ""},
		{"docker_down", "docker", ""}, {"container_down:web", "docker", "docker_down"}, {"container_unhealthy:tmp", "docker", "docker_down"},
	} {
		h.has(s.key, s.probe, s.cause)
	}
	if seed%40 == 3 {
		for i := range rackSize {
			name := fmt.Sprintf("%s%02d", rack, i)
			h.has(messages.NewKey("dep_down", name), name, "")
		}
	}
	for _, name := range fleetChannels {
		h.chats[name] = &ill{since: now}
		h.heard[name] = map[messages.Key]told{}
		h.events[name] = &events{came: map[uint64]time.Time{}, refused: map[uint64]bool{}}
	}
	return h
}

// has gives the host one more thing that its probe reads.
func (h *site) has(key messages.Key, probe string, cause messages.Key) {
	h.truths[key] = &truth{since: h.origin, probe: probe, cause: cause}
	h.keys = append(h.keys, key)
	h.quiet[key] = h.origin
	if h.probes[probe] == nil {
		h.probes[probe] = &ill{since: h.origin}
	}
}

// A rack is many dependencies that fail together, and are read within half a minute: more news
// than a chat bears.
const (
	rack     = "rack"
	rackSize = 30
)

func inRack(probe string) bool { return strings.HasPrefix(probe, rack) }

// now is the wall clock, a step of which moves no monotonic time.
func (h *site) now() time.Time { return h.wall.Load().Add(time.Since(h.origin)) }

// step steps the wall clock. In a bubble of synctest times have no monotonic reading, so it is put
// in: as time.Time holds it.
func (h *site) step(by time.Duration) {
	h.offset += by
	h.stepped = time.Now()
	wall := h.origin.Add(h.offset).Sub(time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC))
	t := time.Time{}
	*(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)) = struct { //nolint:gosec // a step of the clock can't be had otherwise
		wall uint64
		ext  int64
		loc  *time.Location
	}{1<<63 | uint64(wall/time.Second)<<30 | uint64(wall%time.Second), 1, time.UTC}
	h.wall.Store(&t)
}

// panicsNow lets an actor panic, now and then.
func (h *site) panicsNow(who *random, where string, oneIn int) {
	h.mu.Lock()
	armed := h.armed && h.faults["panics"]
	h.mu.Unlock()
	if armed && who.oneIn(oneIn) {
		panic("the simulation lets " + where + " panic")
	}
}

// levels are those that a signal can have.
func levels(key messages.Key) []messages.Level {
	switch key.Kind() {
	case "host_memory", "host_inodes":
		return []messages.Level{messages.OK, messages.OK, messages.Warning, messages.Critical}
	case "orch_rule", "container_unhealthy":
		return []messages.Level{messages.OK, messages.Warning}
	}
	return []messages.Level{messages.OK, messages.Critical}
}

// turn changes the world, once a minute.
func (h *site) turn() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	outage := h.rng.oneIn(240)
	for i, key := range h.keys {
		often := 90
		if t := h.truths[key]; inRack(t.probe) {
			if outage {
				h.set(key, messages.Critical-t.level, false) // critical, or ok
			}
			continue
		}
		if i%4 == 1 && now.Hour()%6 == 0 { // it flaps, for an hour
			often = 5
		}
		if key != "dep_down:steady" && h.rng.oneIn(often) {
			all := levels(key)
			h.set(key, all[h.rng.below(len(all))], key == "container_unhealthy:tmp" && h.rng.oneIn(2))
		}
	}
	if h.faults["readings"] {
		for _, name := range slices.Sorted(keysOf(h.probes)) {
			h.ail(h.probes[name], name != "steady" && h.rng.oneIn(150), []string{"fails", "panics", "hangs", "slow"})
		}
	}
	if h.faults["chats"] {
		for _, name := range slices.Sorted(keysOf(h.chats)) {
			h.ail(h.chats[name], name != "log" && h.rng.oneIn(120), []string{"refuses", "hangs", "too many", "no chat", "deaf"})
		}
	}
	if h.faults["clocks"] && h.rng.oneIn(400) {
		h.step([]time.Duration{time.Hour, -time.Hour, 26 * time.Hour, 20 * time.Second, -20 * time.Second}[h.rng.below(5)])
		h.counts["clock steps"]++
	}
}

// set changes how a thing is.
func (h *site) set(key messages.Key, level messages.Level, gone bool) {
	t := h.truths[key]
	if gone {
		level = messages.OK
	}
	if t.level == level && t.gone == gone {
		return
	}
	h.counts["changes"]++
	t.was, t.level, t.gone, t.since = t.level, level, gone, time.Now()
}

// ail lets something fall ill, or get well when it was ill for long enough.
func (h *site) ail(i *ill, falls bool, how []string) {
	now := time.Now()
	switch {
	case i.how == "" && falls:
		*i = ill{how[h.rng.below(len(how))], now, now.Add(h.rng.minutes(1, 25))}
		h.counts["illnesses"]++
	case i.how != "" && !now.Before(i.until):
		*i = ill{since: now}
		h.release()
	}
}

// release lets every hung reading return.
func (h *site) release() {
	for _, c := range h.hung {
		close(c)
	}
	h.hung = nil
}

// heal makes everything but the truth well.
func (h *site) heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, all := range []map[string]*ill{h.probes, h.chats} {
		for _, i := range all {
			if i.how != "" {
				*i = ill{since: time.Now()}
			}
		}
	}
	h.release()
	h.armed = false
}

// reading is a probe of the host, with at most one reading under way.
type reading struct {
	*site
	name  string
	rng   *random
	under int // so many are under way
}

func (r *reading) Observe(ctx context.Context) (probe.Reading, error) {
	r.mu.Lock()
	r.under++
	if r.under > 1 {
		r.wrongs("%d readings of %s are under way", r.under, r.name)
	}
	how := r.probes[r.name].how
	var hung chan struct{}
	if how == "hangs" {
		hung = make(chan struct{})
		r.hung = append(r.hung, hung)
	}
	r.counts["readings"]++
	r.mu.Unlock()
	defer func() { r.mu.Lock(); r.under--; r.mu.Unlock() }()
	switch how {
	case "panics":
		panic("the reading panics")
	case "fails":
		return probe.Reading{}, errors.New("no route")
	case "slow":
		select {
		case <-ctx.Done():
			return probe.Reading{}, ctx.Err()
		case <-time.After(time.Duration(r.rng.below(9)) * time.Second):
		}
	case "hangs":
		<-hung
	}
	if r.name != "steady" {
		r.panicsNow(r.rng, "a reading", r.perReading(400))
	}
	return r.read()
}

// read tells the truth.
func (r *reading) read() (probe.Reading, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all probe.Reading
	for _, key := range r.keys {
		t := r.truths[key]
		if t.probe != r.name || t.gone {
			continue
		}
		all.Observations = append(all.Observations, messages.Observation{Signal: key, Level: t.level, Detail: "as it is", Subject: subjectOf(key)})
		if key == "orch_down" && t.level > messages.OK || key == "docker_down" && t.level > messages.OK {
			return all, errors.New("refused")
		}
	}
	if r.name == "docker" && r.rng.oneIn(r.perReading(200)) {
		r.happens()
		all.Observations = append(all.Observations, messages.Observation{Signal: oneShot, Level: messages.Critical, Detail: "killed"})
	}
	return all, nil
}

func subjectOf(key messages.Key) string {
	if key.Kind() == "container_down" || key.Kind() == "container_unhealthy" {
		return "id of " + key.Instance()
	}
	return ""
}

// phone is a channel of the host, of one process.
type phone struct {
	*site
	name   string
	rng    *random
	gen    int
	under  int
	last   map[messages.Key]uint64 // the highest number that came, by signal
	tried  []time.Time             // the last attempts
	failed time.Time               // when the last began that failed, and not for what the message held
}

func (c *phone) Name() string { return c.name }

func (c *phone) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	c.mu.Lock()
	c.under++
	if c.under > 1 {
		c.wrongs("%d sends of %s are under way", c.under, c.name)
	}
	how, dead := c.chats[c.name].how, c.gen != c.site.gen
	if !dead {
		c.tries()
	}
	c.mu.Unlock()
	defer func() { c.mu.Lock(); c.under--; c.mu.Unlock() }()
	if dead {
		return notifier.Sent{}, errors.New("the process has ended")
	}
	c.panicsNow(c.rng, "a send", 60)
	began := time.Now()
	sent, err := c.answer(ctx, how, batch)
	if f := (*notifier.Failure)(nil); err != nil && (!errors.As(err, &f) || !f.Content) {
		c.mu.Lock()
		c.failed = began
		c.mu.Unlock()
	}
	return sent, err
}

// answer is what the chat makes of a message.
func (c *phone) answer(ctx context.Context, how string, batch notifier.Batch) (notifier.Sent, error) {
	switch how {
	case "refuses":
		return notifier.Sent{}, errors.New("502 Bad Gateway")
	case "hangs":
		<-ctx.Done()
		return notifier.Sent{}, ctx.Err()
	case "too many":
		return notifier.Sent{}, &notifier.Failure{Err: errors.New("429"), RetryAfter: time.Duration(1+c.rng.below(60)) * time.Second}
	case "no chat":
		return notifier.Sent{}, &notifier.Failure{Err: errors.New("403 Forbidden"), Permanent: true}
	}
	if c.name != "log" && c.rng.oneIn(50) && c.faults["chats"] {
		c.refuse(batch)
		return notifier.Sent{}, &notifier.Failure{Err: errors.New("400 Bad Request"), Content: true}
	}
	c.take(batch)
	lost := c.rng.oneIn(60)
	if how == "deaf" && c.rng.oneIn(2) || lost && c.faults["panics"] {
		c.mu.Lock()
		c.unconfirmed[c.name] = time.Now()
		c.mu.Unlock()
		if lost {
			panic("the simulation lets a send that arrived panic")
		}
		return notifier.Sent{}, errors.New("connection reset")
	}
	return notifier.Sent{MessageID: int64(1 + c.rng.below(1<<30))}, nil
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// partsOf are the probes and channels of one process, as a version of the settings has them.
func (h *site) partsOf(version int) ([]supervisor.ProbePart, []supervisor.ChannelPart) {
	var probes []supervisor.ProbePart
	for i, name := range slices.Sorted(keysOf(h.probes)) {
		spec := 0
		if name != "steady" && (version+i)%3 == 0 {
			spec = version
		}
		phase := time.Duration(i) * 7 * time.Second
		if inRack(name) {
			phase = time.Duration(i) * time.Second
		}
		probes = append(probes, supervisor.ProbePart{
			Name: name, Probe: &reading{site: h, name: name, rng: chance(h.seed, fmt.Sprint(name, version, h.gen))},
			Interval: h.tick, Confirm: h.tick / 4, Phase: phase, Deadline: 5 * time.Second, Spec: spec,
		})
	}
	var channels []supervisor.ChannelPart
	for _, name := range fleetChannels {
		channels = append(channels, supervisor.ChannelPart{
			Channel: &phone{site: h, name: name, rng: chance(h.seed, fmt.Sprint("chat", name, version, h.gen)), gen: h.gen, last: map[messages.Key]uint64{}},
			Paced:   name == "telegram", Spec: name + fmt.Sprint(version%2), Recipient: name,
		})
	}
	return probes, channels
}

// cooldown is what a version of the settings has, and mostCooldown the longest of them.
func cooldown(version int) time.Duration { return time.Duration(1+version%2) * leastCooldown }

const (
	leastCooldown = 30 * time.Minute
	mostCooldown  = 2 * leastCooldown
	ackExpires    = 4 * time.Hour
)

func (h *site) settings(version int) *core.Settings {
	return &core.Settings{
		Tick: h.tick, GroupWait: time.Second, Rules: core.BuiltinRules(), Observed: core.LogChanges,
		Defaults: core.Policy{
			Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: cooldown(version), Flapping: core.DefaultFlapping,
			AckExpires: ackExpires,
		},
		Routes: map[string]*core.Route{"phone": {MinSeverity: messages.Critical}},
	}
}
