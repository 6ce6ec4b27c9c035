package notifier

import (
	"slices"
	"sync"
	"time"
)

// Telegram's rate limits. They apply when a message arrives, which is at some moment between the
// start of a send and its answer. So a send counts from its start until a full span after its answer.
const (
	perSecond       = time.Second // between two messages of a chat
	perMinute       = 20          // messages of a chat in any minute
	reservedForNews = 3           // of perMinute, reserved for news: answers leave them free
	botPerSecond    = 30          // messages of a bot in any second, in all its chats
)

// ChatChannel is a channel that may share its chat, or its bot, with other channels.
type ChatChannel interface {
	// Chat identifies the bot, and the chat within the bot. Neither is shown.
	Chat() (bot, chat string)
}

// RateLimits holds the rate limits of chats and bots for all channels that share them, and survives
// reloads. Channels that have to wait form queues, so that none overtakes another.
type RateLimits struct {
	mu    sync.Mutex
	chats map[string]*chatLimits
	bots  map[string]*window
}

// NewRateLimits returns empty RateLimits, for all notifiers of a tree.
func NewRateLimits() *RateLimits {
	return &RateLimits{chats: make(map[string]*chatLimits), bots: make(map[string]*window)}
}

// chatLimits holds the rate limits of a chat.
type chatLimits struct{ second, minute window }

func newChatLimits() *chatLimits {
	return &chatLimits{second: newWindow(1, perSecond), minute: newWindow(perMinute, time.Minute)}
}

// window limits the messages within any period of length span. It keeps the times of the last
// messages: a token bucket that holds 20 and fills at 20 a minute lets 40 pass within one minute.
type window struct {
	span     time.Duration
	ended    []time.Time // when the last sends ended: a ring buffer, with the oldest at next
	next     int
	underway int
	queue    []*sender
}

func newWindow(limit int, span time.Duration) window {
	return window{span: span, ended: make([]time.Time, limit)}
}

// wait returns how long the next message has to wait, where free more messages must remain
// possible at once.
func (w *window) wait(now time.Time, free int) time.Duration {
	if w.underway+free >= len(w.ended) {
		return w.span // the earliest time if the current send ended now
	}
	return max(0, remaining(w.ended[(w.next+w.underway+free)%len(w.ended)], w.span, now))
}

// ahead returns how many senders wait before s.
func (w *window) ahead(s *sender) int {
	if i := slices.Index(w.queue, s); i >= 0 {
		return i
	}
	return len(w.queue)
}

func (w *window) remove(s *sender) {
	w.queue = slices.DeleteFunc(w.queue, func(other *sender) bool { return other == s })
}

// passed records that a send ended now.
func (w *window) passed(now time.Time) {
	w.ended[w.next] = now
	w.next = (w.next + 1) % len(w.ended)
	w.underway--
}

func (w *window) idle(now time.Time) bool {
	newest := w.ended[(w.next+len(w.ended)-1)%len(w.ended)]
	return w.underway == 0 && len(w.queue) == 0 && remaining(newest, w.span, now) <= 0
}

// remaining returns how much of the time span apart since then is left at now.
func remaining(then time.Time, apart time.Duration, now time.Time) time.Duration {
	if then.IsZero() {
		return 0
	}
	// The limit is for a clock that stepped back, which must not stop the channel for the length of the step.
	return min(apart, then.Add(apart).Sub(now))
}

// sender holds a channel's places in the queues of its rate limits. The nil sender has no limits.
type sender struct {
	limits  *RateLimits
	queues  []*window // where it waits
	holding []*window // which count its current send
}

func newSender(limits *RateLimits) *sender {
	return &sender{limits: limits}
}

// start counts the next message of the channel and returns 0, or queues the channel and returns
// how long it has to wait. An answer, sent behind the news, is not queued, and leaves room for
// forNews messages.
func (s *sender) start(ch Channel, now time.Time, behind bool) (wait time.Duration) {
	if s == nil {
		return 0
	}
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.release(now) // after a panic before the send
	chat, bot := s.limits.limitsOf(ch, now)
	free := 0
	if behind {
		free = reservedForNews
	}
	queues := []*window{&chat.second, &chat.minute}
	wait = max(chat.second.wait(now, chat.second.ahead(s)), chat.minute.wait(now, chat.minute.ahead(s)+free))
	if wait == 0 && bot != nil { // a channel that waits for its chat must not delay other channels of the bot
		queues = append(queues, bot)
		wait = bot.wait(now, bot.ahead(s))
	}
	if wait == 0 {
		s.leaveQueuesLocked()
		s.holding = queues
		for _, w := range queues {
			w.underway++
		}
		return 0
	}
	if behind {
		return wait
	}
	for _, w := range queues {
		if !slices.Contains(w.queue, s) {
			w.queue = append(w.queue, s)
		}
	}
	for _, w := range s.queues {
		if !slices.Contains(queues, w) {
			w.remove(s)
		}
	}
	s.queues = queues
	return wait
}

// ended records that the current send has succeeded or failed.
func (s *sender) ended(now time.Time) {
	if s == nil {
		return
	}
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.release(now)
}

func (s *sender) release(now time.Time) {
	for _, w := range s.holding {
		w.passed(now)
	}
	s.holding = nil
}

// leaveQueues gives up the channel's places.
func (s *sender) leaveQueues() {
	if s == nil || len(s.queues) == 0 {
		return // no lock needed: only the channel's own goroutine uses s.queues
	}
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.leaveQueuesLocked()
}

func (s *sender) leaveQueuesLocked() {
	for _, w := range s.queues {
		w.remove(s)
	}
	s.queues = nil
}

// limitsOf returns the rate limits of the channel's chat and of its bot; nil: it has no bot.
func (l *RateLimits) limitsOf(ch Channel, now time.Time) (*chatLimits, *window) {
	chatter, shares := ch.(ChatChannel)
	if !shares {
		return l.chat("channel "+ch.Name(), now), nil
	}
	bot, chat := chatter.Chat()
	if l.bots[bot] == nil {
		w := newWindow(botPerSecond, time.Second)
		l.bots[bot] = &w
	}
	return l.chat(bot+" in "+chat, now), l.bots[bot]
}

// chat returns the rate limits of a chat, and drops those of idle chats.
func (l *RateLimits) chat(name string, now time.Time) *chatLimits {
	if l.chats[name] == nil {
		for other, c := range l.chats {
			if c.minute.idle(now) && c.second.idle(now) {
				delete(l.chats, other)
			}
		}
		l.chats[name] = newChatLimits()
	}
	return l.chats[name]
}
