package notifier

import "time"

// The pace that a chat bears, by Telegram's own limits. It holds for when messages arrive,
// which is some time between the begin of a send and its answer: so it counts from the answer.
const (
	perSecond = time.Second // between two messages
	perMinute = 20          // messages in any minute
	forNews   = 3           // of them that answers leave free
)

// pace keeps the times of the last messages. A token bucket would not do: one that
// holds 20 and fills at 20 a minute lets 40 pass within one minute.
type pace struct {
	sent [perMinute]time.Time // when sends ended, in a ring; next is the oldest
	next int
}

// wait is how long the next message has to wait.
func (p *pace) wait(now time.Time) time.Duration {
	newest := p.sent[(p.next+perMinute-1)%perMinute]
	oldest := p.sent[p.next]
	return max(0, until(newest, perSecond, now), until(oldest, time.Minute, now))
}

// waitBehind is how long the next answer has to wait: news that comes meanwhile is not to wait
// for what people asked before.
func (p *pace) waitBehind(now time.Time) time.Duration {
	return max(p.wait(now), until(p.sent[(p.next+forNews)%perMinute], time.Minute, now))
}

func until(then time.Time, apart time.Duration, now time.Time) time.Duration {
	if then.IsZero() {
		return 0
	}
	// A clock that stepped back must not stop the channel for as long.
	return min(apart, then.Add(apart).Sub(now))
}

// passed notes that the send of a message ended now.
func (p *pace) passed(now time.Time) {
	p.sent[p.next] = now
	p.next = (p.next + 1) % perMinute
}
