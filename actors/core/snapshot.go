package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// snapshotVersion is the version of the format below. A snapshot of a newer version is
	// an error.
	snapshotVersion = 2
	// formerVersion is read too. In it the keys of containers may have another form, and
	// there is no announced level "flapping".
	formerVersion = 1
)

// ErrSnapshotVersion says that a snapshot has a version that this program does not read.
var ErrSnapshotVersion = errors.New("the snapshot is of another version")

// snapshot is the state that survives the process: what was told, and what is pending.
// Counts are left out, since a restart is a gap (rule 8).
type snapshot struct {
	Version  int               `json:"version"`
	At       time.Time         `json:"at"` // core time
	Skew     time.Duration     `json:"skew"`
	Seq      uint64            `json:"seq"`
	Signals  []signalSnapshot  `json:"signals"`
	Channels []channelSnapshot `json:"channels"`
	// Judged lists, by probe, the signals that had data and are not in Signals, since they are
	// ok without a history. If they lack data after the restart, watchdog_blind says so.
	Judged map[string][]messages.Key `json:"judged,omitempty"`

	Silences    []silenceSnapshot `json:"silences,omitempty"`
	LastSilence uint64            `json:"last_silence,omitempty"`
}

type signalSnapshot struct {
	Key       messages.Key         `json:"key"`
	Probe     string               `json:"probe"`
	Last      messages.Observation `json:"last"`
	Bad       messages.Observation `json:"bad"`
	Hard      messages.Level       `json:"hard"`
	Announced messages.Level       `json:"announced"`
	Worst     messages.Level       `json:"worst"`
	Since     time.Time            `json:"since"`
	ToldAt    time.Time            `json:"told_at"`
	Changes   []changeSnapshot     `json:"hardened,omitempty"` // newest first
	Flapping  *flapSnapshot        `json:"flaps,omitempty"`
	Uncounted int                  `json:"uncounted,omitempty"`
	WaitSince time.Time            `json:"wait_since,omitzero"` // one-shots
	Gone      bool                 `json:"gone,omitempty"`
	Trouble   int64                `json:"trouble,omitempty"` // 0: an earlier program wrote it
	Ack       *ackSnapshot         `json:"acknowledged,omitempty"`
	Former    bool                 `json:"former,omitempty"`

	// Only in formerVersion.
	FormerFlapping bool `json:"flapping,omitempty"`
	FormerFlapTold bool `json:"flap_told,omitempty"`
}

type changeSnapshot struct {
	At       time.Time `json:"at"`
	Critical bool      `json:"critical,omitempty"`
}

type flapSnapshot struct {
	ByHard  bool           `json:"by_hard,omitempty"`
	Changes uint32         `json:"changes"`
	Worst   messages.Level `json:"worst"`
}

type ackSnapshot struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Flaps bool      `json:"flaps,omitempty"`
}

type silenceSnapshot struct {
	ID      string    `json:"id"`
	Signals []string  `json:"signals"`
	Began   time.Time `json:"began"`
	Until   time.Time `json:"until"`
	By      string    `json:"by"`
	Reason  string    `json:"reason,omitempty"`
	Channel string    `json:"channel,omitempty"`
	Request string    `json:"request,omitempty"`
}

type channelSnapshot struct {
	Name    string                  `json:"name"`
	Pending []messages.Notification `json:"pending,omitempty"`
	Events  []messages.Notification `json:"events,omitempty"`
	Dropped uint64                  `json:"dropped,omitempty"`
	Told    []messages.Notification `json:"told,omitempty"`
	LastOK  time.Time               `json:"last_ok"`

	FailingSince time.Time     `json:"failing_since"` // zero: the last attempt succeeded
	Permanent    bool          `json:"permanent,omitempty"`
	LastErr      string        `json:"last_err,omitempty"`
	Away         time.Duration `json:"away,omitempty"`

	Refused     map[uint64]string          `json:"refused,omitempty"`
	Escalations map[messages.Key]time.Time `json:"escalations,omitempty"` // core time
}

// Snapshot encodes the part of the state that survives the process. Of signals that are ok
// without a history, it holds only the keys.
func (s State) Snapshot() ([]byte, error) { return json.Marshal(s.snapshot()) }

func (s State) snapshot() snapshot {
	snap := snapshot{Version: snapshotVersion, At: s.clock, Skew: s.skew, Seq: s.seq, LastSilence: s.lastID}
	for i := range s.silences {
		snap.Silences = append(snap.Silences, s.silences[i].snapshot())
	}
	kept := 0
	for e := range s.signals.all {
		if e.kept() {
			kept++
		}
	}
	snap.Signals = make([]signalSnapshot, 0, kept) // there may be thousands
	for e := range s.signals.all {
		switch {
		case e.kept():
			snap.Signals = append(snap.Signals, e.snapshot())
		case e.judged && !e.policy.OneShot:
			if snap.Judged == nil {
				snap.Judged = make(map[string][]messages.Key)
			}
			snap.Judged[e.probe] = append(snap.Judged[e.probe], e.key())
		}
	}
	for _, ch := range s.channels {
		box := s.Outbox(ch.name)
		snap.Channels = append(snap.Channels, channelSnapshot{
			Name: ch.name, Pending: withoutEvents(box.Items), Events: ch.events, Dropped: ch.dropped, Told: box.Active, LastOK: ch.lastOK,
			FailingSince: ch.failingSince, Permanent: ch.permanent, LastErr: ch.lastErr, Away: ch.away, Refused: ch.refused, Escalations: ch.escalations,
		})
	}
	return snap
}

func (e *entry) snapshot() signalSnapshot {
	x := signalSnapshot{
		Key: e.key(), Probe: e.probe, Last: e.last, Bad: e.lastBad(), Hard: e.Hard, Announced: e.Announced, Worst: e.Worst,
		Since: e.Since.time(), ToldAt: e.ToldAt.time(), Changes: e.hardenings.snapshot(), Uncounted: e.Uncounted, Gone: e.gone, Former: e.former,
		Trouble: e.Trouble,
	}
	if a := e.ack; a != nil {
		x.Ack = &ackSnapshot{By: a.by, At: a.at, Flaps: a.flaps}
	}
	if e.policy.OneShot {
		x.WaitSince = e.WaitSince.time()
	}
	if e.Flapping {
		x.Flapping = &flapSnapshot{ByHard: e.FlapByHard, Changes: e.FlapChanges, Worst: e.FlapWorst}
	}
	return x
}

func (c *changes) snapshot() []changeSnapshot {
	if c == nil {
		return nil
	}
	var all []changeSnapshot
	for i, at := range c.at {
		if at != 0 {
			all = append(all, changeSnapshot{time.Unix(0, at).UTC(), c.critical&(1<<i) != 0})
		}
	}
	return all
}

// Restore returns the state of a watchdog that continues from a snapshot. If the wall clock was set
// back in between, durations stay: what had lasted for an hour has lasted for an hour now.
func Restore(data []byte, settings *Settings, now time.Time) (State, error) {
	snap, err := decode(data)
	if err != nil {
		return State{}, err
	}
	s := New(settings, now)
	s.seq, s.epoch = snap.Seq, 1
	var edit tableEdit
	var owned dictEdit
	skew := snap.Skew + max(0, snap.At.Add(-snap.Skew).Sub(now))
	rebase := func(t time.Time) time.Time { return s.rebase(t, skew) }
	for i := range snap.Signals {
		e, err := snap.Signals[i].entry(&s, rebase, snap.Version == formerVersion)
		if err != nil {
			return State{}, err
		}
		if edit.get(e.key()) != nil {
			return State{}, fmt.Errorf("the snapshot holds the signal %q twice", e.key())
		}
		edit.put(e)
		if !e.policy.OneShot {
			owned.add(&s.owns, e.probe, 1)
		}
		if e.gone {
			s.leaving = append(s.leaving, e.key())
		}
		if e.policy.OneShot && !e.WaitSince.IsZero() {
			s.waiting = append(s.waiting, e.key())
		}
		s.former = s.former || e.former
	}
	for _, probe := range slices.Sorted(maps.Keys(snap.Judged)) {
		for _, key := range snap.Judged[probe] {
			if edit.get(key) != nil {
				return State{}, fmt.Errorf("the snapshot holds the signal %q twice", key)
			}
			e := s.newEntry(key)
			e.probe, e.judged, e.Seen = probe, true, messages.Unknown
			e.last = messages.Observation{Signal: key, Level: messages.Unknown, Detail: "not observed yet since the restart"}
			edit.put(e)
			owned.add(&s.owns, probe, 1)
		}
	}
	s.signals = edit.table
	for i := range snap.Silences {
		if silence := s.restoredSilence(&snap.Silences[i], skew); silence.until.After(s.started) {
			s.silences = append(s.silences, silence)
		}
	}
	s.lastID = snap.LastSilence
	for i := range snap.Channels {
		s.channels = append(s.channels, snap.Channels[i].channel(rebase))
	}
	return s, nil
}

// decode decodes a snapshot. It checks the version first, since another version may have any
// other content.
func decode(data []byte) (snap snapshot, err error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return snap, fmt.Errorf("the snapshot can't be read: %w", err)
	}
	if head.Version != snapshotVersion && head.Version != formerVersion {
		return snap, fmt.Errorf("%w: %d, and this program reads %d", ErrSnapshotVersion, head.Version, snapshotVersion)
	}
	if err := json.Unmarshal(data, &snap); err != nil {
		return snap, fmt.Errorf("the snapshot can't be read: %w", err)
	}
	return snap, nil
}

// rebase converts a core time of the previous run to core time of this run, which starts
// equal to the wall clock.
func (s State) rebase(t time.Time, skew time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	if t = t.Add(-skew).UTC(); t.After(s.started) {
		return s.started
	}
	return t
}

func (x *signalSnapshot) entry(s *State, rebase func(time.Time) time.Time, former bool) (*entry, error) {
	if former && x.FormerFlapping {
		x.Flapping = &flapSnapshot{ByHard: true, Changes: uint32(DefaultFlapping.Changes), Worst: max(messages.Warning, x.Worst)}
		if x.FormerFlapTold {
			x.Announced = messages.AnnouncedFlapping
		}
	}
	if err := x.validate(); err != nil {
		return nil, err
	}
	e := s.newEntry(x.Key)
	e.probe, e.last, e.gone, e.judged = x.Probe, x.Last, x.Gone, true
	e.last.Signal = x.Key
	if x.Bad != (messages.Observation{}) {
		e.fell(x.Bad)
	}
	// In snapshots of the first version, a container's key depended on the other containers.
	e.former = x.Former || former && x.Key.OfContainer()
	e.Signal = Signal{
		Hard: x.Hard, Announced: x.Announced, Worst: x.Worst, Seen: messages.Unknown,
		Since: instantOf(rebase(x.Since)), ToldAt: instantOf(rebase(x.ToldAt)), WaitSince: instantOf(rebase(x.WaitSince)), Uncounted: max(0, x.Uncounted),
	}
	for _, c := range slices.Backward(x.Changes[:min(len(x.Changes), MaxFlapChanges)]) {
		e.hardenings = e.hardenings.add(rebase(c.At).UnixNano(), c.Critical, 0)
	}
	e.Trouble = x.Trouble
	if e.Trouble == 0 && !e.Since.IsZero() {
		e.Trouble = int64(e.Since)
	}
	if a := x.Ack; a != nil {
		e.ack = &ack{by: a.By, at: rebase(a.At), flaps: a.Flaps}
	}
	if f := x.Flapping; f != nil {
		e.Flapping, e.FlapByHard, e.FlapChanges, e.FlapWorst = true, f.ByHard, f.Changes, f.Worst
	}
	return e, nil
}

// validate returns an error if a level is out of range.
func (x *signalSnapshot) validate() error {
	levels := []messages.Level{x.Hard, x.Worst}
	if x.Announced != messages.AnnouncedFlapping {
		levels = append(levels, x.Announced)
	}
	if x.Flapping != nil {
		levels = append(levels, x.Flapping.Worst)
	}
	for _, l := range levels {
		if l < messages.OK || l > messages.Critical {
			return fmt.Errorf("the snapshot gives the signal %q the level %d", x.Key, l)
		}
	}
	return nil
}

func (s *silence) snapshot() silenceSnapshot {
	return silenceSnapshot{
		ID: s.id, Signals: s.globs, Began: s.began, Until: s.until, By: s.by, Reason: s.reason, Channel: s.channel, Request: s.request,
	}
}

// restoredSilence returns the silence in core time of this run. It lasts no longer than was
// requested, also if the wall clock was set back in between.
func (s State) restoredSilence(x *silenceSnapshot, skew time.Duration) silence {
	until := x.Until.Add(-skew).UTC()
	if latest := s.started.Add(x.Until.Sub(x.Began)); until.After(latest) {
		until = latest
	}
	return silence{
		id: x.ID, globs: x.Signals, began: s.rebase(x.Began, skew), until: until,
		by: x.By, reason: x.Reason, channel: x.Channel, request: x.Request,
	}
}

func (x *channelSnapshot) channel(rebase func(time.Time) time.Time) *channel {
	ch := &channel{
		name: x.Name, events: x.Events, dropped: x.Dropped, lastOK: x.LastOK,
		failingSince: rebase(x.FailingSince), permanent: x.Permanent, lastErr: x.LastErr, away: x.Away, refused: x.Refused,
		pending: make(map[messages.Key]messages.Notification), told: make(map[messages.Key]messages.Notification),
	}
	for key, at := range x.Escalations {
		if ch.escalations == nil {
			ch.escalations = make(map[messages.Key]time.Time)
		}
		ch.escalations[key] = rebase(at)
	}
	for _, n := range x.Pending {
		ch.pending[n.Signal] = n
	}
	for _, n := range x.Told {
		ch.told[n.Signal] = n
	}
	return ch
}

func withoutEvents(items []messages.Notification) []messages.Notification {
	return slices.DeleteFunc(items, func(n messages.Notification) bool { return n.News == messages.Event })
}

// kept reports whether a snapshot holds the signal, and not only its key: the signal is not ok
// or has a history.
func (e *entry) kept() bool { return e.gone || e.durable() != (Signal{}) }

// durable returns the part of a signal that survives the process.
func (s Signal) durable() Signal {
	waits := s.WaitSince
	s = s.forgetPending(&Policy{}, time.Time{})
	if s.Uncounted > 0 { // a one-shot
		s.WaitSince = waits
	}
	s.Seen, s.BadSince, s.Held, s.Blind, s.Bad = messages.OK, 0, Unsuppressed, 0, false
	return s
}
