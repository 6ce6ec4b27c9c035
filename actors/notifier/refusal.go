package notifier

import (
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// refusals tracks messages that the other side refused for their content. Such a message must
// not stop the rest. A batch is halved until the culprit is alone, and news of its signal is
// sent alone from then on.
type refusals struct {
	limit   int // items in one message; 0: no limit
	suspect map[messages.Key]suspect
}

// suspect is a signal whose news was refused when it was sent alone.
type suspect struct {
	seq      uint64    // of the news that was refused
	reason   string    // what the other side said
	plainToo bool      // it was refused without its detail too
	retryAt  time.Time // where plainToo is set
}

// pick chooses the items for the next message: all that are not suspect or, if there are none,
// one suspect alone. If every item has to wait for its retry, wait is the time until the first.
func (r *refusals) pick(items []messages.Notification, now time.Time) (next []messages.Notification, wait time.Duration) {
	var alone []messages.Notification
	for _, n := range items {
		s, suspected := r.suspect[n.Signal]
		switch {
		case !suspected:
			next = append(next, n)
		case s.seq != n.Seq || !s.plainToo || !now.Before(s.retryAt):
			alone = append(alone, n)
		case wait == 0 || s.retryAt.Sub(now) < wait:
			wait = s.retryAt.Sub(now)
		}
	}
	if len(next) == 0 && len(alone) > 0 {
		return alone[:1], 0
	}
	if r.limit > 0 && len(next) > r.limit {
		next = next[:r.limit]
	}
	return next, wait
}

// simplified returns the items as they are sent. A single item that was refused is sent without
// its detail, as plain text.
func (r *refusals) simplified(items []messages.Notification) (sent []messages.Notification, plain bool) {
	if len(items) != 1 {
		return items, false
	}
	n := items[0]
	s, suspected := r.suspect[n.Signal]
	if !suspected || s.seq != n.Seq {
		return items, false
	}
	n.Detail, n.Cause, n.Acknowledged = "its detail is left out: the channel refuses that text", "", messages.Acknowledgement{}
	return []messages.Notification{n}, true
}

// refused records that the other side refused the content of a message, and returns what the
// core has to know about it.
func (r *refusals) refused(items []messages.Notification, reason string, now time.Time) messages.Refusal {
	if len(items) > 1 {
		r.limit = (len(items) + 1) / 2
		return messages.RefusedTogether
	}
	n := items[0]
	s, suspected := r.suspect[n.Signal]
	if r.suspect == nil {
		r.suspect = make(map[messages.Key]suspect)
	}
	r.limit = 0
	if !suspected || s.seq != n.Seq {
		r.suspect[n.Signal] = suspect{seq: n.Seq, reason: reason}
		return messages.RefusedTogether
	}
	r.suspect[n.Signal] = suspect{seq: n.Seq, reason: s.reason, plainToo: true, retryAt: now.Add(permanentDelay)}
	return messages.RefusedAlone
}

// delivered records the confirmation of a message. shortened is the reason why the detail was
// left out; empty: it was not.
func (r *refusals) delivered(items []messages.Notification) (shortened string) {
	if len(items) != 1 {
		return ""
	}
	n := items[0]
	if s, suspected := r.suspect[n.Signal]; suspected {
		delete(r.suspect, n.Signal)
		if s.seq == n.Seq {
			return s.reason
		}
	}
	return ""
}

// forget drops suspects without pending news.
func (r *refusals) forget(items []messages.Notification) {
	if len(items) == 0 {
		r.limit = 0
	}
	maps.DeleteFunc(r.suspect, func(key messages.Key, _ suspect) bool {
		return !slices.ContainsFunc(items, func(n messages.Notification) bool { return n.Signal == key })
	})
}

// contentRefused completes and logs the receipt of a message whose content was refused. Other
// news is sent at once.
func (a *Actor) contentRefused(r *messages.Receipt, err error, now time.Time) {
	a.resume()
	r.Err, r.Refusal = err.Error(), a.refusals.refused(r.Items, err.Error(), now)
	if r.Refusal == messages.RefusedAlone {
		r.Permanent, r.RetryIn = true, permanentDelay
	}
	a.Log.Warn("send_failed", zap.String("channel", r.Channel), zap.String("error", r.Err), zap.Strings("signals", SignalsOf(r.Items)),
		zap.Int64("retry_in_ms", r.RetryIn.Milliseconds()), zap.Bool("permanent", r.Permanent))
}
