package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/operator"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/button"
	"orchestrator-watchdog/messages/duration"
)

const (
	// tooOld is the maximal age of a command when it is read. A button identifies its trouble, so
	// it is obeyed at any age.
	tooOld = 10 * time.Minute
	// answerFor is how long sending an answer is retried.
	answerFor = 30 * time.Second
	// askFor bounds how long the core may take to answer.
	askFor = 5 * time.Second
	// pressedFor is the length of the button's silence.
	pressedFor = time.Hour
)

// Watchdog is the part of the running watchdog that the chat uses.
type Watchdog interface {
	State() core.State
	AskAs(ctx context.Context, name string, request messages.Message) (messages.Answer, error)
	Reply(channel string, reply notifier.Reply) bool
	ProbeAll(ctx context.Context) (late []string, err error)
}

// Chat answers commands and button presses in the chats of the bot.
type Chat struct {
	Watchdog  Watchdog
	Bot       func() string  // the bot's user name; empty: unknown
	Operators map[int64]bool // users who may acknowledge and silence; nil: everyone
	Host      string
	Zone      *time.Location
	History   *history.Store // nil: no history
	Count     func(channel, command, outcome string)
	Log       *zap.Logger
	Now       func() time.Time

	asked  map[string][]time.Time // by channel: times of the requests of the last minute
	slowed map[string]bool        // by channel: whether it was told to slow down
}

// Outcomes of commands, in logs and metrics.
const (
	done    = "done"
	undone  = "failed"
	refused = "refused"
	ignored = "ignored"
)

// reply is the answer to a command, and its outcome.
type reply struct {
	text    operator.Text
	picture func() ([]byte, error) // nil: none
	outcome string
}

func doneReply(t operator.Text) reply { return reply{text: t, outcome: done} }

func failedReply(format string, values ...any) reply {
	return reply{text: operator.OneLine(format, values...), outcome: undone}
}

// Handle executes a command or a button press, and answers it. The toast is shown to the person who
// pressed a button.
func (c *Chat) Handle(ctx context.Context, s telegram.Incoming) (toast string) {
	if s.Press != "" {
		return c.press(ctx, s)
	}
	command, ok := operator.Parse(s.Text, c.Bot())
	switch {
	case !ok:
		return ""
	case s.Channel == "":
		c.note(s, command.Action.String(), ignored)
		return ""
	case command.Action == operator.Unknown && !s.Private:
		c.note(s, "unknown", ignored)
		return ""
	}
	if c.exceedsLimit(s.Channel) {
		c.slowDown(s, command.Action.String())
		return ""
	}
	r := c.answer(ctx, s, command)
	c.note(s, command.Action.String(), r.outcome)
	c.send(s, r)
	return ""
}

// note counts and logs a command. Chats that are not configured are all counted as "other".
func (c *Chat) note(s telegram.Incoming, command, outcome string) {
	channel := s.Channel
	if channel == "" {
		channel = "other"
	}
	c.Count(channel, command, outcome)
	c.Log.Info("command", zap.String("channel", channel), zap.String("command", command), zap.String("outcome", outcome), zap.String("by", s.By))
}

func (c *Chat) send(s telegram.Incoming, r reply) {
	if len(r.text) == 0 {
		return
	}
	c.Watchdog.Reply(s.Channel, notifier.Reply{
		HTML: r.text.HTML(), Plain: r.text.String(), Picture: r.picture, ReplyTo: s.Message, Thread: s.Thread, Until: c.Now().Add(answerFor),
	})
}

// maxAsked is how many requests of one chat are obeyed within a minute: more than people send, and
// about as many as can be answered.
const maxAsked = 40

// slowDown is the answer to a chat that sends more.
const slowDown = "slow down: no more than 40 commands and buttons a minute are obeyed"

// exceedsLimit counts a request of a chat, and reports whether it exceeds the limit.
func (c *Chat) exceedsLimit(channel string) bool {
	if c.asked == nil {
		c.asked, c.slowed = make(map[string][]time.Time), make(map[string]bool)
	}
	recent := slices.DeleteFunc(c.asked[channel], func(at time.Time) bool { return c.Now().Sub(at).Abs() >= time.Minute })
	c.asked[channel] = recent
	if len(recent) >= maxAsked {
		return true
	}
	c.asked[channel] = append(recent, c.Now())
	if len(recent) < maxAsked/2 {
		c.slowed[channel] = false
	}
	return false
}

// slowDown refuses a request beyond the limit. Only the first one is answered.
func (c *Chat) slowDown(s telegram.Incoming, command string) {
	c.note(s, command, refused)
	if !c.slowed[s.Channel] {
		c.slowed[s.Channel] = true
		c.send(s, reply{text: operator.OneLine(slowDown)})
	}
}

// answer executes a command.
func (c *Chat) answer(ctx context.Context, s telegram.Incoming, command operator.Command) reply {
	switch {
	case command.Action == operator.Unknown:
		return reply{text: operator.HelpText(), outcome: undone}
	case c.Now().Sub(s.At) > tooOld:
		return reply{text: operator.OneLine("too old: that was written %v ago and is not obeyed", duration.Words(c.Now().Sub(s.At))), outcome: refused}
	case command.Problem != "":
		return failedReply("%v", command.Problem)
	case command.Action.Changes() && !c.mayChange(s):
		return c.forbidden()
	}
	state := c.Watchdog.State()
	switch command.Action {
	case operator.Status:
		return doneReply(c.status(state))
	case operator.Silences:
		return doneReply(operator.SilencesText(state, c.Zone))
	case operator.Check:
		return c.check(ctx)
	case operator.Why:
		return c.why(state, s, command.Key)
	case operator.Chart:
		return c.chart(state, s, command)
	case operator.Ack:
		return c.ack(ctx, state, s, command.Key)
	case operator.Silence:
		return c.silence(ctx, state, s, command)
	case operator.Unsilence:
		return c.request(ctx, s, func(by messages.Asker) messages.Message {
			m := messages.Unsilence{At: c.Now(), By: by, All: command.All}
			if !command.All {
				m.IDs = []string{command.ID}
			}
			return m
		})
	case operator.Help, operator.Unknown:
	}
	return doneReply(operator.HelpText())
}

func (c *Chat) mayChange(s telegram.Incoming) bool { return c.Operators == nil || c.Operators[s.User] }

func (c *Chat) forbidden() reply {
	return reply{text: operator.OneLine("only operators may acknowledge and silence (WATCHDOG_TELEGRAM_OPERATORS)"), outcome: refused}
}

// request sends a request to the core, named after its update, so that an update that arrives twice
// is obeyed once. The reply words the outcome.
func (c *Chat) request(ctx context.Context, s telegram.Incoming, makeRequest func(messages.Asker) messages.Message) reply {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	by := messages.Asker{Name: s.By, Channel: s.Channel, Request: fmt.Sprintf("update-%d", s.ID)}
	answer, err := c.Watchdog.AskAs(ctx, by.Request, makeRequest(by))
	switch {
	case err != nil:
		return failedReply("the watchdog did not answer in time: try again")
	case len(answer.Results) == 0:
		return failedReply("there is no silence")
	}
	r := reply{text: operator.OutcomeText(answer.Results, s.By, c.Zone), outcome: undone}
	for _, result := range answer.Results {
		if result.Outcome.Done() {
			r.outcome = done
		}
	}
	return r
}

// signalsMeant returns the signals that a command is about: the one that its word means, or those of
// the message that it replies to.
func (c *Chat) signalsMeant(state core.State, s telegram.Incoming, word string) ([]core.SignalView, error) {
	if word != "" {
		v, err := find(state.Signals(), word)
		if err != nil {
			return nil, err
		}
		return []core.SignalView{v}, nil
	}
	var found []core.SignalView
	for _, key := range s.About {
		before := slices.ContainsFunc(found, func(v core.SignalView) bool { return v.Key == key }) // the headline names it too
		if v, ok := state.Signal(key); ok && !before {
			found = append(found, v)
		}
	}
	return found, nil
}

func (c *Chat) why(state core.State, s telegram.Incoming, word string) reply {
	views, err := c.signalsMeant(state, s, word)
	switch {
	case err != nil:
		return failedReply("%v", err)
	case len(views) == 0:
		return failedReply("why what? Write /why dep_down:db, or reply to one of my messages")
	}
	var t operator.Text
	for _, v := range views {
		if explanation, ok := state.Explain(v.Key); ok {
			t = append(t, operator.WhyText(explanation, c.Now(), c.Zone)...)
		}
	}
	return doneReply(t)
}

// ack acknowledges troubles. Without a word and without a message that is replied to, it
// acknowledges the only trouble that nobody has acknowledged, if there is exactly one.
func (c *Chat) ack(ctx context.Context, state core.State, s telegram.Incoming, word string) reply {
	views, err := c.signalsMeant(state, s, word)
	if err != nil {
		return failedReply("%v", err)
	}
	if len(views) == 0 && len(s.About) == 0 {
		var open []messages.Key
		for _, v := range state.Signals() {
			if v.Trouble != 0 && v.Acknowledged.IsZero() {
				open, views = append(open, v.Key), []core.SignalView{v}
			}
		}
		switch len(open) {
		case 0:
			return failedReply("there is no trouble that nobody has acknowledged")
		case 1:
		default:
			return failedReply("which one? %v", open)
		}
	}
	troubles := make([]messages.Trouble, len(views))
	for i, v := range views {
		troubles[i] = messages.Trouble{Signal: v.Key, Began: v.Trouble}
	}
	if len(troubles) == 0 {
		return failedReply("the signals of that message are not known any more")
	}
	return c.request(ctx, s, func(by messages.Asker) messages.Message {
		return messages.Acknowledge{At: c.Now(), By: by, Troubles: troubles}
	})
}

func (c *Chat) silence(ctx context.Context, state core.State, s telegram.Incoming, command operator.Command) reply {
	globs := []string{command.Glob}
	if command.Glob == "" {
		views, _ := c.signalsMeant(state, s, "")
		if globs = nil; len(views) == 0 {
			return failedReply("silence what? Write /silence dep_*:db 2h moving it, or reply /silence 2h to one of my messages")
		}
		for _, v := range views {
			globs = append(globs, string(v.Key))
		}
	}
	return c.request(ctx, s, func(by messages.Asker) messages.Message {
		return messages.Silence{At: c.Now(), By: by, Signals: globs, For: command.For, Reason: command.Reason}
	})
}

// status words the current status.
func (c *Chat) status(state core.State) operator.Text {
	now := c.Now()
	return operator.StatusText(state, c.Host, now, c.Zone, func(key messages.Key) string { return chart.Spark(c.History, key, now) })
}

// check runs every probe now, and answers with the status.
func (c *Chat) check(ctx context.Context) reply {
	late, err := c.Watchdog.ProbeAll(ctx)
	if err != nil {
		return failedReply("the pass was interrupted")
	}
	t := c.status(c.Watchdog.State())
	if len(late) > 0 {
		t = append(t, operator.OneLine("these did not answer in time: %v", strings.Join(late, ", "))...)
	}
	return doneReply(t)
}

func (c *Chat) chart(state core.State, s telegram.Incoming, command operator.Command) reply {
	views, err := c.signalsMeant(state, s, command.Key)
	switch {
	case err != nil:
		return failedReply("%v", err)
	case len(views) == 0:
		return failedReply("a chart of what? Write /chart host_memory 6h")
	}
	over := command.For
	if over == 0 {
		over = DefaultOver
	}
	key := views[0].Key
	series, err := seriesOf(c.History, key, over, c.Now())
	if err != nil {
		return failedReply("%v", err)
	}
	return reply{text: operator.OneLine("%v", key), picture: func() ([]byte, error) { return chart.PNG(series, c.Zone) }, outcome: done}
}

// press executes a button press.
func (c *Chat) press(ctx context.Context, s telegram.Incoming) (toast string) {
	p, ok := button.Parse(s.Press)
	command := map[button.Action]string{button.Ack: "ack", button.Silence: "silence", button.Why: "why"}[p.Action]
	switch {
	case s.Channel == "":
		c.note(s, "button", ignored)
		return ""
	case !ok:
		return "this button only shows who acknowledged it"
	}
	if c.exceedsLimit(s.Channel) {
		c.slowDown(s, command)
		return slowDown
	}
	r := c.pressed(ctx, s, p)
	c.note(s, command, r.outcome)
	c.send(s, r)
	return short(r.text.String())
}

func (c *Chat) pressed(ctx context.Context, s telegram.Incoming, p button.Press) reply {
	state := c.Watchdog.State()
	var v core.SignalView
	for _, one := range state.Signals() {
		if p.IsAbout(one.Key) {
			v = one
		}
	}
	switch {
	case v.Key == "":
		return failedReply("that signal is not known any more")
	case p.Action != button.Why && !c.mayChange(s):
		return c.forbidden()
	case p.Action == button.Why:
		explanation, _ := state.Explain(v.Key)
		return doneReply(operator.WhyText(explanation, c.Now(), c.Zone))
	}
	trouble := messages.Trouble{Signal: v.Key, Began: p.Began}
	return c.request(ctx, s, func(by messages.Asker) messages.Message {
		if p.Action == button.Ack {
			return messages.Acknowledge{At: c.Now(), By: by, Troubles: []messages.Trouble{trouble}}
		}
		return messages.Silence{At: c.Now(), By: by, Signals: []string{string(v.Key)}, For: pressedFor, Trouble: trouble}
	})
}

// maxToast is how many characters Telegram shows to the person who pressed a button.
const maxToast = 190

func short(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	if runes := []rune(first); len(runes) > maxToast {
		return string(runes[:maxToast]) + "…"
	}
	return first
}
