package container

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

// atOnce is how many requests of one reading are under way at a time.
const atOnce = 8

// Options are what a Probe is made of.
type Options struct {
	Settings
	Self     string        // the start of our own container's ID: left out unless expected
	Interval time.Duration // how often the memory of a container is measured that is well
	Stream   *Stream       // what the watcher hears; nil: the list and inspects alone
	Facts    *Facts        // what messages show beside the signals; nil: nothing
	Now      func() time.Time
}

// Probe reads the containers of one engine.
type Probe struct {
	Options
	engine   engine
	watched  selection
	began    time.Time // what happened before is no news
	journal  journal
	known    map[string]*known // by container ID
	expected map[string]bool   // names that a label asked to expect, also once they are gone
	shown    map[string]shown  // by name: what the last readings named
	loops    map[string]bool   // names that are in a restart loop
	bore     map[string]string // by entry of expect: the last name that fitted it
	mapped   bool              // the names of an earlier version were given once
}

// known is what was read of a container, and the state that it was in.
type known struct {
	version string
	in      inspected
	down    messages.Observation

	memory     messages.Observation
	measuredAt time.Time
}

// New makes the probe. The error says what is wrong with the endpoint.
func New(o Options) (*Probe, error) {
	c, err := newClient(o.Endpoint)
	if err != nil {
		return nil, err
	}
	_ = c.Close() // it was never connected: the first reading does
	return newProbe(&docker{endpoint: o.Endpoint}, o), nil
}

func newProbe(e engine, o Options) *Probe {
	return &Probe{
		Options: o, engine: e, began: o.Now(), journal: make(journal), known: make(map[string]*known),
		expected: make(map[string]bool), shown: make(map[string]shown), loops: make(map[string]bool), bore: make(map[string]string),
		watched: selection{include: o.Include, exclude: o.Exclude, expect: o.Expect, self: o.Self},
	}
}

// Observe lists once, and inspects what is not as it was.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	p.listen()
	all, err := p.engine.list(ctx)
	if err != nil {
		level := messages.Critical
		if peer.Ours(err) {
			level = messages.Unknown
		}
		if p.Facts != nil {
			p.Facts.see(false, nil)
		}
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "docker_down", Level: level, Detail: "the Docker API does not answer: " + p.plain(err),
		}}}, fmt.Errorf("list of containers: %s", p.plain(err))
	}
	now := p.Now()
	found := subjects(all)
	watched := slices.DeleteFunc(slices.Clone(found), func(s subject) bool { return !p.watched.watches(s) })
	ended := p.inspect(ctx, watched)
	for _, s := range [][]subject{found, watched} {
		setEnded(s, ended)
	}
	p.measure(ctx, watched, now)
	r := probe.Reading{Observations: []messages.Observation{{Signal: "docker_down", Detail: fmt.Sprintf("the Docker API answers; %d containers", len(all))}}}
	starts := p.journal.starts()
	for _, s := range watched {
		r.Observations = append(r.Observations, p.judge(s, starts[s.name], now)...)
	}
	p.collect(watched, starts, now)
	there := make(map[string]subject, len(watched))
	for _, s := range watched {
		there[s.id] = s
	}
	for id, life := range p.journal {
		r.Observations = append(r.Observations, p.killed(life, there[id], now)...)
		r.Observations = append(r.Observations, p.crashed(life)...)
	}
	r.Observations = append(r.Observations, p.loopsWithout(watched, starts, now)...)
	r.Observations = append(r.Observations, p.missing(found)...)
	r.Observations = append(r.Observations, p.vanished(now)...)
	if !p.mapped {
		r.Renamed, p.mapped = formerNames(found), true
	}
	p.forget(all, now)
	return r, nil
}

// inspect reads what is not as it was, and keeps of what could not be read why. One whose
// inspect hangs is asked again an interval later: each time costs the reading a wait. It
// gives the states of those that ended since the list was made.
func (p *Probe) inspect(ctx context.Context, watched []subject) (ended map[string]string) {
	now := p.Now()
	var stale []subject
	for _, s := range watched {
		life := p.journal.of(s.id)
		life.name, life.watched, life.labels = s.name, true, s.labels
		for _, id := range s.former {
			p.journal.of(id).name = s.name
		}
		if life.unread.hung && now.Sub(life.unread.at) < p.Interval-p.Interval/10 {
			continue
		}
		if k := p.known[s.id]; k == nil || life.changed || k.version != versionOf(s.listed) {
			stale = append(stale, s)
		}
	}
	read, errs := make([]inspected, len(stale)), make([]error, len(stale))
	worker.Each(atOnce, len(stale), func(i int) { read[i], errs[i] = p.engine.inspect(ctx, stale[i].id) })
	p.awaitKills(ctx, stale, read)
	ended = make(map[string]string)
	for i, s := range stale {
		if isRunning(s.state) && isOver(read[i].state) {
			ended[s.id] = read[i].state
		}
	}
	setEnded(stale, ended)
	past := p.past(ctx, stale, read)
	for i, s := range stale {
		life := p.journal.of(s.id)
		life.unread = unread{}
		switch err := errs[i]; {
		case err == nil:
			p.learn(s, read[i], past)
			continue
		case !errdefs.IsNotFound(err): // not gone since the list
			life.unread = unread{at: now, why: p.plain(err), hung: errors.Is(err, context.DeadlineExceeded)}
		}
		delete(p.known, s.id)
	}
	return ended
}

// setEnded corrects the states of containers. The engine tells that a container ended before
// its list does: between the two it cleans up, which takes seconds on a busy machine, and
// nothing would wake the probe again.
func setEnded(subjects []subject, ended map[string]string) {
	for i := range subjects {
		if state, is := ended[subjects[i].id]; is {
			subjects[i].state = state
		}
	}
}

// pastWait is how long an engine is listened to that tells nothing of a time that is over: it
// tells what was before as well, at once.
const pastWait = 300 * time.Millisecond

// askedBehind is how long after an end the engine may note that it was asked for: it notes a
// kill once the signal is sent. The engine answers when that is over, so it is no longer than
// what the wake waits for anyway.
const askedBehind = settle

// past asks once for what happened to those that ended and of which the stream does not tell
// that they were asked to: it may have been before we listened.
func (p *Probe) past(ctx context.Context, stale []subject, read []inspected) past {
	var since, until time.Time
	for i, in := range read {
		if !isOver(stale[i].state) || in.exitCode == 0 || in.finishedAt.IsZero() || p.journal.of(stale[i].id).askedToStop(in.finishedAt) {
			continue
		}
		if began := in.finishedAt.Add(-askedWithin); since.IsZero() || began.Before(since) {
			since = began
		}
		if end := in.finishedAt.Add(askedBehind); end.After(until) {
			until = end
		}
	}
	if since.IsZero() {
		return past{}
	}
	if !p.engine.face().tellsPast {
		until = p.Now().Add(pastWait)
	}
	all, err := p.engine.past(ctx, since, until)
	told := past{lives: make(journal), err: err}
	for _, h := range all {
		told.lives.of(h.id).add(h)
	}
	return told
}

// listen takes what the event stream told since it was last read.
func (p *Probe) listen() {
	p.Stream.drain(func(h happening) { p.journal.of(h.id).add(h) })
}

// lateKill is how long after the end of a container the engine may tell that it was killed
// for memory. Docker 20.10 told it 166 ms after the end in one of 30 kills, and its inspect
// never did.
const lateKill = 500 * time.Millisecond

// awaitKills waits for late words of a kill for memory, where a container that has just
// ended looks as if it was killed for it.
func (p *Probe) awaitKills(ctx context.Context, stale []subject, read []inspected) {
	if p.Stream == nil || !p.engine.face().tellsKills {
		return
	}
	var wait time.Duration
	for i, in := range read {
		life := p.journal.of(stale[i].id)
		if in.exitCode != 137 || in.oomKilled || life.oom.After(in.startedAt) || life.askedToStop(in.finishedAt) {
			continue
		}
		wait = max(wait, min(lateKill, lateKill-p.Now().Sub(in.finishedAt)))
	}
	if wait <= 0 {
		return
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	<-waiting.Done()
	p.listen()
}

// learn keeps what an inspect told.
func (p *Probe) learn(s subject, in inspected, before past) {
	k, life := p.known[s.id], p.journal.of(s.id)
	if k == nil {
		k = &known{}
		p.known[s.id] = k
	}
	if !in.startedAt.IsZero() {
		life.start(in.startedAt)
	}
	if in.oomKilled && life.oom.Before(in.startedAt) {
		life.killedForMemory(in.finishedAt)
	}
	in.oomKilled = in.oomKilled || !in.startedAt.IsZero() && life.oom.After(in.startedAt)
	life.ended = s.state == "exited" || s.state == "dead"
	k.version, k.in = versionOf(s.listed), in
	k.down = judgeDown(s.listed, in, p.engine.face(), func() request { return requestOf(p.engine.face(), life, before.of(s.id), before.err, in) })
	life.changed = false
}

// versionOf changes with everything of a container that is judged: the status holds
// the exit code and the health, and how long ago, which is left out.
func versionOf(c listed) string {
	status := c.status
	if open, end := strings.IndexByte(status, '('), strings.IndexByte(status, ')'); open >= 0 && end > open {
		status = status[open : end+1]
	} else {
		status = ""
	}
	return c.state + status
}

// measure reads the memory of the running containers that have a limit. One that is
// near it is measured at every reading, others once in an interval.
func (p *Probe) measure(ctx context.Context, watched []subject, now time.Time) {
	var due []*known
	var ids []string
	for _, s := range watched {
		k := p.known[s.id]
		if k == nil || k.in.memory == 0 || s.state != "running" {
			continue
		}
		if k.memory.Value > memoryThreshold.Clear || now.Sub(k.measuredAt) >= p.Interval-p.Interval/10 {
			due, ids = append(due, k), append(ids, s.id)
		}
	}
	worker.Each(atOnce, len(due), func(i int) {
		m, err := p.engine.memory(ctx, ids[i])
		due[i].measuredAt = now
		if err != nil {
			due[i].memory = messages.Observation{Level: messages.Unknown, Detail: "its statistics could not be read: " + p.plain(err)}
			return
		}
		due[i].memory = judgeMemory(m, due[i].memory.Level)
	})
}

// judge makes the observations of one container.
func (p *Probe) judge(s subject, starts []time.Time, now time.Time) []messages.Observation {
	k := p.known[s.id]
	if k == nil {
		return p.unjudged(s, now)
	}
	loop := looping(starts, p.loops[s.name], now)
	p.loops[s.name] = loop
	var observations []messages.Observation
	var signals []messages.Key
	add := func(kind string, o messages.Observation) {
		o.Signal, o.Subject = messages.NewKey(kind, s.name), s.id
		observations, signals = append(observations, severe(o, s.labels)), append(signals, o.Signal)
	}
	add("container_down", settling(k, s.listed, loop, now))
	add("container_restarting", judgeRestarts(s.listed.name, starts, loop, now))
	if k.in.health != "" {
		add("container_unhealthy", judgeHealth(s.listed, k.in))
	}
	if k.in.memory > 0 {
		add("container_memory", memoryNow(s.listed, k.memory))
	}
	p.shown[s.name] = shown{id: s.id, at: now, signals: signals}
	return observations
}

// unjudged makes the observations of a container that could not be read: its signals have no
// data, and say why. One that is gone since the list has none.
func (p *Probe) unjudged(s subject, now time.Time) []messages.Observation {
	why := p.journal.of(s.id).unread.why
	if why == "" {
		return nil
	}
	signals := p.shown[s.name].signals
	if len(signals) == 0 {
		signals = []messages.Key{messages.NewKey("container_down", s.name)}
	}
	p.shown[s.name] = shown{id: s.id, at: now, signals: signals}
	var observations []messages.Observation
	for _, key := range signals {
		observations = append(observations, messages.Observation{
			Signal: key, Subject: s.id, Level: messages.Unknown,
			Detail: fmt.Sprintf("the engine lists it as %q, and could not inspect it: %s", cmp.Or(s.status, s.state), why),
		})
	}
	return observations
}

// goesOn is how long a container must run on after something in it was killed for memory,
// until that is no longer the end of the container itself.
const goesOn = 2 * time.Second

// killed makes the observations of container_oom: of kills that the container outlives, or
// after which its restart policy started it again. Where it ended by the kill, container_down
// says so, alone.
func (p *Probe) killed(l *life, s subject, now time.Time) (observations []messages.Observation) {
	if l.ooms == 0 {
		return nil
	}
	k := p.known[s.id]
	if k == nil { // it is gone with its death, or could not be read
		if s.id == "" {
			l.ooms = 0
		}
		return nil
	}
	restarted := k.in.startedAt.After(l.oom) || s.state == "restarting"
	switch {
	case restarted:
	case isRunning(s.state) && now.Sub(l.oom) < goesOn:
		return nil // it may be the end of it
	case !isRunning(s.state) && k.down.Level > messages.OK:
		l.ooms = 0
	}
	for ; l.ooms > 0; l.ooms-- {
		if l.watched && l.oom.After(p.began) {
			o := judgeKill(restarted)
			o.Signal = messages.NewKey("container_oom", l.name)
			observations = append(observations, severe(o, l.labels))
		}
	}
	return observations
}

// crashed makes the observation of container_crashed.
func (p *Probe) crashed(l *life) []messages.Observation {
	if !l.crashed {
		return nil
	}
	l.crashed = false
	if l.died.Before(p.began) || !p.watched.watches(subject{name: l.name, listed: listed{name: l.name, labels: l.labels}}) {
		return nil
	}
	o := judgeCrash(l.code, p.engine.face())
	if o.Level == messages.Unknown { // a stop, for all that is known
		return nil
	}
	o.Signal = messages.NewKey("container_crashed", l.name)
	return []messages.Observation{severe(o, l.labels)}
}

// loopsWithout makes the observations of container_restarting of names whose container is not
// there now: of one that is removed and made again and again.
func (p *Probe) loopsWithout(watched []subject, starts map[string][]time.Time, now time.Time) []messages.Observation {
	there := make(map[string]bool, len(watched))
	for _, s := range watched {
		there[s.name] = true
	}
	labels := make(map[string]map[string]string)
	for _, l := range p.journal {
		labels[l.name] = l.labels
	}
	var observations []messages.Observation
	for _, name := range slices.Sorted(maps.Keys(starts)) {
		if there[name] || within(starts[name], now) < 2 || !p.watched.watches(subject{name: name, listed: listed{name: name, labels: labels[name]}}) {
			continue
		}
		loop := looping(starts[name], p.loops[name], now)
		p.loops[name] = loop
		o := judgeRestarts(name, starts[name], loop, now)
		o.Signal = messages.NewKey("container_restarting", name)
		observations = append(observations, severe(o, labels[name]))
	}
	return observations
}

// missing makes the observations of the containers that must run. Each bears the name of the
// container that is or was there, else the entry of the settings as it is written.
func (p *Probe) missing(found []subject) []messages.Observation {
	state := make(map[string]string)
	for _, s := range found {
		state[s.name] = s.state
		if s.labels[labelExpect] == "true" {
			p.expected[s.name] = true
		}
	}
	names := slices.Collect(maps.Keys(p.expected))
	for _, entry := range p.watched.expect {
		names = append(names, p.named(entry, found)...)
	}
	slices.Sort(names)
	var observations []messages.Observation
	for _, name := range slices.Compact(names) {
		o := judgeMissing(state[name])
		o.Signal = messages.NewKey("container_missing", name)
		observations = append(observations, o)
	}
	return observations
}

// named gives the names that an entry of expect means: of the container of that name, else of
// those of that service, else the last that there was.
func (p *Probe) named(entry string, found []subject) []string {
	var names []string
	for _, s := range found {
		if s.name == entry || s.listed.name == entry {
			p.bore[entry] = s.name
			return []string{s.name}
		}
		if s.isCalled(entry) {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return []string{cmp.Or(p.bore[entry], entry)}
	}
	p.bore[entry] = names[0]
	return names
}

// forget drops what is gone.
func (p *Probe) forget(all []listed, now time.Time) {
	there := make(map[string]bool, len(all))
	for _, c := range all {
		there[c.id] = true
	}
	maps.DeleteFunc(p.known, func(id string, _ *known) bool { return !there[id] })
	p.journal.forget(there, now)
	starts := p.journal.starts()
	maps.DeleteFunc(p.loops, func(name string, _ bool) bool {
		_, named := p.shown[name]
		return !named && len(starts[name]) == 0
	})
}
