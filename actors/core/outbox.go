package core

import (
	"cmp"
	"fmt"
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
	moved   map[messages.Key]move // by former key, until the next receipt: a message may be under way

	failingSince time.Time // core time; zero: the last attempt went well
	permanent    bool
	away         time.Duration // how long the last failure lasted
	lastErr      string
	lastOK       time.Time                  // wall time
	escalations  map[messages.Key]time.Time // trouble that is told here later, with when it was announced
	ended        map[messages.Key]time.Time // recoveries that it was told beside the one that it stands in for, by when
	deaf         string                     // why what people write there can't be had; empty: it can, or nobody asks
	refused      map[uint64]string          // what the channel said of news that can't be told there, by Seq
	shortened    string                     // what was told without its detail, until the next tick
}

// move says what a signal is called now, for news up to seq.
type move struct {
	to  messages.Key
	seq uint64
}

const deliveryKind = "watchdog_delivery"

func deliverySignal(name string) messages.Key { return messages.NewKey(deliveryKind, name) }

// announce puts what was decided into the outbox of every channel.
func (st *step) announce(e *entry, d Decision) {
	n := st.notification(e, d)
	if !n.Urgent() {
		n.NotBefore = st.wall.Add(st.settings.GroupWait)
	}
	st.effects = append(st.effects, Told{Notification: n, Reason: d.Reason})
	for _, ch := range st.channels {
		st.routed(ch, n)
	}
}

// notification words what was decided, for no channel yet.
func (st *step) notification(e *entry, d Decision) messages.Notification {
	shown := e.last
	if e.policy.OneShot || e.Hard > messages.OK && !e.Flapping {
		shown = e.lastBad() // also while data is missing, or speaks for recovery already
	}
	n := messages.Notification{
		News: d.News, Signal: e.key, Level: e.Hard, Worst: e.Worst, Value: shown.Value, Valued: shown.Valued,
		Detail: shown.Detail, Since: st.shown(e.Since), At: st.shown(st.now), Count: d.Count,
		Trouble: e.Trouble, Acknowledged: st.shownAck(d.ack),
	}
	switch {
	case d.News == messages.Event:
		n.Level = e.Worst
	case d.News == messages.Recovered:
		n.Cause = e.lastBad().Detail
	case e.Flapping:
		n.Level, n.Flaps = e.FlapWorst, true
		n.Detail = joined(fmt.Sprintf("changed %d times; now %s", e.FlapChanges, e.Seen), n.Detail, ": ")
	case e.Seen == messages.Unknown:
		n.Detail = joined(n.Detail, joined("data is missing now", e.last.Detail, ": "), "; ")
	}
	return n
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
		n.News, n.Cause = messages.Missed, n.Detail
	}
	ch := st.edit(name)
	st.changes++
	st.seq++
	n.Seq = st.seq
	if n.News == messages.Event {
		ch.events = append(slices.Clip(ch.events), st.quietened(name, n))
		if over := len(ch.events) - maxEvents; over > 0 {
			ch.events = ch.events[over:]
			ch.dropped += uint64(over)
		}
		return
	}
	if old, waits := ch.pending[n.Signal]; waits {
		n = fold(old, n)
	}
	ch.pending[n.Signal] = st.quietened(name, ch.asSeen(n))
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
		if n.Flaps {
			break
		}
		n.News = messages.Alert
		n.Acknowledged = cmp.Or(n.Acknowledged, old.Acknowledged)
		if old.Level == messages.Critical && old.News != messages.Missed {
			n.Worst = messages.Critical
		}
	case messages.Alert, messages.Flapping, messages.Event, messages.Missed: // as they are
	}
	return n
}

// asSeen words news for what the channel was told before: a channel that knows of a
// trouble hears how it went on, any other hears of it for the first time.
func (ch *channel) asSeen(n messages.Notification) messages.Notification {
	told, knows := ch.told[n.Signal]
	n.ReplyTo = told.ReplyTo
	switch {
	case n.News == messages.Flapping || n.News == messages.Still && n.Flaps:
		n.News = messages.Flapping
		if told.Flaps {
			n.News = messages.Still
		}
	case !knows && (n.News == messages.Worse || n.News == messages.Still):
		n.News = messages.Alert
	case !knows:
	case n.News == messages.Missed || n.News == messages.Recovered:
		n.News = messages.Recovered
		n.Since = told.Since
	case told.Flaps: // it has settled on this
		n.News = messages.Alert
	case n.Level > told.Level:
		n.News = messages.Worse
	default:
		n.News = messages.Still
	}
	return n
}

// receipt takes what became of one attempt to send.
func (st *step) receipt(r messages.Receipt) {
	st.account(r.Channel, r.ID)
	if st.channelNamed(r.Channel) == nil {
		return // it went with a reload
	}
	ch := st.edit(r.Channel)
	failing, permanent := !ch.failingSince.IsZero(), ch.permanent
	switch {
	case r.Refusal != messages.NotRefused:
		if r.Refusal == messages.RefusedAlone {
			ch.refuse(r.Items[0], r.Err)
			st.changes++
		}
	case r.Delivered():
		if !ch.failingSince.IsZero() {
			ch.away = since(ch.failingSince, st.now)
		}
		ch.failingSince, ch.permanent, ch.lastErr, ch.lastOK = time.Time{}, false, "", st.wall
		if r.Moved {
			ch.forgetMessages()
		}
		for _, n := range r.Items {
			st.changes++
			ch.confirm(ch.current(n), r.MessageID)
			if r.Shortened != "" {
				ch.shortened = fmt.Sprintf("%s was told without its detail: %s", n.Signal, r.Shortened)
			}
		}
	default:
		if ch.failingSince.IsZero() {
			ch.failingSince = st.now
		}
		ch.permanent, ch.lastErr = r.Permanent, r.Err
	}
	ch.moved = nil // the next message is made of what the outbox holds now
	if failing == ch.failingSince.IsZero() || permanent != ch.permanent {
		st.changes++
	}
	st.observeDelivery(ch)
}

// refuse notes that one piece of news can't be told on this channel.
func (ch *channel) refuse(n messages.Notification, why string) {
	still := map[uint64]string{n.Seq: why}
	for _, waits := range ch.waiting() {
		if before, refused := ch.refused[waits.Seq]; refused {
			still[waits.Seq] = before
		}
	}
	ch.refused = still
}

// waiting is what the channel has still to tell, oldest first.
func (ch *channel) waiting() []messages.Notification {
	return bySeq(append(slices.Collect(maps.Values(ch.pending)), ch.events...))
}

// polled takes whether a channel can be asked for what people write. That says nothing of
// sending, whose failures stay.
func (st *step) polled(m messages.Polled) {
	if st.channelNamed(m.Channel) == nil {
		return
	}
	ch := st.edit(m.Channel)
	ch.deaf = ""
	if m.Err != "" {
		ch.deaf = "what people write there can't be had: " + m.Err
	}
	st.observeDelivery(ch)
}

// forgetMessages forgets the ids of messages: they are those of a chat that is not told any
// more, and another message may have the same id in the present one.
func (ch *channel) forgetMessages() {
	for key, n := range ch.told {
		n.ReplyTo = 0
		ch.told[key] = n
	}
	for key, n := range ch.pending {
		n.ReplyTo = 0
		ch.pending[key] = n
	}
}

// account notes that the outbox accounts for the receipt.
func (st *step) account(name string, id uint64) {
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
	case messages.Alert, messages.Worse, messages.Still, messages.Flapping:
		if before, knows := ch.told[n.Signal]; knows {
			n.ReplyTo, n.Since = cmp.Or(before.ReplyTo, messageID), before.Since
		} else {
			n.ReplyTo = messageID
		}
		ch.told[n.Signal] = n
	case messages.Event: // nothing that would go on
	}
	waits, some := ch.pending[n.Signal]
	switch {
	case !some:
	case waits.Seq == n.Seq:
		delete(ch.pending, n.Signal)
	default:
		ch.pending[n.Signal] = ch.asSeen(waits)
	}
}

// mentions tells whether the channel was told of the signal, or is to be.
func (ch *channel) mentions(key messages.Key) bool {
	_, escalates := ch.escalations[key]
	return ch.follows(key) || escalates || slices.ContainsFunc(ch.events, func(n messages.Notification) bool { return n.Signal == key })
}

// rename moves what the channel was told of a signal, and is to be told.
func (ch *channel) rename(rn messages.Rename, seq uint64) {
	if n, ok := ch.told[rn.From]; ok {
		n.Signal = rn.To
		delete(ch.told, rn.From)
		ch.told[rn.To] = n
	}
	if n, ok := ch.pending[rn.From]; ok {
		n.Signal = rn.To
		delete(ch.pending, rn.From)
		ch.pending[rn.To] = n
	}
	if at, ok := ch.escalations[rn.From]; ok {
		ch.escalations = maps.Clone(ch.escalations)
		delete(ch.escalations, rn.From)
		ch.escalations[rn.To] = at
	}
	ch.events = slices.Clone(ch.events)
	for i := range ch.events {
		if ch.events[i].Signal == rn.From {
			ch.events[i].Signal = rn.To
		}
	}
	ch.moved = cloned(ch.moved)
	for former, m := range ch.moved {
		if m.to == rn.From {
			ch.moved[former] = move{rn.To, m.seq}
		}
	}
	ch.moved[rn.From] = move{rn.To, seq}
}

// current is news as its signal is called now: a message may have been under way when the
// signal was renamed.
func (ch *channel) current(n messages.Notification) messages.Notification {
	if m, moved := ch.moved[n.Signal]; moved && n.Seq <= m.seq {
		n.Signal = m.to
	}
	return n
}

// forget drops what the channel was told of a signal, and is to be told.
func (ch *channel) forget(key messages.Key) {
	delete(ch.told, key)
	delete(ch.pending, key)
	ch.escalations = maps.Clone(ch.escalations)
	delete(ch.escalations, key)
	ch.ended = maps.Clone(ch.ended)
	delete(ch.ended, key)
	ch.events = slices.DeleteFunc(slices.Clone(ch.events), func(n messages.Notification) bool { return n.Signal == key })
}

// shiftOutboxes moves the times of all news to the wall clock as it is now, after it
// stepped: the times that one message shows agree then (rule 8).
func (st *step) shiftOutboxes(by time.Duration) {
	for _, ch := range st.channels {
		if len(ch.told)+len(ch.pending)+len(ch.events) == 0 {
			continue
		}
		st.changes++
		ch = st.edit(ch.name)
		for key, n := range ch.told {
			ch.told[key] = shifted(n, by)
		}
		for key, n := range ch.pending {
			ch.pending[key] = shifted(n, by)
		}
		ch.events = slices.Clone(ch.events)
		for i, n := range ch.events {
			ch.events[i] = shifted(n, by)
		}
	}
}

func shifted(n messages.Notification, by time.Duration) messages.Notification {
	for _, at := range []*time.Time{&n.Since, &n.At, &n.NotBefore, &n.Acknowledged.At} {
		if !at.IsZero() {
			*at = at.Add(by)
		}
	}
	return n
}

// observeDelivery is the core's own observation of a channel.
func (st *step) observeDelivery(ch *channel) {
	o := messages.Observation{Signal: deliverySignal(ch.name)}
	o.Level, o.Detail = ch.health(st.now)
	before := st.isDown(ch.name)
	st.observeOwn(reading{began: st.now}, o)
	if !before && st.isDown(ch.name) {
		st.fallBack(ch.name)
	}
}

// health says how well the channel delivers.
func (ch *channel) health(now time.Time) (messages.Level, string) {
	if !ch.failingSince.IsZero() && (ch.permanent || since(ch.failingSince, now) >= deliveryPatience) {
		return messages.Critical, ch.lastErr
	}
	if why := cmp.Or(ch.refusal(), ch.deaf); why != "" {
		return messages.Critical, why
	}
	switch {
	case ch.shortened != "":
		return messages.Warning, ch.shortened
	case ch.away > 0:
		return messages.OK, "the channel delivers again; it was away for " + ch.away.Round(time.Second).String()
	}
	return messages.OK, "the channel delivers"
}

// refusal says what can't be told on this channel, and why; empty: there is no such news.
func (ch *channel) refusal() string {
	if len(ch.refused) == 0 {
		return ""
	}
	for _, n := range ch.waiting() {
		if why, refused := ch.refused[n.Seq]; refused {
			return fmt.Sprintf("%s of %s can't be told there: %s", n.News, n.Signal, why)
		}
	}
	return ""
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
		box.Items = ch.waiting()
		box.Active = bySeq(slices.Collect(maps.Values(ch.told)))
	}
	return box
}

// Handed is which outboxes were handed out: as much of a state as Outboxes compares, so that
// its holder keeps no signals of that time.
type Handed struct{ channels []*channel }

// Outboxes lists the outboxes that are not the same as those that were handed out before. The
// zero Handed is none.
func (s State) Outboxes(before Handed) ([]messages.Outbox, Handed) {
	var boxes []messages.Outbox
	for _, ch := range s.channels {
		if !slices.Contains(before.channels, ch) { // the very same value: channels are never changed in place
			boxes = append(boxes, s.Outbox(ch.name))
		}
	}
	return boxes, Handed{s.channels}
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
		views[i] = ChannelView{
			Name: ch.name, Pending: len(ch.pending) + len(ch.events), Dropped: ch.dropped, LastOK: ch.lastOK, LastError: cmp.Or(ch.lastErr, ch.refusal(), ch.deaf),
		}
	}
	return views
}
