package notifier

import (
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// refusals is what is known of messages that the other side refused for their content. One
// such message must not stop the rest: a batch is halved until the culprit is alone, and news
// of its signal travels alone from then on.
type refusals struct {
	most    int // items in one message; 0: no bound
	suspect map[messages.Key]suspect
}

// suspect is a signal whose news was refused while it travelled alone.
type suspect struct {
	seq     uint64    // of the news that was refused
	why     string    // what the other side said
	bare    bool      // it was refused without its detail too
	retryAt time.Time // of what was refused bare
}

// pick takes from the items those that travel in the next message: those that nothing is known
// against or, where there are none, one that was refused, alone. wait is until there is such a
// one.
func (r *refusals) pick(items []messages.Notification, now time.Time) (next []messages.Notification, wait time.Duration) {
	var alone []messages.Notification
	for _, n := range items {
		s, suspected := r.suspect[n.Signal]
		switch {
		case !suspected:
			next = append(next, n)
		case s.seq != n.Seq || !s.bare || !now.Before(s.retryAt):
			alone = append(alone, n)
		case wait == 0 || s.retryAt.Sub(now) < wait:
			wait = s.retryAt.Sub(now)
		}
	}
	if len(next) == 0 && len(alone) > 0 {
		return alone[:1], 0
	}
	if r.most > 0 && len(next) > r.most {
		next = next[:r.most]
	}
	return next, wait
}

// dressed are the items as they are sent: what was refused goes without its detail, as plain
// text.
func (r *refusals) dressed(items []messages.Notification) (sent []messages.Notification, plain bool) {
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

// refused takes the refusal of a message for its content, and says what that means.
func (r *refusals) refused(items []messages.Notification, why string, now time.Time) messages.Refusal {
	if len(items) > 1 {
		r.most = (len(items) + 1) / 2
		return messages.RefusedTogether
	}
	n := items[0]
	s, suspected := r.suspect[n.Signal]
	if r.suspect == nil {
		r.suspect = make(map[messages.Key]suspect)
	}
	r.most = 0
	if !suspected || s.seq != n.Seq {
		r.suspect[n.Signal] = suspect{seq: n.Seq, why: why}
		return messages.RefusedTogether
	}
	r.suspect[n.Signal] = suspect{seq: n.Seq, why: s.why, bare: true, retryAt: now.Add(permanentDelay)}
	return messages.RefusedAlone
}

// delivered takes the confirmation of a message. shortened says why one was told without its
// detail; empty: it was told as it is.
func (r *refusals) delivered(items []messages.Notification) (shortened string) {
	if len(items) != 1 {
		return ""
	}
	n := items[0]
	if s, suspected := r.suspect[n.Signal]; suspected {
		delete(r.suspect, n.Signal)
		if s.seq == n.Seq {
			return s.why
		}
	}
	return ""
}

// forget drops signals about which nothing is left to tell.
func (r *refusals) forget(items []messages.Notification) {
	if len(items) == 0 {
		r.most = 0
	}
	maps.DeleteFunc(r.suspect, func(key messages.Key, _ suspect) bool {
		return !slices.ContainsFunc(items, func(n messages.Notification) bool { return n.Signal == key })
	})
}

// refusedFor tells whether the other side refused the message for its content.
func refusedFor(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Content
}

// refuse takes a refusal of a message for what it holds: what else there is to tell is sent at
// once.
func (a *Actor) refuse(r *messages.Receipt, err error, now time.Time) {
	a.resume()
	r.Err, r.Refusal = err.Error(), a.refusals.refused(r.Items, err.Error(), now)
	if r.Refusal == messages.RefusedAlone {
		r.Permanent, r.RetryIn = true, permanentDelay
	}
	a.Log.Warn("send_failed", zap.String("channel", r.Channel), zap.String("error", r.Err), zap.Strings("signals", SignalsOf(r.Items)),
		zap.Int64("retry_in_ms", r.RetryIn.Milliseconds()), zap.Bool("permanent", r.Permanent))
}
