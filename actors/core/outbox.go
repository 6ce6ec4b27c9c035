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
	// maxEvents is how many one-shots may be pending per channel. Older ones are dropped and counted.
	maxEvents = 200
	// deliveryPatience is how long a channel may fail before watchdog_delivery rises.
	deliveryPatience = 5 * time.Minute
)

// channel is the state of one channel: what it was told, and what is pending. It is
// immutable once it is in a State.
type channel struct {
	name    string
	pending map[messages.Key]messages.Notification // folded: one per signal
	events  []messages.Notification                // one-shots, oldest first
	dropped uint64
	told    map[messages.Key]messages.Notification // confirmed trouble that is not over; ReplyTo is the message that raised it
	acked   uint64
	moved   map[messages.Key]move // by former key, until the next receipt: a message may be in flight

	failingSince time.Time // core time; zero: the last attempt succeeded
	permanent    bool
	away         time.Duration // how long the last failure lasted
	lastErr      string
	lastOK       time.Time                  // wall time
	escalations  map[messages.Key]time.Time // trouble that waits for Route.After, by when it was announced
	ended        map[messages.Key]time.Time // fallback: recoveries told while the other channel delivered, by their time
	pollErr      string                     // why polling the channel fails; empty: it works, or nobody polls
	refused      map[uint64]string          // the channel's error for pending news that can't be delivered, by Seq
	shortened    string                     // which news was told without its detail, until the next tick
}

// move is the present key of a renamed signal, for news up to seq.
type move struct {
	to  messages.Key
	seq uint64
}

const deliveryKind = "watchdog_delivery"

func deliverySignal(name string) messages.Key { return messages.NewKey(deliveryKind, name) }

// announce puts the news into the outbox of every channel, by its route.
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

// notification makes the notification of a decision, before asSeen adapts it to a channel.
func (st *step) notification(e *entry, d Decision) messages.Notification {
	shown := e.last
	if e.policy.OneShot || e.Hard > messages.OK && !e.Flapping {
		shown = e.lastBad() // also if the last observation is unknown or ok
	}
	n := messages.Notification{
		News: d.News, Signal: e.key(), Level: e.Hard, Worst: e.Worst, Value: shown.Value, Valued: shown.Valued,
		Detail: shown.Detail, Since: st.wallTime(e.Since.time()), At: st.wallTime(st.now), Count: d.Count,
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

// joined joins the texts that are not empty.
func joined(a, b, separator string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}

func (st *step) enqueue(name string, n messages.Notification) {
	if n.Signal == deliverySignal(name) {
		// A channel can't deliver news of its own failure. Once it delivers again, one
		// MISSED says how long it was away.
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
		ch.events = append(slices.Clip(ch.events), st.delayedByQuiet(name, n))
		if over := len(ch.events) - maxEvents; over > 0 {
			ch.events = ch.events[over:]
			ch.dropped += uint64(over)
		}
		return
	}
	if old, ok := ch.pending[n.Signal]; ok {
		n = fold(old, n)
	}
	ch.pending[n.Signal] = st.delayedByQuiet(name, ch.asSeen(n))
}

// fold merges pending news of a signal with later news of it.
func fold(old, n messages.Notification) messages.Notification {
	if !old.NotBefore.IsZero() && old.NotBefore.Before(n.NotBefore) {
		n.NotBefore = old.NotBefore // the group has waited since then
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

// asSeen adapts news to what the channel was told before. A channel that was not told of
// the trouble gets an ALERT or MISSED, any other the change.
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
	case told.Flaps: // the signal has settled on this level
		n.News = messages.Alert
	case n.Level > told.Level:
		n.News = messages.Worse
	default:
		n.News = messages.Still
	}
	return n
}

// receipt handles the result of one attempt to send.
func (st *step) receipt(r messages.Receipt) {
	st.ackReceipt(r.Channel, r.ID)
	if st.channelNamed(r.Channel) == nil {
		return // a reload removed the channel
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
	ch.moved = nil // the next message is made from the present outbox
	if failing == ch.failingSince.IsZero() || permanent != ch.permanent {
		st.changes++
	}
	st.observeDelivery(ch)
}

// refuse records that the channel refuses this news for good. It drops the records of news that
// is not pending any more.
func (ch *channel) refuse(n messages.Notification, why string) {
	refused := map[uint64]string{n.Seq: why}
	for _, item := range ch.items() {
		if before, ok := ch.refused[item.Seq]; ok {
			refused[item.Seq] = before
		}
	}
	ch.refused = refused
}

// items returns the pending news and events, oldest first.
func (ch *channel) items() []messages.Notification {
	return bySeq(append(slices.Collect(maps.Values(ch.pending)), ch.events...))
}

// polled handles the result of polling a channel. It does not change whether sending fails.
func (st *step) polled(m messages.Polled) {
	if st.channelNamed(m.Channel) == nil {
		return
	}
	ch := st.edit(m.Channel)
	ch.pollErr = ""
	if m.Err != "" {
		ch.pollErr = "polling for commands and buttons fails: " + m.Err
	}
	st.observeDelivery(ch)
}

// forgetMessages forgets the ids of messages in the former chat. In the present chat another
// message may have the same id.
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

// ackReceipt records that the receipt was processed, see messages.Outbox.Acked.
func (st *step) ackReceipt(name string, id uint64) {
	if ch := st.channelNamed(name); ch != nil && id > ch.acked {
		st.edit(name).acked = id
	}
}

// confirm records that news was delivered. Later news of the signal that is pending is
// adapted to that.
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
	case messages.Event: // handled above
	}
	next, ok := ch.pending[n.Signal]
	switch {
	case !ok:
	case next.Seq == n.Seq:
		delete(ch.pending, n.Signal)
	default:
		ch.pending[n.Signal] = ch.asSeen(next)
	}
}

// mentions reports whether the channel was told of the signal or will be.
func (ch *channel) mentions(key messages.Key) bool {
	_, escalates := ch.escalations[key]
	return ch.follows(key) || escalates || slices.ContainsFunc(ch.events, func(n messages.Notification) bool { return n.Signal == key })
}

// rename moves all that the channel holds of a signal to its new key.
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

// current returns the news with the present key of its signal. The signal may have been renamed
// while the message was in flight.
func (ch *channel) current(n messages.Notification) messages.Notification {
	if m, moved := ch.moved[n.Signal]; moved && n.Seq <= m.seq {
		n.Signal = m.to
	}
	return n
}

// forget drops all that the channel holds of a signal.
func (ch *channel) forget(key messages.Key) {
	delete(ch.told, key)
	delete(ch.pending, key)
	ch.escalations = maps.Clone(ch.escalations)
	delete(ch.escalations, key)
	ch.ended = maps.Clone(ch.ended)
	delete(ch.ended, key)
	ch.events = slices.DeleteFunc(slices.Clone(ch.events), func(n messages.Notification) bool { return n.Signal == key })
}

// shiftOutboxes moves the times of all news after the wall clock stepped, so that all times
// in a message are of the same clock (rule 8).
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

// observeDelivery observes watchdog_delivery of a channel.
func (st *step) observeDelivery(ch *channel) {
	o := messages.Observation{Signal: deliverySignal(ch.name)}
	o.Level, o.Detail = ch.health(st.now)
	before := st.isDown(ch.name)
	st.observeOwn(reading{began: st.now}, o)
	if !before && st.isDown(ch.name) {
		st.fallBack(ch.name)
	}
}

// health returns the level and detail of watchdog_delivery.
func (ch *channel) health(now time.Time) (messages.Level, string) {
	if !ch.failingSince.IsZero() && (ch.permanent || since(ch.failingSince, now) >= deliveryPatience) {
		return messages.Critical, ch.lastErr
	}
	if why := cmp.Or(ch.refusal(), ch.pollErr); why != "" {
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

// refusal names pending news that the channel refuses for good, and why; empty: there is none.
func (ch *channel) refusal() string {
	if len(ch.refused) == 0 {
		return ""
	}
	for _, n := range ch.items() {
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

// edit returns this step's own copy of a channel.
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

// Outbox returns the outbox of the named channel.
func (s State) Outbox(name string) messages.Outbox {
	box := messages.Outbox{Channel: name}
	for _, ch := range s.channels {
		if ch.name != name {
			continue
		}
		box.Dropped, box.Acked = ch.dropped, ch.acked
		box.Items = ch.items()
		box.Active = bySeq(slices.Collect(maps.Values(ch.told)))
	}
	return box
}

// Published records which outboxes were published. It is not a State, so that its holder does not
// keep all signals of that time in memory.
type Published struct{ channels []*channel }

// Outboxes returns the outboxes that have changed since the previous call, and the argument for
// the next. The zero Published returns all.
func (s State) Outboxes(published Published) ([]messages.Outbox, Published) {
	var boxes []messages.Outbox
	for _, ch := range s.channels {
		if !slices.Contains(published.channels, ch) { // a changed channel is a new pointer
			boxes = append(boxes, s.Outbox(ch.name))
		}
	}
	return boxes, Published{s.channels}
}

func bySeq(items []messages.Notification) []messages.Notification {
	slices.SortFunc(items, func(a, b messages.Notification) int { return cmp.Compare(a.Seq, b.Seq) })
	return items
}

// ChannelView is one channel as users see it.
type ChannelView struct {
	Name      string
	Pending   int
	Dropped   uint64
	LastOK    time.Time // when it last delivered; zero: never
	LastError string    // empty while the channel delivers
}

// Channels returns the channels in the order of the roster.
func (s State) Channels() []ChannelView {
	views := make([]ChannelView, len(s.channels))
	for i, ch := range s.channels {
		views[i] = ChannelView{
			Name: ch.name, Pending: len(ch.pending) + len(ch.events), Dropped: ch.dropped, LastOK: ch.lastOK, LastError: cmp.Or(ch.lastErr, ch.refusal(), ch.pollErr),
		}
	}
	return views
}
