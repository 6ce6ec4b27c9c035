package notifier

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

const (
	sendTimeout  = 10 * time.Second // one send, from the dial to the last byte, unless the channel is Slow
	sendGrace    = time.Second      // the time a channel has to return after its context ended
	ackTimeout   = 5 * time.Second  // how long the actor waits for the core to take a receipt
	refreshEvery = time.Minute      // for a Refresher
	checkEvery   = time.Second      // for what no event announces: a place left in a queue, and updates of messages
	untilEvent   = time.Hour        // a wait that only an event ends
)

// Outbox is where the core leaves the channel's pending news.
type Outbox interface {
	Ready() <-chan struct{}
	Load() messages.Outbox
}

// Refresher is a channel that has to repeat its active troubles, since the other side forgets
// them otherwise (Alertmanager).
type Refresher interface{ WantsRefresh() }

// Options configure an Actor.
type Options struct {
	Channel    Channel
	Paced      bool        // the channel is a chat, with a limit on messages a minute
	RateLimits *RateLimits // the rate limits shared with other channels; nil: the channel shares none
	Outbox     Outbox
	// Context returns lines that a person would look up next; nil: none. It honours the context's
	// deadline, contextLimit, and leaves out what it does not know in time.
	Context  func(context.Context, messages.Notification) Lines
	Replies  <-chan Reply   // answers to people; may be nil
	Exchange <-chan Channel // a channel that replaces Channel, with the same name; may be nil
	Emit     func(messages.Receipt)
	Log      *zap.Logger
	Now      func() time.Time
	Progress func()        // called in each iteration, at least every Beat, but not while a send hangs
	Beat     time.Duration // more than zero
}

// Actor delivers the news of one channel. Its fields survive a panic and a restart of Serve.
type Actor struct {
	Options
	name     string
	worker   *worker.Worker[Sent]
	sender   *sender // for the rate limits; nil: the channel has none
	refusals refusals
	receipts uint64            // the ID of the last receipt
	unsent   *messages.Receipt // a receipt that a panic may have kept from the core; nil: none
	done     map[uint64]bool   // confirmed news, by Seq, that may still be in the outbox

	pendingReply *Reply // nil: none
	replyAt      time.Time
	sideWork     bool // the worker is sending a reply or updating a message, not sending news
	updating     bool

	sending     bool                    // the worker is busy
	underway    []messages.Notification // the news that the worker is sending; empty for a refresh
	began       time.Time
	failures    int       // in a row
	retryAt     time.Time // zero: at once
	retryFixed  bool      // urgent news waits for retryAt too
	ackDeadline time.Time // when the actor stops waiting for the core to take the last receipt
	refreshed   time.Time
}

// New returns an actor for the channel.
func New(o Options) *Actor {
	a := &Actor{Options: o, name: o.Channel.Name(), worker: worker.New[Sent](), done: make(map[uint64]bool), refreshed: o.Now()}
	if o.RateLimits == nil {
		o.RateLimits = NewRateLimits()
	}
	if o.Paced {
		a.sender = newSender(o.RateLimits)
	}
	return a
}

// String returns the actor's name, for the supervisor and logs.
func (a *Actor) String() string { return "notifier:" + a.name }

// Serve delivers until the context ends. Then it goes on for at most drainLimit to send what is
// pending.
func (a *Actor) Serve(ctx context.Context) error {
	a.emitReceipt()
	stop := ctx.Done()
	var limit <-chan time.Time
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if !a.hangs() {
			a.Progress()
		}
		draining := stop == nil
		wait, idle := a.turn(draining)
		if draining && idle {
			return a.endDrain(ctx)
		}
		timer.Reset(min(wait, a.Beat))
		select {
		case <-stop:
			stop = nil
			if !a.retryFixed { // the other side did not ask for the delay
				a.retryAt = time.Time{}
			}
			expired := time.NewTimer(drainLimit)
			defer expired.Stop()
			limit = expired.C
		case <-limit:
			return a.endDrain(ctx)
		case <-timer.C:
		case <-a.Outbox.Ready():
		case next := <-a.nextReply():
			a.pendingReply, a.replyAt = &next, time.Time{}
		case a.Channel = <-a.exchange():
			a.resume()
		case result := <-a.worker.Done():
			a.finish(result)
		}
	}
}

// nextReply returns the source of the next reply, or nil while the actor can't take one.
func (a *Actor) nextReply() <-chan Reply {
	if a.pendingReply != nil || a.sending {
		return nil
	}
	return a.Replies
}

// exchange returns the source of a replacement channel. It is nil during a send, whose result
// belongs to the present channel.
func (a *Actor) exchange() <-chan Channel {
	if a.sending {
		return nil
	}
	return a.Exchange
}

// hangs reports whether the current send has exceeded its deadline. The actor can then send
// nothing, which counts as no progress.
func (a *Actor) hangs() bool {
	return a.sending && a.Now().Sub(a.began) > timeoutOf(a.Channel)+sendGrace
}

func timeoutOf(ch Channel) time.Duration {
	if slow, ok := ch.(Slow); ok {
		return slow.Timeout()
	}
	return sendTimeout
}

// turn starts the next send if one is due. Otherwise wait is the time until something may be
// due. idle is true when a drain can end: nothing is pending, or nothing can be sent in time.
func (a *Actor) turn(draining bool) (wait time.Duration, idle bool) {
	if a.sending {
		return time.Second, false
	}
	now := a.Now()
	box := a.Outbox.Load()
	if box.Acked < a.receipts && now.Before(a.ackDeadline) {
		return a.ackDeadline.Sub(now), false // the core may reword pending news when it takes the receipt
	}
	a.forget(box)
	if pause := a.backoff(box.Items, now); pause > 0 {
		a.sender.leaveQueues()
		return pause, draining && pause > drainLimit
	}
	a.refusals.forget(box.Items)
	items, wait := compose(box.Items, a.done, now, draining)
	if len(items) > 0 {
		items, wait = a.refusals.pick(items, now)
	}
	if refresh := a.untilRefresh(box, now); len(items) == 0 && (draining || refresh > 0) {
		a.sender.leaveQueues()
		if draining {
			return cmp.Or(wait, untilEvent), wait == 0
		}
		return min(cmp.Or(wait, untilEvent), refresh, a.reply(now)), false
	}
	if pause := a.sender.start(a.Channel, now, false); pause > 0 {
		return min(pause, checkEvery), draining && pause > drainLimit
	}
	if f, bounded := a.Channel.(Fitter); bounded && len(items) > 0 {
		items = items[:f.Fit(items)]
	}
	a.send(items, stillActive(box, items), now)
	return time.Second, false
}

// stillActive returns the troubles that a message of items may repeat. It leaves out a trouble
// whose end is pending for a later message: repeated, it would ring again after people may have
// heard of its end over another channel.
func stillActive(box messages.Outbox, items []messages.Notification) []messages.Notification {
	over := make(map[messages.Key]bool)
	for _, n := range box.Items {
		over[n.Signal] = over[n.Signal] || n.News == messages.Recovered || n.News == messages.Missed
	}
	for _, n := range items {
		over[n.Signal] = false // the message tells it
	}
	return slices.DeleteFunc(slices.Clone(box.Active), func(n messages.Notification) bool { return over[n.Signal] })
}

func (a *Actor) untilRefresh(box messages.Outbox, now time.Time) time.Duration {
	if _, wants := a.Channel.(Refresher); !wants || len(box.Active) == 0 {
		return untilEvent
	}
	return a.refreshed.Add(refreshEvery).Sub(now)
}

// backoff returns how long to wait after a failure. Urgent news that came since then waits for
// firstDelay only, unless the other side asked for the delay.
func (a *Actor) backoff(items []messages.Notification, now time.Time) time.Duration {
	pause := a.retryAt.Sub(now)
	isNewUrgent := func(n messages.Notification) bool { return n.Urgent() && n.At.After(a.began) }
	if pause > 0 && !a.retryFixed && slices.ContainsFunc(items, isNewUrgent) {
		pause = min(pause, a.began.Add(firstDelay).Sub(now))
	}
	return pause
}

func (a *Actor) send(items, active []messages.Notification, now time.Time) {
	channel := a.Channel // may be replaced during the send
	sent, plain := a.refusals.simplified(items)
	batch := Batch{Items: sent, Plain: plain, Active: active, At: now}
	started := a.worker.Start(func() (Sent, error) {
		// Not the actor's context: a stop must not cancel the current send.
		ctx, cancel := context.WithTimeout(context.Background(), timeoutOf(channel))
		defer cancel()
		batch.Items = a.addContext(ctx, batch.Items, active)
		return channel.Send(ctx, batch)
	})
	if !started {
		a.sender.ended(now)
		return // a send from before a restart has not returned; its context ends it
	}
	a.sending, a.underway, a.began, a.refreshed = true, items, now, now
}

// finish makes the receipt of a send that returned.
func (a *Actor) finish(result worker.Result[Sent]) {
	now := a.Now()
	if a.sideWork {
		a.finishSideWork(result.Err, now)
		if result.Panic != nil {
			a.pendingReply = nil
			panic(result.Panic)
		}
		return
	}
	items := a.underway
	a.sending, a.underway = false, nil
	a.sender.ended(now)
	if result.Panic != nil {
		result.Err = fmt.Errorf("the channel %s panicked: see the log event actor_panicked and report it", a.name)
	}
	a.receipts++
	a.ackDeadline = now.Add(ackTimeout)
	receipt := &messages.Receipt{ID: a.receipts, Channel: a.name, At: now, Took: now.Sub(a.began), Items: items, MessageID: result.Value.MessageID, Moved: result.Value.Moved}
	if result.Err != nil {
		receipt.Err = result.Err.Error()
	}
	a.unsent = receipt
	switch {
	case result.Err == nil:
		receipt.Shortened = a.refusals.delivered(items)
		a.delivered(*receipt)
	case failureOf(result.Err).Content && len(items) > 0:
		a.contentRefused(receipt, result.Err, now)
	default:
		a.failed(receipt, result.Err, now)
	}
	a.emitReceipt()
	if result.Panic != nil {
		panic(result.Panic)
	}
}

// emitReceipt hands the core the last receipt, unless it has it already.
func (a *Actor) emitReceipt() {
	if a.unsent != nil {
		a.Emit(*a.unsent)
		a.unsent = nil
	}
}

func (a *Actor) delivered(r messages.Receipt) {
	a.resume()
	for _, n := range r.Items {
		a.done[n.Seq] = true
	}
	if len(r.Items) > 0 {
		a.Log.Info("sent", zap.String("channel", r.Channel), zap.Strings("signals", SignalsOf(r.Items)), zap.Int64("took_ms", r.Took.Milliseconds()))
	}
}

// resume ends the wait after failures.
func (a *Actor) resume() { a.failures, a.retryAt, a.retryFixed = 0, time.Time{}, false }

func (a *Actor) failed(r *messages.Receipt, err error, now time.Time) {
	a.failures++
	f, delay := failureOf(err), retryIn(a.failures, err, rand.Float64())
	a.retryAt, a.retryFixed = now.Add(delay), f.RetryAfter > 0 || f.Permanent
	r.Err, r.Permanent, r.RetryIn = err.Error(), f.Permanent, delay
	a.Log.Warn("send_failed", zap.String("channel", r.Channel), zap.String("error", r.Err),
		zap.Int64("retry_in_ms", delay.Milliseconds()), zap.Bool("permanent", r.Permanent))
}

// forget clears the list of confirmed news when the core has removed it from the outbox.
func (a *Actor) forget(box messages.Outbox) {
	if box.Acked >= a.receipts {
		clear(a.done)
	}
}
