package supervisor

import (
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/clock"
	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
)

// Capacities of the bounded queues.
const (
	maxEdges    = 1000 // enough for a burst of container deaths on a large host
	maxReceipts = 64   // each notifier has one at a time
	maxControl  = 16
)

// wiring holds all mailboxes of the tree, and the core's state.
type wiring struct {
	state    atomic.Pointer[core.State]
	ticks    chan messages.Tick
	reports  *mailbox.Latest[string, messages.Report]
	edges    *mailbox.Queue[messages.Edge]
	receipts *mailbox.Queue[messages.Receipt]
	control  chan messages.Message
	settings chan *core.Settings
	outboxes map[string]*mailbox.Cell[messages.Outbox]

	states    *mailbox.Cell[core.State] // the latest state for the saver; nil: there is no saver
	published core.Published            // the outboxes that the notifiers have

	requests requests

	targetFails chan struct{}                    // wakes the witness
	exchanges   map[string]chan notifier.Channel // by channel; only the reload uses it

	calls      *byName[*probe.Calls]        // by probe: requests for a reading before its time
	replies    *byName[chan notifier.Reply] // by channel: answers to people
	rateLimits *notifier.RateLimits         // the rate limits that channels share

	mu         sync.Mutex
	updaters   map[string]notifier.MessageUpdater // by channel: those whose messages show acknowledgements
	buttonsOff bool                               // presses of buttons are not handled at present
}

func newWiring(parts Parts) *wiring {
	w := &wiring{
		ticks:    make(chan messages.Tick, 1),
		reports:  mailbox.NewLatest[string, messages.Report](),
		edges:    mailbox.NewQueue[messages.Edge](maxEdges),
		receipts: mailbox.NewQueue[messages.Receipt](maxReceipts),
		control:  make(chan messages.Message, maxControl),
		settings: make(chan *core.Settings, 1),
		outboxes: make(map[string]*mailbox.Cell[messages.Outbox]),

		requests: requests{run: parts.Now().UnixNano(), waiting: make(map[string]chan messages.Answer)},

		targetFails: make(chan struct{}, 1),
		exchanges:   make(map[string]chan notifier.Channel),
		calls:       newByName(probe.NewCalls),
		replies:     newByName(func() chan notifier.Reply { return make(chan notifier.Reply, maxReplies) }),
		rateLimits:  notifier.NewRateLimits(),
		updaters:    make(map[string]notifier.MessageUpdater),
	}
	state := core.New(parts.Settings, parts.Now())
	if parts.State != nil {
		state = *parts.State
	}
	w.state.Store(&state)
	if parts.SaveState != nil {
		w.states = mailbox.NewCell(state)
	}
	w.openOutboxes(parts.Channels) // before the core publishes
	return w
}

func (w *wiring) confirm(probe string) { w.calls.of(probe).Confirm() }

// openOutboxes makes an outbox for each channel, and drops the others. An existing outbox keeps
// its pending news.
func (w *wiring) openOutboxes(channels []ChannelPart) {
	w.mu.Lock()
	defer w.mu.Unlock()
	open := make(map[string]*mailbox.Cell[messages.Outbox], len(channels))
	for _, name := range namesOf(channels) {
		if open[name] = w.outboxes[name]; open[name] == nil {
			open[name] = mailbox.NewCell(messages.Outbox{Channel: name})
		}
	}
	w.outboxes = open
}

func (w *wiring) outbox(channel string) *mailbox.Cell[messages.Outbox] {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outboxes[channel]
}

// publish hands changed outboxes to the notifiers. Only one actor calls it: the saver if there is
// one, else the core.
func (w *wiring) publish(s core.State) {
	boxes, published := s.Outboxes(w.published)
	for _, box := range boxes {
		if cell := w.outbox(box.Channel); cell != nil {
			cell.Store(box)
		}
	}
	w.published = published
}

func (t *Tree) newSaver() Service {
	return &saver{
		states: t.wiring.states, save: t.parts.SaveState, publish: t.wiring.publish, worker: worker.New[bool](),
		log: t.parts.Log.With(zap.String("actor", "store")), now: t.parts.Now, progress: t.liveness.vital("store"), beat: t.liveness.beat,
	}
}

func (t *Tree) newCore() Service {
	w := t.wiring
	commit := w.publish
	if w.states != nil {
		commit = w.states.Store
	}
	return core.NewActor(core.Options{
		Inbox: core.Inbox{
			Ticks: w.ticks, Reports: w.reports, Edges: w.edges.C(), Receipts: w.receipts.C(), Control: w.control, Settings: w.settings,
		},
		State:    &w.state,
		Commit:   commit,
		Confirm:  w.confirm,
		Answered: t.receiveAnswer,
		Log:      t.parts.Log.With(zap.String("actor", "core")),
		Now:      t.parts.Now,
		Progress: t.liveness.vital("core"),
		Beat:     t.liveness.beat,
	})
}

func (t *Tree) newClock() Service {
	return clock.New(clock.Options{
		Interval: t.parts.Tick,
		Now:      t.parts.Now,
		Emit: func(tick messages.Tick) bool {
			t.parts.Metrics.Ticked(tick.At)
			select {
			case t.wiring.ticks <- tick:
				return true
			default:
				return false
			}
		},
		Progress: t.liveness.stamp("clock"),
		Beat:     t.liveness.beat,
		Log:      t.parts.Log.With(zap.String("actor", "clock")),
	})
}

func (t *Tree) startNotifier(part ChannelPart) []place {
	t.parts.Metrics.ChannelAdded(part.name())
	return []place{t.notify.add(t.newNotifier(part))}
}

// stopNotifier stops the notifier of a removed channel, after its drain.
func (t *Tree) stopNotifier(name string, places []place) {
	t.liveness.forget("notifier:" + name)
	t.notify.remove(places, t.notify.stop)
	delete(t.wiring.exchanges, name)
	t.wiring.removeUpdater(name)
}

// addUpdater registers the channel if its messages show acknowledgements.
func (w *wiring) addUpdater(ch notifier.Channel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.updaters, ch.Name())
	if updater, ok := ch.(notifier.MessageUpdater); ok {
		w.updaters[ch.Name()] = updater
		updater.EnableButtons(!w.buttonsOff)
	}
}

func (w *wiring) removeUpdater(channel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.updaters, channel)
}

// exchange replaces the channel of a running notifier. The notifier keeps its memory of confirmed
// and pending news, so that nothing is lost or told twice.
func (t *Tree) exchange(part ChannelPart, places []place) []place {
	inbox := t.wiring.exchanges[part.name()]
	select {
	case <-inbox: // the notifier has not taken the channel of the last reload
	default:
	}
	inbox <- part.Channel
	t.wiring.addUpdater(part.Channel)
	return places
}

func (t *Tree) newNotifier(part ChannelPart) Service {
	name := part.Channel.Name()
	exchange := make(chan notifier.Channel, 1)
	t.wiring.exchanges[name] = exchange
	t.wiring.addUpdater(part.Channel)
	return notifier.New(notifier.Options{
		Channel:    part.Channel,
		Paced:      part.Paced,
		RateLimits: t.wiring.rateLimits,
		Outbox:     t.wiring.outbox(name),
		Context:    t.parts.Context,
		Replies:    t.wiring.replies.of(name),
		Exchange:   exchange,
		Emit:       t.receiveReceipt,
		Now:        t.parts.Now,
		Log:        t.parts.Log.With(zap.String("actor", "notifier:"+name)),
		Progress:   t.liveness.vital("notifier:" + name),
		Beat:       t.liveness.beat,
	})
}

// receiveReceipt passes a receipt from a notifier to the core.
func (t *Tree) receiveReceipt(r messages.Receipt) {
	outcome := "sent"
	if !r.Delivered() {
		outcome = "failed"
	}
	t.parts.Metrics.Notified(r.Channel, outcome)
	if r.Delivered() && t.parts.OnDelivered != nil {
		t.parts.OnDelivered(t, r)
	}
	if !t.wiring.receipts.Offer(r) {
		// The notifier remembers what it sent, so it does not send it again.
		t.log().Warn("receipt_dropped", zap.String("channel", r.Channel), zap.Uint64("dropped", t.wiring.receipts.Dropped()))
	}
}
