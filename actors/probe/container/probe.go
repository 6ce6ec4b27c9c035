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

// atOnce is how many requests of one reading run at a time.
const atOnce = 8

// Options are the configuration of a Probe.
type Options struct {
	Settings
	Self     string        // start of the ID of our own container, which is not watched unless expected
	Interval time.Duration // how often memory is measured, unless it is near its limit
	Stream   *Stream       // events of the watcher; nil: only lists and inspects
	Facts    *Facts        // where to store facts for messages; may be nil
	Now      func() time.Time
}

// Probe observes the containers of one engine.
type Probe struct {
	Options
	engine   engine
	watched  selection
	began    time.Time // earlier one-shots are not observed
	journal  journal
	known    map[string]*known // by container ID
	expected map[string]bool   // names whose container has or had the label watchdog.expect
	shown    map[string]shown  // last observations, by name
	loops    map[string]bool   // names that are in a restart loop
	last     map[string]string // last name that matched an entry of expect, by entry
	mapped   bool              // formerNames were reported
}

// known is the result of the last inspect of a container.
type known struct {
	version string
	in      inspected
	down    messages.Observation

	memory     messages.Observation
	measuredAt time.Time
}

// New creates the probe. Its error says what is wrong with the endpoint.
func New(o Options) (*Probe, error) {
	c, err := newClient(o.Endpoint)
	if err != nil {
		return nil, err
	}
	_ = c.Close() // it only checked the endpoint; the first reading connects
	return newProbe(&docker{endpoint: o.Endpoint}, o), nil
}

func newProbe(e engine, o Options) *Probe {
	return &Probe{
		Options: o, engine: e, began: o.Now(), journal: make(journal), known: make(map[string]*known),
		expected: make(map[string]bool), shown: make(map[string]shown), loops: make(map[string]bool), last: make(map[string]string),
		watched: selection{include: o.Include, exclude: o.Exclude, expect: o.Expect, self: o.Self},
	}
}

// Observe lists the containers, and inspects those that changed.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	p.drainStream()
	all, err := p.engine.list(ctx)
	if err != nil {
		level := messages.Critical
		if peer.IsLocal(err) {
			level = messages.Unknown
		}
		if p.Facts != nil {
			p.Facts.update(false, nil)
		}
		return probe.Reading{Observations: []messages.Observation{{
			Signal: "docker_down", Level: level, Detail: "the Docker API does not answer: " + p.explain(err),
		}}}, fmt.Errorf("list of containers: %s", p.explain(err))
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
	p.recordFacts(watched, starts, now)
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

// inspect inspects the containers that changed, and stores why an inspect failed. After an inspect
// that hung, the container is left alone for an interval, since each try delays the reading. It
// returns the states, by ID, of the containers that ended after the list was made.
func (p *Probe) inspect(ctx context.Context, watched []subject) (ended map[string]string) {
	now := p.Now()
	var stale []subject
	for _, s := range watched {
		life := p.journal.of(s.id)
		life.name, life.watched, life.labels = s.name, true, s.labels
		for _, id := range s.former {
			p.journal.of(id).name = s.name
		}
		if life.failure.hung && now.Sub(life.failure.at) < p.Interval-p.Interval/10 {
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
		life.failure = inspectFailure{}
		switch err := errs[i]; {
		case err == nil:
			p.recordInspect(s, read[i], past)
			continue
		case !errdefs.IsNotFound(err): // a container that is gone is no failure
			life.failure = inspectFailure{at: now, why: p.explain(err), hung: errors.Is(err, context.DeadlineExceeded)}
		}
		delete(p.known, s.id)
	}
	return ended
}

// setEnded corrects the states of containers. The engine reports the end of a container before its
// list shows it: it cleans up in between, which takes seconds on a busy machine. No later event
// would wake the probe.
func setEnded(subjects []subject, ended map[string]string) {
	for i := range subjects {
		if state, is := ended[subjects[i].id]; is {
			subjects[i].state = state
		}
	}
}

// pastWait is how long to read the stream of an engine that can't return past events only: its
// stream begins with them, and then goes on.
const pastWait = 300 * time.Millisecond

// killEventDelay is how long after an end the engine may report the kill, which it does after it
// sent the signal. The engine answers only after this time, so it is not longer than the wake
// waits anyway.
const killEventDelay = settle

// past requests the past events of the containers that ended without a known request: the request
// may have come before the stream began.
func (p *Probe) past(ctx context.Context, stale []subject, read []inspected) past {
	var since, until time.Time
	for i, in := range read {
		if !isOver(stale[i].state) || in.exitCode == 0 || in.finishedAt.IsZero() || p.journal.of(stale[i].id).askedToStop(in.finishedAt) {
			continue
		}
		if began := in.finishedAt.Add(-askedWithin); since.IsZero() || began.Before(since) {
			since = began
		}
		if end := in.finishedAt.Add(killEventDelay); end.After(until) {
			until = end
		}
	}
	if since.IsZero() {
		return past{}
	}
	if !p.engine.dialect().hasPast {
		until = p.Now().Add(pastWait)
	}
	all, err := p.engine.past(ctx, since, until)
	before := past{lives: make(journal), err: err}
	for _, h := range all {
		before.lives.of(h.id).add(h)
	}
	return before
}

// drainStream adds the new events of the stream to the journal.
func (p *Probe) drainStream() {
	p.Stream.drain(func(h event) { p.journal.of(h.id).add(h) })
}

// oomEventDelay is how long after the end of a container the engine may report that it was killed
// for memory. Docker 20.10 did so 166 ms after the end in one of 30 kills, and then the inspect
// never showed it.
const oomEventDelay = 500 * time.Millisecond

// awaitKills waits for a late event of a kill for memory if a container has just ended with the
// exit code of such a kill.
func (p *Probe) awaitKills(ctx context.Context, stale []subject, read []inspected) {
	if p.Stream == nil || !p.engine.dialect().reportsOOM {
		return
	}
	var wait time.Duration
	for i, in := range read {
		life := p.journal.of(stale[i].id)
		if in.exitCode != 137 || in.oomKilled || life.oom.After(in.startedAt) || life.askedToStop(in.finishedAt) {
			continue
		}
		wait = max(wait, min(oomEventDelay, oomEventDelay-p.Now().Sub(in.finishedAt)))
	}
	if wait <= 0 {
		return
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	<-waiting.Done()
	p.drainStream()
}

// recordInspect stores the result of an inspect.
func (p *Probe) recordInspect(s subject, in inspected, before past) {
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
	k.down = judgeDown(s.listed, in, p.engine.dialect(), func() request { return requestOf(p.engine.dialect(), life, before.of(s.id), before.err, in) })
	life.changed = false
}

// versionOf returns a text that changes with everything that is judged of a container. It takes the
// exit code and the health from the status, without the time since then.
func versionOf(c listed) string {
	status := c.status
	if open, end := strings.IndexByte(status, '('), strings.IndexByte(status, ')'); open >= 0 && end > open {
		status = status[open : end+1]
	} else {
		status = ""
	}
	return c.state + status
}

// measure measures the memory of the running containers with a limit: at every reading if it is
// near the limit, otherwise once per interval.
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
			due[i].memory = messages.Observation{Level: messages.Unknown, Detail: "its statistics could not be read: " + p.explain(err)}
			return
		}
		due[i].memory = judgeMemory(m, due[i].memory.Level)
	})
}

// judge returns the observations of one container.
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
	add("container_restarting", judgeRestarts(p.engine.dialect(), s.listed.name, starts, loop, now))
	if k.in.health != "" {
		add("container_unhealthy", judgeHealth(s.listed, k.in))
	}
	if k.in.memory > 0 {
		add("container_memory", memoryNow(s.listed, k.memory))
	}
	p.shown[s.name] = shown{id: s.id, at: now, signals: signals}
	return observations
}

// unjudged returns the observations of a container that could not be inspected: its signals are
// unknown, with the reason. A container that is gone since the list has none.
func (p *Probe) unjudged(s subject, now time.Time) []messages.Observation {
	why := p.journal.of(s.id).failure.why
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

// goesOn is how long a container must run after a kill for memory in it before the kill counts as
// survived.
const goesOn = 2 * time.Second

// killed returns the observations of container_oom: the kills that the container survived, or after
// which its restart policy started it again. For a kill that ended it, container_down is enough.
func (p *Probe) killed(l *life, s subject, now time.Time) (observations []messages.Observation) {
	if l.ooms == 0 {
		return nil
	}
	k := p.known[s.id]
	if k == nil { // it was removed after its end, or could not be inspected
		if s.id == "" {
			l.ooms = 0
		}
		return nil
	}
	restarted := k.in.startedAt.After(l.oom) || s.state == "restarting"
	switch {
	case restarted:
	case isRunning(s.state) && now.Sub(l.oom) < goesOn:
		return nil // the container may be about to end
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

// crashed returns the observation of container_crashed.
func (p *Probe) crashed(l *life) []messages.Observation {
	if !l.crashed {
		return nil
	}
	l.crashed = false
	if l.died.Before(p.began) || !p.watched.watches(subject{name: l.name, listed: listed{name: l.name, labels: l.labels}}) {
		return nil
	}
	o := judgeCrash(l.code, p.engine.dialect())
	if o.Level == messages.Unknown { // probably a stop
		return nil
	}
	o.Signal = messages.NewKey("container_crashed", l.name)
	return []messages.Observation{severe(o, l.labels)}
}

// loopsWithout returns the observations of container_restarting for names without a container now:
// a container may be removed and recreated in a loop.
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
		o := judgeRestarts(p.engine.dialect(), name, starts[name], loop, now)
		o.Signal = messages.NewKey("container_restarting", name)
		observations = append(observations, severe(o, labels[name]))
	}
	return observations
}

// missing returns the observations of the containers that must run. A signal has the name of the
// container that is or was there, or else the entry of the settings.
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
		names = append(names, p.namesMeant(entry, found)...)
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

// namesMeant returns the names that an entry of expect means: the container of that name, or else the
// containers of that service, or else the last name that matched.
func (p *Probe) namesMeant(entry string, found []subject) []string {
	var names []string
	for _, s := range found {
		if s.name == entry || s.listed.name == entry {
			p.last[entry] = s.name
			return []string{s.name}
		}
		if s.isCalled(entry) {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return []string{cmp.Or(p.last[entry], entry)}
	}
	p.last[entry] = names[0]
	return names
}

// forget deletes the state of containers and names that are gone.
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
