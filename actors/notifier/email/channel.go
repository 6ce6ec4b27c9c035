package email

import (
	"context"
	"errors"
	"fmt"
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
	// timeout is that of one conversation. Servers greet late on purpose, and look for viruses
	// before they take a mail.
	timeout = 30 * time.Second
	// patience is how long recipients who are refused at present keep a mail from counting as
	// sent, where others got it.
	patience = 5 * time.Minute
	// noticeRoom is what the notice of one mail needs at the most, in UTF-16 code units.
	noticeRoom = 1000
)

// Channel tells mailboxes.
type Channel struct {
	*Settings
	setup      notifier.Setup
	trust      *peer.Trust
	host, port string
	cleaner    *secret.Cleaner

	under   int64                // the mail that some have got, and not all yet
	got     map[string]bool      // who has got it
	waiting map[string]time.Time // since when a recipient is refused at present, while others are not
	told    map[string]string    // what was told of a recipient who is refused
	notice  string               // for the next mail: who is refused
}

var _ notifier.Settings = (*Settings)(nil)

// Name is the channel's name.
func (c *Channel) Name() string { return c.setup.Name }

// String names the channel.
func (c *Channel) String() string { return c.setup.Name }

// Format implements fmt.Formatter, so that no verb shows the password.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.setup.Name)) }

// Timeout implements notifier.Slow.
func (c *Channel) Timeout() time.Duration { return timeout }

// Fit implements notifier.Fitter.
func (c *Channel) Fit(items []messages.Notification) int { return notifier.Fit(items, c.style()) }

func (c *Channel) style() notifier.Style { return c.setup.Style(maxText - noticeRoom) }

// needsUTF8 tells whether an address can't be written in ASCII.
func (c *Channel) needsUTF8() bool {
	return strings.ContainsFunc(bare(c.From)+strings.Join(c.recipients(), ""), func(r rune) bool { return r > unicode.MaxASCII })
}

// Send makes one mail of the batch. It is sent once every recipient got it, but those who are
// refused for good, or for long.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	l := write(batch, c.style()).with(c.notice)
	if c.under != l.id {
		c.under, c.got = l.id, make(map[string]bool)
	}
	answers, err := c.deliver(ctx, l, c.lacking())
	if err != nil {
		return notifier.Sent{}, err
	}
	if err := c.settle(answers, batch.At); err != nil {
		return notifier.Sent{}, err
	}
	c.under = 0
	return notifier.Sent{MessageID: l.id}, nil
}

// Test sends one mail that says that it is a test. Every recipient has to be taken.
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
			return &notifier.Failure{Err: fmt.Errorf("the mail server refuses %s: %s", a.to, c.said(a.err)), Permanent: lasts(a.err), Remedy: "check to"}
		}
	}
	return nil
}

// lacking are the recipients who have not got the mail under way.
func (c *Channel) lacking() []string {
	var all []string
	for _, to := range c.recipients() {
		if !c.got[to] {
			all = append(all, to)
		}
	}
	return all
}

// deliver sends a letter, and says what the server said of each recipient. At least one is
// taken, where there is no error.
func (c *Channel) deliver(ctx context.Context, l letter, to []string) ([]answer, error) {
	trace := &peer.Trace{}
	m := l.message(c.From, c.To)
	s, err := c.open(ctx, trace)
	if err != nil {
		return nil, c.failure(trace, inTime(ctx, err))
	}
	defer s.close()
	answers, err := s.transfer(c.From.Address, to, m)
	if err != nil {
		return nil, c.failure(trace, inTime(ctx, err))
	}
	if refused := allRefused(answers); refused != nil && len(c.got) == 0 {
		return nil, c.failure(trace, refused)
	}
	return answers, nil
}

// inTime says that the time was over, whatever broke because of it.
func inTime(ctx context.Context, err error) error {
	var failed *stepError
	if _, refused := replyOf(err); ctx.Err() != nil && !refused && errors.As(err, &failed) {
		return &stepError{failed.step, ctx.Err()}
	}
	return err
}

// allRefused gives the refusal of all recipients, at present if that is so for one of them;
// nil: one is taken.
func allRefused(answers []answer) error {
	var refused error
	for _, a := range answers {
		if a.err == nil {
			return nil
		}
		if refused == nil || !lasts(a.err) {
			refused = a.err
		}
	}
	return refused
}

// settle notes who got the mail. It fails while recipients are refused at present, for as
// long as that may pass; of those who are refused an operator is told.
func (c *Channel) settle(answers []answer, now time.Time) error {
	c.notice = ""
	var pending *answer
	for _, a := range answers {
		switch {
		case a.err == nil:
			c.got[a.to] = true
			delete(c.waiting, a.to)
			delete(c.told, a.to)
		case lasts(a.err):
			c.tell(a)
		case c.waits(a.to, now):
			pending = &a
		default:
			c.tell(a)
		}
	}
	if pending == nil {
		return nil
	}
	return &notifier.Failure{Err: fmt.Errorf("the mail server takes nothing for %s at present, and the others have got it: %s", pending.to, c.said(pending.err))}
}

// waits tells whether a recipient who is refused at present is waited for.
func (c *Channel) waits(to string, now time.Time) bool {
	if c.waiting == nil {
		c.waiting = make(map[string]time.Time)
	}
	since, before := c.waiting[to]
	if !before {
		c.waiting[to], since = now, now
	}
	return now.Sub(since) < patience
}

// tell lets an operator know who gets no mail: in the log, and in the next mail, once.
func (c *Channel) tell(a answer) {
	notice := fmt.Sprintf("The mail server refuses %s: %s", a.to, c.said(a.err))
	if c.told[a.to] == notice {
		return
	}
	if c.told == nil {
		c.told = make(map[string]string)
	}
	c.told[a.to] = notice
	c.setup.Log.Warn("config_warning", zap.String("channel", c.setup.Name), zap.String("detail", notice))
	if len(c.notice)+len(notice) < noticeRoom {
		c.notice = strings.TrimPrefix(c.notice+"\n"+notice, "\n")
	}
}
