package notifier

import (
	"slices"
	"sync"
	"time"
)

// What Telegram lets a chat and a bot bear. It holds for when messages arrive, which is some
// time between the begin of a send and its answer: so a send counts from its begin until so
// long after its answer.
const (
	perSecond    = time.Second // between two messages of a chat
	perMinute    = 20          // messages of a chat in any minute
	forNews      = 3           // of these, that answers leave for news
	botPerSecond = 30          // messages of a bot in any second, over all its chats
)

// Chatter is a channel that shares its chat, or its bot, with others.
type Chatter interface {
	// Chat tells one bot from another, and one of its chats from another. Neither is shown.
	Chat() (bot, chat string)
}

// Paces keeps the pace of chats and of bots for all channels that send there, also after a
// reload. A channel that has to wait keeps its place in a line, and is not overtaken.
type Paces struct {
	mu    sync.Mutex
	chats map[string]*pace
	bots  map[string]*window
}

// NewPaces is for all notifiers of a tree.
func NewPaces() *Paces {
	return &Paces{chats: make(map[string]*pace), bots: make(map[string]*window)}
}

// pace is that of a chat.
type pace struct{ second, minute window }

func newPace() *pace {
	return &pace{second: newWindow(1, perSecond), minute: newWindow(perMinute, time.Minute)}
}

// window bounds the messages in any span of time. It keeps the times of the last ones: a token
// bucket that holds 20 and fills at 20 a minute lets 40 pass within one minute.
type window struct {
	span     time.Duration
	ended    []time.Time // when sends ended, in a ring; next is the oldest
	next     int
	underway int
	line     []*sender // who waits, the first first
}

func newWindow(most int, span time.Duration) window {
	return window{span: span, ended: make([]time.Time, most)}
}

// wait is how long the next message has to wait, if it must leave some free for others.
func (w *window) wait(now time.Time, free int) time.Duration {
	if w.underway+free >= len(w.ended) {
		return w.span // at the least so long after a send that has not ended
	}
	return max(0, until(w.ended[(w.next+w.underway+free)%len(w.ended)], w.span, now))
}

// ahead is how many wait before the sender.
func (w *window) ahead(s *sender) int {
	if i := slices.Index(w.line, s); i >= 0 {
		return i
	}
	return len(w.line)
}

func (w *window) leave(s *sender) {
	if i := slices.Index(w.line, s); i >= 0 {
		w.line = slices.Delete(w.line, i, i+1)
	}
}

// passed notes that the send of a message ended now.
func (w *window) passed(now time.Time) {
	w.ended[w.next] = now
	w.next = (w.next + 1) % len(w.ended)
	w.underway--
}

func (w *window) idle(now time.Time) bool {
	newest := w.ended[(w.next+len(w.ended)-1)%len(w.ended)]
	return w.underway == 0 && len(w.line) == 0 && until(newest, w.span, now) <= 0
}

func until(then time.Time, apart time.Duration, now time.Time) time.Duration {
	if then.IsZero() {
		return 0
	}
	// A clock that stepped back must not stop the channel for the length of the step.
	return min(apart, then.Add(apart).Sub(now))
}

// sender is a channel's place in the paces that it keeps.
type sender struct {
	paces   *Paces
	waits   []*window // in whose lines it stands
	holding []*window // in which its send is under way
}

func newSender(paces *Paces) *sender {
	return &sender{paces: paces}
}

// start begins the next message of the channel, unless it has to wait: then it says for how
// long, and keeps the place of the channel. An answer, which goes behind the news, keeps no place, and
// leaves room for the news that comes meanwhile.
func (s *sender) start(ch Channel, now time.Time, behind bool) (wait time.Duration) {
	s.paces.mu.Lock()
	defer s.paces.mu.Unlock()
	s.release(now) // of a former life that panicked before it sent
	chat, bot := s.paces.of(ch, now)
	free := 0
	if behind {
		free = forNews
	}
	line := []*window{&chat.second, &chat.minute}
	wait = max(chat.second.wait(now, chat.second.ahead(s)), chat.minute.wait(now, chat.minute.ahead(s)+free))
	if wait == 0 && bot != nil { // a channel that waits for its chat holds up no other channel of the bot
		line = append(line, bot)
		wait = bot.wait(now, bot.ahead(s))
	}
	if wait == 0 {
		s.leaveLines()
		s.holding = line
		for _, w := range line {
			w.underway++
		}
		return 0
	}
	if behind {
		return wait
	}
	for _, w := range line {
		if !slices.Contains(w.line, s) {
			w.line = append(w.line, s)
		}
	}
	for _, w := range s.waits {
		if !slices.Contains(line, w) {
			w.leave(s)
		}
	}
	s.waits = line
	return wait
}

// ended notes that the message under way has arrived, or has failed.
func (s *sender) ended(now time.Time) {
	s.paces.mu.Lock()
	defer s.paces.mu.Unlock()
	s.release(now)
}

func (s *sender) release(now time.Time) {
	for _, w := range s.holding {
		w.passed(now)
	}
	s.holding = nil
}

// rest gives up the place: there is nothing to send.
func (s *sender) rest() {
	if len(s.waits) == 0 {
		return // only the channel's own goroutine touches it
	}
	s.paces.mu.Lock()
	defer s.paces.mu.Unlock()
	s.leaveLines()
}

func (s *sender) leaveLines() {
	for _, w := range s.waits {
		w.leave(s)
	}
	s.waits = nil
}

// of gives the pace of the channel's chat and the window of its bot; nil: it shares none.
func (p *Paces) of(ch Channel, now time.Time) (*pace, *window) {
	chatter, shares := ch.(Chatter)
	if !shares {
		return p.chat("channel "+ch.Name(), now), nil
	}
	bot, chat := chatter.Chat()
	if p.bots[bot] == nil {
		w := newWindow(botPerSecond, time.Second)
		p.bots[bot] = &w
	}
	return p.chat(bot+" in "+chat, now), p.bots[bot]
}

// chat gives the pace of a chat. Those of chats that nobody sends to any more are dropped.
func (p *Paces) chat(name string, now time.Time) *pace {
	if p.chats[name] == nil {
		for other, c := range p.chats {
			if c.minute.idle(now) && c.second.idle(now) {
				delete(p.chats, other)
			}
		}
		p.chats[name] = newPace()
	}
	return p.chats[name]
}
