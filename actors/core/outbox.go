package core

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// maxEvents one-shots wait per channel; the oldest are dropped, and counted.
	maxEvents = 200
	// deliveryPatience is how long a channel may fail before watchdog_delivery.
	deliveryPatience = 5 * time.Minute
)

// channel is what one channel has still to be told, and what it was. It is never
// changed once it is in a state.
type channel struct {
	name    string
	pending map[messages.Key]messages.Notification // folded: one per signal
	events  []messages.Notification                // one-shots, oldest first
	dropped uint64
	told    map[messages.Key]messages.Notification // confirmed, and not ok; ReplyTo is the message that raised it
	acked   uint64

	failingSince time.Time // core time; zero: the last attempt went well
	permanent    bool
	away         time.Duration // how long the last failure lasted
	lastErr      string
	lastOK       time.Time // wall time
}

func deliverySignal(name string) messages.Key { return messages.NewKey("watchdog_delivery", name) }

// announce puts what was decided into the outbox of every channel.
func (st *step) announce(e *entry, d Decision) {
	shown := e.last
	if e.Hard > messages.OK {
		shown = e.bad // also while data is missing, or speaks for recovery already
	}
	n := messages.Notification{
		News: d.News, Signal: e.key, Level: e.Hard, Worst: e.Worst, Value: shown.Value, Valued: shown.Valued,
		Detail: shown.Detail, Since: e.Since.Add(-st.skew), At: st.wall, Count: d.Count,
	}
	if e.Seen == messages.Unknown && e.Hard > messages.OK {
		n.Detail = joined(n.Detail, joined("data is missing now", e.last.Detail, ": "), "; ")
	}
	if d.News == messages.Event {
		n.Level = e.Seen
	}
	if !n.Urgent() {
		n.NotBefore = st.wall.Add(st.settings.GroupWait)
	}
	st.effects = append(st.effects, Told{Notification: n, Reason: d.Reason})
	for _, ch := range st.channels {
		st.enqueue(ch.name, n)
	}
}

// joined puts the separator between two texts where both are there.
func joined(a, b, separator string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}

func (st *step) enqueue(name string, n messages.Notification) {
	if n.Signal == deliverySignal(name) {
		// A channel can't tell of its own failure while it fails; once it is back it
		// says in one piece how long it was away.
		if n.News != messages.Recovered {
			return
		}
		n.News = messages.Missed
	}
	ch := st.edit(name)
	st.changes++
	st.seq++
	n.Seq = st.seq
	if n.News == messages.Event {
		ch.events = append(slices.Clip(ch.events), n)
		if over := len(ch.events) - maxEvents; over > 0 {
			ch.events = ch.events[over:]
			ch.dropped += uint64(over)
		}
		return
	}
	if old, waits := ch.pending[n.Signal]; waits {
		n = fold(old, n)
	}
	ch.pending[n.Signal] = ch.asSeen(n)
}

// fold makes one piece of news of two that both could not be sent yet.
func fold(old, n messages.Notification) messages.Notification {
	if !old.NotBefore.IsZero() && old.NotBefore.Before(n.NotBefore) {
		n.NotBefore = old.NotBefore // the group does not start to wait anew
	}
	switch n.News {
	case messages.Recovered:
		n.News, n.Worst = messages.Missed, max(n.Worst, old.Worst)
		if old.Since.Before(n.Since) {
			n.Since = old.Since
		}
	case messages.Worse, messages.Still:
		n.News = messages.Alert
		if old.Level == messages.Critical && old.News != messages.Missed {
			n.Worst = messages.Critical
		}
	case messages.Alert, messages.Flapping, messages.Event, messages.Missed: // as they are
	}
	return n
}

// asSeen words news for what the channel was told before: whoever knows of a trouble
// hears how it went on, whoever does not hears of it for the first time.
func (ch *channel) asSeen(n messages.Notification) messages.Notification {
	told, knows := ch.told[n.Signal]
	if !knows || n.News == messages.Flapping {
		return n
	}
	n.ReplyTo = told.ReplyTo
	switch {
	case n.News == messages.Missed || n.News == messages.Recovered:
		n.News = messages.Recovered
		n.Since = told.Since
	case n.Level > told.Level:
		n.News = messages.Worse
	default:
		n.News = messages.Still
	}
	return n
}

// receipt takes what became of one attempt to send.
func (st *step) receipt(r messages.Receipt) {
	st.acknowledge(r.Channel, r.ID)
	if st.channelNamed(r.Channel) == nil {
		return // it went with a reload
	}
	ch := st.edit(r.Channel)
	failing, permanent := !ch.failingSince.IsZero(), ch.permanent
	if r.Delivered() {
		if !ch.failingSince.IsZero() {
			ch.away = since(ch.failingSince, st.now)
		}
		ch.failingSince, ch.permanent, ch.lastErr, ch.lastOK = time.Time{}, false, "", st.wall
		for _, n := range r.Items {
			st.changes++
			ch.confirm(n, r.MessageID)
		}
	} else {
		if ch.failingSince.IsZero() {
			ch.failingSince = st.now
		}
		ch.permanent, ch.lastErr = r.Permanent, r.Err
	}
	if failing == r.Delivered() || permanent != ch.permanent {
		st.changes++
	}
	st.observeDelivery(ch)
}

func (st *step) acknowledge(name string, id uint64) {
	if ch := st.channelNamed(name); ch != nil && id > ch.acked {
		st.edit(name).acked = id
	}
}

// confirm takes the confirmation of one piece of news. What was folded over it in
// the meantime is worded anew.
func (ch *channel) confirm(n messages.Notification, messageID int64) {
	if n.News == messages.Event {
		ch.events = slices.DeleteFunc(slices.Clone(ch.events), func(e messages.Notification) bool { return e.Seq == n.Seq })
		return
	}
	switch n.News {
	case messages.Recovered, messages.Missed:
		delete(ch.told, n.Signal)
	case messages.Alert, messages.Worse, messages.Still:
		if before, knows := ch.told[n.Signal]; knows {
			n.ReplyTo, n.Since = before.ReplyTo, before.Since
		} else {
			n.ReplyTo = messageID
		}
		ch.told[n.Signal] = n
	case messages.Flapping, messages.Event: // tell of no level
	}
	waits, any := ch.pending[n.Signal]
	switch {
	case !any:
	case waits.Seq == n.Seq:
		delete(ch.pending, n.Signal)
	default:
		ch.pending[n.Signal] = ch.asSeen(waits)
	}
}

// observeDelivery is the core's own observation of a channel.
func (st *step) observeDelivery(ch *channel) {
	o := messages.Observation{Signal: deliverySignal(ch.name), Level: messages.OK, Detail: "the channel delivers"}
	if !ch.failingSince.IsZero() && (ch.permanent || since(ch.failingSince, st.now) >= deliveryPatience) {
		o.Level, o.Detail = messages.Critical, ch.lastErr
	} else if ch.away > 0 {
		o.Detail = "the channel delivers again; it was away for " + ch.away.Round(time.Second).String()
	}
	st.observe(ownProbe, &o)
}

func (st *step) channelNamed(name string) *channel {
	for _, ch := range st.channels {
		if ch.name == name {
			return ch
		}
	}
	return nil
}

// edit gives this step's own copy of a channel.
func (st *step) edit(name string) *channel {
	i := slices.IndexFunc(st.channels, func(ch *channel) bool { return ch.name == name })
	if st.fresh[name] {
		return st.channels[i]
	}
	if st.fresh == nil {
		st.fresh = make(map[string]bool)
		st.channels = slices.Clone(st.channels)
	}
	st.fresh[name] = true
	copied := *st.channels[i]
	copied.pending = cloned(copied.pending)
	copied.told = cloned(copied.told)
	st.channels[i] = &copied
	return &copied
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return make(map[K]V)
	}
	return maps.Clone(m)
}

// Outbox gives what the named channel has still to tell, oldest first.
func (s State) Outbox(name string) messages.Outbox {
	box := messages.Outbox{Channel: name}
	for _, ch := range s.channels {
		if ch.name != name {
			continue
		}
		box.Dropped, box.Acked = ch.dropped, ch.acked
		box.Items = bySeq(append(slices.Collect(maps.Values(ch.pending)), ch.events...))
		box.Active = bySeq(slices.Collect(maps.Values(ch.told)))
	}
	return box
}

// Outboxes lists the outboxes that are not the same as in the state before.
func (s State) Outboxes(before State) []messages.Outbox {
	var boxes []messages.Outbox
	for _, ch := range s.channels {
		if !slices.Contains(before.channels, ch) { // the very same value: channels are never changed in place
			boxes = append(boxes, s.Outbox(ch.name))
		}
	}
	return boxes
}

func bySeq(items []messages.Notification) []messages.Notification {
	slices.SortFunc(items, func(a, b messages.Notification) int { return cmp.Compare(a.Seq, b.Seq) })
	return items
}

// ChannelView is one channel as the outside sees it.
type ChannelView struct {
	Name      string
	Pending   int
	Dropped   uint64
	LastOK    time.Time // zero: nothing was delivered yet
	LastError string    // of the present failure; empty while the channel delivers
}

// Channels lists the channels in the order of the roster.
func (s State) Channels() []ChannelView {
	views := make([]ChannelView, len(s.channels))
	for i, ch := range s.channels {
		views[i] = ChannelView{Name: ch.name, Pending: len(ch.pending) + len(ch.events), Dropped: ch.dropped, LastOK: ch.lastOK, LastError: ch.lastErr}
	}
	return views
}
