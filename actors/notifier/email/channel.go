package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const (
	// timeout is the limit of one session. Servers may delay their greeting on purpose, and scan
	// for viruses before they accept a mail.
	timeout = 30 * time.Second
	// patience is how long a mail that some recipients have got is retried for recipients whom
	// the server refuses temporarily.
	patience = 5 * time.Minute
	// noticeRoom is the room for notices in a mail, in UTF-16 code units.
	noticeRoom = 1000
)

// Channel sends to mailboxes.
type Channel struct {
	*Settings
	setup      notifier.Setup
	trust      *peer.Trust
	host, port string
	cleaner    *secret.Cleaner

	current  int64                // the id of the mail that is being sent
	received map[string]bool      // the recipients who have got it
	waiting  map[string]time.Time // since when a recipient has been refused temporarily
	reported map[string]string    // the last notice about a recipient
	notice   string               // for the next mail: who is refused
}

var _ notifier.Settings = (*Settings)(nil)

// Name returns the channel's name.
func (c *Channel) Name() string { return c.setup.Name }

// String returns the channel's name.
func (c *Channel) String() string { return c.setup.Name }

// Format implements fmt.Formatter, so that no verb shows the password.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.setup.Name)) }

// Timeout implements notifier.Slow.
func (c *Channel) Timeout() time.Duration { return timeout }

// Fit implements notifier.Fitter.
func (c *Channel) Fit(items []messages.Notification) int { return notifier.Fit(items, c.style()) }

func (c *Channel) style() notifier.Style { return c.setup.Style(maxText - noticeRoom) }

// needsUTF8 reports whether an address is not ASCII.
func (c *Channel) needsUTF8() bool {
	return strings.ContainsFunc(addressOf(c.From)+strings.Join(c.recipients(), ""), func(r rune) bool { return r > unicode.MaxASCII })
}

// Send sends the batch as one mail. It succeeds when every recipient has got the mail, except
// recipients whom the server refuses permanently, or for longer than patience.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	l := write(batch, c.style()).withRemark(c.notice)
	if c.current != l.id {
		c.current, c.received = l.id, make(map[string]bool)
	}
	answers, err := c.deliver(ctx, l, c.pendingRecipients())
	if err != nil {
		return notifier.Sent{}, err
	}
	if err := c.record(answers, batch.At); err != nil {
		return notifier.Sent{}, err
	}
	c.current = 0
	return notifier.Sent{MessageID: l.id}, nil
}

// Test sends a test mail. It fails if the server refuses any recipient.
func (c *Channel) Test(ctx context.Context) error {
	now := time.Now()
	text := "🔵 TEST watchdog · " + c.setup.Host
	answers, err := c.deliver(ctx, letter{
		subject: text, plain: text + "\nThis address will be told when something breaks. Nothing is wrong now.", id: now.UnixNano(), at: now,
	}, c.recipients())
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.err != nil {
			return &notifier.Failure{Err: fmt.Errorf("the mail server refuses %s: %s", a.to, c.sanitized(a.err)), Permanent: isPermanent(a.err), Remedy: "check to"}
		}
	}
	return nil
}

// pendingRecipients returns the recipients who have not got the mail yet.
func (c *Channel) pendingRecipients() []string {
	return slices.DeleteFunc(c.recipients(), func(to string) bool { return c.received[to] })
}

// deliver sends a letter, and returns the server's answer for each recipient. It fails if the
// server refuses all recipients and none has got the mail before.
func (c *Channel) deliver(ctx context.Context, l letter, to []string) ([]answer, error) {
	trace := &peer.Trace{}
	m := l.message(c.From, c.To)
	s, err := c.open(ctx, trace)
	if err != nil {
		return nil, c.failure(trace, orTimeout(ctx, err))
	}
	defer s.close()
	answers, err := s.transfer(c.From.Address, to, m)
	if err != nil {
		return nil, c.failure(trace, orTimeout(ctx, err))
	}
	if refused := allRefused(answers); refused != nil && len(c.received) == 0 {
		return nil, c.failure(trace, refused)
	}
	return answers, nil
}

// orTimeout replaces an error that follows from the end of ctx by the error of ctx.
func orTimeout(ctx context.Context, err error) error {
	failed, ok := errors.AsType[*stepError](err)
	if _, refused := replyOf(err); ok && !refused && ctx.Err() != nil {
		return &stepError{failed.step, ctx.Err()}
	}
	return err
}

// allRefused returns the refusal if all recipients are refused, preferring a temporary one. It
// returns nil if one is accepted.
func allRefused(answers []answer) error {
	var refused error
	for _, a := range answers {
		if a.err == nil {
			return nil
		}
		if refused == nil || !isPermanent(a.err) {
			refused = a.err
		}
	}
	return refused
}

// record records who has got the mail. It fails while a recipient is refused temporarily, for up
// to patience. It notifies an operator about the other refused recipients.
func (c *Channel) record(answers []answer, now time.Time) error {
	c.notice = ""
	var pending *answer
	for _, a := range answers {
		switch {
		case a.err == nil:
			c.received[a.to] = true
			delete(c.waiting, a.to)
			delete(c.reported, a.to)
		case isPermanent(a.err):
			c.report(a)
		case c.retriesFor(a.to, now):
			pending = &a
		default:
			c.report(a)
		}
	}
	if pending == nil {
		return nil
	}
	return &notifier.Failure{Err: fmt.Errorf("the mail server temporarily refuses %s, and the others have got the mail: %s", pending.to, c.sanitized(pending.err))}
}

// retriesFor reports whether to retry for a recipient who is refused temporarily.
func (c *Channel) retriesFor(to string, now time.Time) bool {
	if c.waiting == nil {
		c.waiting = make(map[string]time.Time)
	}
	since, before := c.waiting[to]
	if !before {
		c.waiting[to], since = now, now
	}
	return now.Sub(since) < patience
}

// report notifies an operator about a refused recipient, once in the log and once in the next mail.
func (c *Channel) report(a answer) {
	notice := fmt.Sprintf("The mail server refuses %s: %s", a.to, c.sanitized(a.err))
	if c.reported[a.to] == notice {
		return
	}
	if c.reported == nil {
		c.reported = make(map[string]string)
	}
	c.reported[a.to] = notice
	c.setup.Log.Warn("config_warning", zap.String("channel", c.setup.Name), zap.String("detail", notice))
	if len(c.notice)+len(notice) < noticeRoom {
		c.notice = strings.TrimPrefix(c.notice+"\n"+notice, "\n")
	}
}
