package notifier

import (
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
	sendTimeout  = 10 * time.Second // one request, dial to last byte, of a channel that says nothing else
	sendGrace    = time.Second      // what a channel needs to return when its context ended
	ackPatience  = 5 * time.Second  // how long the core may take to take a receipt
	refreshEvery = time.Minute      // for channels that repeat the active set
)

// Outbox is where the core leaves what the channel has still to tell.
type Outbox interface {
	Ready() <-chan struct{}
	Load() messages.Outbox
}

// Refresher is a channel that wants the active set again and again, since the other
// side forgets it otherwise (Alertmanager).
type Refresher interface{ WantsRefresh() }

// Options are what an Actor is made of.
type Options struct {
	Channel Channel
	Paced   bool   // it is a chat, with a limit on messages a minute
	Paces   *Paces // of all channels that share chats and bots; nil: it shares none
	Outbox  Outbox
	// Context gives lines that a person would look up next; nil: none. It honours the context's
	// deadline, contextLimit, and leaves out what it does not know by then.
	Context  func(context.Context, messages.Notification) Lines
	Asides   <-chan Aside   // answers to people; may be nil
	Exchange <-chan Channel // one of the same name takes over; may be nil
	Emit     func(messages.Receipt)
	Log      *zap.Logger
	Now      func() time.Time
	Progress func() // called at every turn and at least every second, but not while a send hangs
}

// Actor delivers what one channel has to tell. Its fields outlive a crash.
type Actor struct {
	Options
	name     string
	worker   *worker.Worker[Sent]
	sender   *sender // its place in the pace that it keeps; nil: it keeps none
	refusals refusals
	receipts uint64            // the ID of the last receipt
	owed     *messages.Receipt // made, and not handed to the core: a panic may come between; nil: none
	done     map[uint64]bool   // news that was confirmed, by Seq, and may be in the box still

	answer   *Aside // that is to be said; nil: none
	answerAt time.Time
	beside   bool // the worker has an answer or a piece of tidying, and no news
	tidying  bool

	sending   bool                    // the worker has a send
	underway  []messages.Notification // what is in it; nothing for a refresh
	began     time.Time
	failures  int       // in a row
	retryAt   time.Time // zero: at once
	firm      bool      // retryAt is the other side's word: not even urgent news goes before it
	acked     time.Time // until when the core may take its time with the last receipt
	refreshed time.Time
}

// New makes the actor.
func New(o Options) *Actor {
	a := &Actor{Options: o, name: o.Channel.Name(), worker: worker.New[Sent](), done: make(map[uint64]bool), refreshed: o.Now()}
	if o.Paces == nil {
		o.Paces = NewPaces()
	}
	if o.Paced {
		a.sender = newSender(o.Paces)
	}
	return a
}

// String names the actor for its supervisor.
func (a *Actor) String() string { return "notifier:" + a.name }

// Serve delivers until the context ends, and then what can be within the drain's limit.
func (a *Actor) Serve(ctx context.Context) error {
	a.settle()
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
			return a.leave(ctx)
		}
		timer.Reset(min(wait, time.Second))
		select {
		case <-stop:
			stop = nil
			a.retryAt = a.beforeDrain()
			expired := time.NewTimer(drainLimit)
			defer expired.Stop()
			limit = expired.C
		case <-limit:
			return a.leave(ctx)
		case <-timer.C:
		case <-a.Outbox.Ready():
		case next := <-a.nextAside():
			a.answer, a.answerAt = &next, time.Time{}
		case a.Channel = <-a.exchange():
			a.resume()
		case result := <-a.worker.Done():
			a.finish(result)
		}
	}
}

// nextAside is where the next answer comes from, while there is none to be said.
func (a *Actor) nextAside() <-chan Aside {
	if a.answer != nil || a.sending {
		return nil
	}
	return a.Asides
}

// exchange is where another channel comes from: not while a send is under way, since
// what comes of that is the former one's.
func (a *Actor) exchange() <-chan Channel {
	if a.sending {
		return nil
	}
	return a.Exchange
}

// hangs tells whether the send under way should have returned long ago: nothing would
// be sent any more, so that is no progress.
func (a *Actor) hangs() bool {
	return a.sending && a.Now().Sub(a.began) > timeoutOf(a.Channel)+sendGrace
}

func timeoutOf(ch Channel) time.Duration {
	if slow, ok := ch.(Slow); ok {
		return slow.Timeout()
	}
	return sendTimeout
}

// turn starts the next send if one is due, and says how long to wait otherwise. idle
// says that there is nothing left to do that waiting within a drain could help.
func (a *Actor) turn(draining bool) (wait time.Duration, idle bool) {
	if a.sending {
		return time.Second, false
	}
	now := a.Now()
	box := a.Outbox.Load()
	if box.Acked < a.receipts && now.Before(a.acked) {
		return a.acked.Sub(now), false // what waits may be worded anew by the receipt
	}
	a.forget(box)
	if pause := a.backoff(box.Items, now); pause > 0 {
		a.rest()
		return pause, draining && pause > drainLimit
	}
	a.refusals.forget(box.Items)
	items, wait := compose(box.Items, a.done, now, draining)
	if len(items) > 0 {
		items, wait = a.refusals.pick(items, now)
	}
	if len(items) == 0 {
		if draining || !a.refreshDue(box, now) {
			a.rest()
			if !draining {
				if pause, none := a.aside(now); !none {
					return min(orLong(wait), pause), false
				}
			}
			return orLong(wait), wait == 0
		}
	}
	if pause := a.startPaced(now, false); pause > 0 {
		return pause, draining && pause > drainLimit
	}
	if f, bounded := a.Channel.(Fitter); bounded && len(items) > 0 {
		items = items[:f.Fit(items)]
	}
	a.send(items, stillSo(box, items), now)
	return time.Second, false
}

// stillSo is what the channel was told and is still so, for a message of these items. What is
// over, and waits to be told as that in another, is left out: repeated once more, it would ring
// at who has heard of its end elsewhere.
func stillSo(box messages.Outbox, items []messages.Notification) []messages.Notification {
	over := make(map[messages.Key]bool)
	for _, n := range box.Items {
		over[n.Signal] = over[n.Signal] || n.News == messages.Recovered || n.News == messages.Missed
	}
	for _, n := range items {
		over[n.Signal] = false // the message tells it
	}
	return slices.DeleteFunc(slices.Clone(box.Active), func(n messages.Notification) bool { return over[n.Signal] })
}

// startPaced begins a message at the pace of the chat, or says how long it has to wait.
func (a *Actor) startPaced(now time.Time, behind bool) (wait time.Duration) {
	if a.sender == nil {
		return 0
	}
	return a.sender.start(a.Channel, now, behind)
}

func (a *Actor) endPaced(now time.Time) {
	if a.sender != nil {
		a.sender.ended(now)
	}
}

// rest says that there is nothing to send at present.
func (a *Actor) rest() {
	if a.sender != nil {
		a.sender.rest()
	}
}

func (a *Actor) refreshDue(box messages.Outbox, now time.Time) bool {
	_, wants := a.Channel.(Refresher)
	return wants && len(box.Active) > 0 && now.Sub(a.refreshed) >= refreshEvery
}

// backoff is how long to wait after a failure. Urgent news that came since does not
// wait for a delay that is our own guess, only for the least one.
func (a *Actor) backoff(items []messages.Notification, now time.Time) time.Duration {
	pause := a.retryAt.Sub(now)
	if pause > 0 && !a.firm && hasNewUrgent(items, a.began) {
		pause = min(pause, a.began.Add(firstDelay).Sub(now))
	}
	return pause
}

// hasNewUrgent tells whether urgent news came after the last attempt began.
func hasNewUrgent(items []messages.Notification, began time.Time) bool {
	for _, n := range items {
		if n.Urgent() && n.At.After(began) {
			return true
		}
	}
	return false
}

func (a *Actor) send(items, active []messages.Notification, now time.Time) {
	channel := a.Channel // it may be exchanged meanwhile
	sent, plain := a.refusals.dressed(items)
	batch := Batch{Items: sent, Plain: plain, Active: active, At: now}
	started := a.worker.Start(func() (Sent, error) {
		// Not the actor's context: what is under way when a stop comes may end well.
		ctx, cancel := context.WithTimeout(context.Background(), timeoutOf(channel))
		defer cancel()
		batch.Items = a.inContext(ctx, batch.Items, active)
		return channel.Send(ctx, batch)
	})
	if !started {
		a.endPaced(now)
		return // the send of a former life has not returned; its context ends it
	}
	a.sending, a.underway, a.began, a.refreshed = true, items, now, now
}

// finish makes a receipt of a send that returned.
func (a *Actor) finish(result worker.Result[Sent]) {
	now := a.Now()
	if a.beside {
		a.finishAside(result.Err, now)
		if result.Panic != nil {
			a.answer = nil
			panic(result.Panic)
		}
		return
	}
	items := a.underway
	a.sending, a.underway = false, nil
	a.endPaced(now)
	if result.Panic != nil {
		result.Err = fmt.Errorf("the channel %s panicked: see the log event actor_panicked and report it", a.name)
	}
	a.receipts++
	a.acked = now.Add(ackPatience)
	receipt := &messages.Receipt{ID: a.receipts, Channel: a.name, At: now, Took: now.Sub(a.began), Items: items, MessageID: result.Value.MessageID, Moved: result.Value.Moved}
	if result.Err != nil {
		receipt.Err = result.Err.Error()
	}
	a.owed = receipt
	switch {
	case result.Err == nil:
		receipt.Shortened = a.refusals.delivered(items)
		a.delivered(*receipt)
	case refusedFor(result.Err) && len(items) > 0:
		a.refuse(receipt, result.Err, now)
	default:
		a.failed(receipt, result.Err, now)
	}
	a.settle()
	if result.Panic != nil {
		panic(result.Panic)
	}
}

// settle hands the core the receipt that it is owed.
func (a *Actor) settle() {
	if a.owed != nil {
		a.Emit(*a.owed)
		a.owed = nil
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

// resume ends the waiting that failures brought.
func (a *Actor) resume() { a.failures, a.retryAt, a.firm = 0, time.Time{}, false }

func (a *Actor) failed(r *messages.Receipt, err error, now time.Time) {
	a.failures++
	delay := retryIn(a.failures, err, rand.Float64())
	a.retryAt, a.firm = now.Add(delay), isFirm(err)
	r.Err, r.Permanent, r.RetryIn = err.Error(), isPermanent(err), delay
	a.Log.Warn("send_failed", zap.String("channel", r.Channel), zap.String("error", r.Err),
		zap.Int64("retry_in_ms", delay.Milliseconds()), zap.Bool("permanent", r.Permanent))
}

// forget drops the memory of confirmed news that has left the box.
func (a *Actor) forget(box messages.Outbox) {
	if len(a.done) == 0 || box.Acked < a.receipts {
		return
	}
	clear(a.done)
}

// orLong turns "nothing waits" into a wait that only an event ends.
func orLong(wait time.Duration) time.Duration {
	if wait == 0 {
		return time.Hour
	}
	return wait
}
