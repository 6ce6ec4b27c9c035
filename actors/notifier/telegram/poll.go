package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/PaulSonOfLars/gotgbot/v2"
	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

const (
	// pollFor is how long Telegram waits for an update before it returns an empty answer. It has
	// to be shorter than the client's timeout for the header of an answer.
	pollFor = 8 * time.Second
	// pollTimeout is the limit of one poll, from the dial to the last byte.
	pollTimeout = pollFor + 7*time.Second
	// conflictPause is the pause before the next poll when another poller or a webhook has the bot.
	conflictPause = 10 * time.Minute
	// conflictWithin is how close two conflicts must be to mean another poller, and not our own
	// poll from before a restart.
	conflictWithin = time.Minute
	// longestPollPause is the longest pause after a failed poll.
	longestPollPause = time.Minute
	// failingAfter is how long polls may fail before the channel counts as failing.
	failingAfter = 5 * time.Minute
	// pollLimit is the number of updates in one answer. Anybody may write to a bot, and a hundred
	// of the longest messages would exceed maxAnswer.
	pollLimit = 20
	// pollPause is the minimum time between two polls if the first returned nothing. It protects
	// a server that answers at once.
	pollPause = time.Second
	// offsetLifetime is how long the id of the last update is used. Telegram keeps updates for a
	// day, and restarts their ids at random after a quiet week.
	offsetLifetime = 72 * time.Hour
	// maxTextRead is how much of a text is read, in bytes. Telegram accepts 4096 characters.
	maxTextRead = 16 << 10
)

// MenuItem is a command that the bot offers in its chats.
type MenuItem struct{ Name, About string }

// Incoming is a text that somebody wrote to the bot, or a button that they pressed.
type Incoming struct {
	ID      int64  // of the update: a repeated update has the same ID
	Channel string // the channel of the chat; empty: the chat is not configured
	Private bool   // a chat with one person
	By      string // the person's name; text from outside
	User    int64  // the person's id; 0: unknown (an anonymous admin, a post in a channel)
	At      time.Time
	Message int64 // the message to reply to; for a press: the message with the button
	Thread  int64 // the topic; 0: none
	Text    string
	Press   string         // the button's data; empty: not a press
	query   string         // the id of the press
	About   []messages.Key // the signals of our message that the text replies to
}

// PollOptions configure a Poller.
type PollOptions struct {
	Bot   Options           // how to reach the bot; its chat is not used
	Chats map[string]string // the channel of each chat, by id or by @name
	// Handle handles a text or a press. For a press, toast is shown to the person.
	Handle func(context.Context, Incoming) (toast string)
	// Failing reports that polls for these channels have failed for five minutes, and why. An
	// empty reason means that they no longer fail.
	Failing func(channels []string, reason string)
	// Listening reports whether presses are handled: not while another poller has the bot.
	Listening func(listening bool)
	Menu      []MenuItem // offered in the configured chats only, so that nobody else learns of the commands
	// Changes delivers another bot or other chats after a reload; may be nil.
	Changes <-chan PollChange
	Log     *zap.Logger
	Now     func() time.Time
}

// PollChange holds the options of a Poller that a reload can change.
type PollChange struct {
	Bot   Options
	Chats map[string]string
}

// Poller is the actor that reads what people write to the bot. Its fields survive a panic, so
// that it does not ask again for an update that caused one.
type Poller struct {
	PollOptions
	channel      *Channel // for its client and its error texts
	unusable     error
	offset       int64
	lastUpdateAt time.Time

	conflictAt   time.Time // of the last conflict with another poller
	failingSince time.Time // zero: the last poll succeeded
	failures     int       // in a row
	failed       string    // the reason last given to Failing; empty: none
	yielded      bool      // Listening was told false
	warned       map[string]bool
	name         string            // the bot's user name; empty: not known yet
	offered      map[string]bool   // chats that have the menu
	moved        map[string]string // ids of former groups, by the ids of their supergroups
}

// NewPoller makes the poller without any request.
func NewPoller(o PollOptions) *Poller {
	p := &Poller{PollOptions: o, warned: make(map[string]bool), offered: make(map[string]bool), moved: make(map[string]string)}
	p.Chats = maps.Clone(o.Chats)
	p.channel, p.unusable = New(o.Bot)
	return p
}

// String returns the actor's name, for the supervisor and logs.
func (p *Poller) String() string { return "chat" }

// Serve polls until the context ends.
func (p *Poller) Serve(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case change := <-p.Changes:
			p.change(change)
		case <-timer.C:
		}
		pause := conflictPause
		if p.unusable == nil && len(p.Chats) > 0 {
			pause = p.turn(ctx)
		}
		timer.Reset(pause)
	}
}

// change applies the change of a reload. Another bot's updates have other ids. Channels that are
// no longer polled no longer count as failing.
func (p *Poller) change(to PollChange) {
	former := p.channels()
	another := to.Bot.Token.Reveal() != p.Bot.Token.Reveal()
	if another {
		p.offset, p.name = 0, ""
		clear(p.offered)
		clear(p.moved)
	}
	elsewhere := another || to.Bot.APIURL != p.Bot.APIURL || to.Bot.Proxy.Reveal() != p.Bot.Proxy.Reveal()
	p.Bot, p.Chats = to.Bot, maps.Clone(to.Chats)
	for id, before := range p.moved {
		if name := p.Chats[before]; name != "" {
			p.Chats[id] = name
		}
	}
	p.channel, p.unusable = New(to.Bot)
	reason := p.failed
	if elsewhere || p.unusable != nil || len(p.Chats) == 0 {
		p.failures, p.failingSince, p.failed = 0, time.Time{}, ""
	}
	if reason == "" {
		return
	}
	if p.failed == "" {
		p.Failing(former, "")
		return
	}
	now := p.channels()
	p.tellFailing(difference(former, now), "")
	p.tellFailing(difference(now, former), reason)
}

func (p *Poller) tellFailing(channels []string, reason string) {
	if len(channels) > 0 {
		p.Failing(channels, reason)
	}
}

// channels returns the names of the polled channels, sorted and without duplicates.
func (p *Poller) channels() []string {
	return slices.Compact(slices.Sorted(maps.Values(p.Chats)))
}

// difference returns the names that are not in others.
func difference(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// turn polls once, handles the updates, and returns the pause before the next poll.
func (p *Poller) turn(ctx context.Context) (pause time.Duration) {
	if p.name == "" {
		p.learnName(ctx)
	}
	if p.name != "" {
		p.offerMenu(ctx)
	}
	began, before := p.Now(), p.offset
	updates, err := p.poll(ctx)
	if ctx.Err() != nil {
		return pollPause // so that Serve sees the end of ctx before the next poll
	}
	if err != nil {
		return p.refused(err)
	}
	p.failures, p.failingSince = 0, time.Time{}
	if p.failed != "" {
		p.failed = ""
		p.Failing(p.channels(), "")
	}
	if p.yielded {
		p.yielded = false
		p.Listening(true)
	}
	for i := range updates {
		p.handle(ctx, &updates[i])
	}
	if p.offset == before {
		return max(0, pollPause-p.Now().Sub(began))
	}
	return 0
}

// learnName asks for the bot's name, which commands such as /status@bot hold.
func (p *Poller) learnName(ctx context.Context) {
	answer, err := p.request(ctx, "getMe", nil)
	var me gotgbot.User
	if err == nil && json.Unmarshal(answer, &me) == nil {
		p.name = me.Username
	}
}

// offerMenu sets the menu of commands in every chat that has none. Errors are ignored.
func (p *Poller) offerMenu(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	commands := make([]gotgbot.BotCommand, len(p.Menu))
	for i, item := range p.Menu {
		commands[i] = gotgbot.BotCommand{Command: item.Name, Description: item.About}
	}
	for _, chat := range slices.Sorted(maps.Keys(p.Chats)) {
		if p.offered[chat] {
			continue
		}
		p.offered[chat] = true
		_, _ = p.channel.bot.RequestWithContext(ctx, "setMyCommands", map[string]any{
			"commands": commands, "scope": map[string]any{"type": "chat", "chat_id": chat},
		}, nil)
	}
}

// Name returns the bot's user name; "" while it is not known yet.
func (p *Poller) Name() string { return p.name }

// request makes one request of the Bot API, within pollTimeout.
func (p *Poller) request(ctx context.Context, method string, params map[string]any) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	return p.channel.bot.RequestWithContext(ctx, method, params, nil)
}

func (p *Poller) poll(ctx context.Context) ([]gotgbot.Update, error) {
	if p.Now().Sub(p.lastUpdateAt) > offsetLifetime {
		p.offset = 0
	}
	limit := pollLimit
	if p.failures > 0 { // the updates may have been too long for one answer
		limit = 1
	}
	answer, err := p.request(ctx, "getUpdates", map[string]any{
		"offset": p.offset, "limit": limit, "timeout": int(pollFor / time.Second),
		"allowed_updates": []string{"message", "channel_post", "callback_query"},
	})
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, fmt.Errorf("Telegram's answer can't be decoded: %w", err)
	}
	updates := make([]gotgbot.Update, 0, len(all))
	for _, one := range all {
		updates = append(updates, p.read(one))
	}
	return updates, nil
}

// read decodes one update. An update that can't be decoded keeps only its id, so that it is
// skipped and does not block the updates after it.
func (p *Poller) read(one json.RawMessage) (u gotgbot.Update) {
	if err := json.Unmarshal(one, &u); err == nil {
		return u
	}
	var head struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(one, &head)
	p.Log.Info("update_passed_over", zap.Int64("update", head.ID), zap.String("detail", "the update can't be decoded"))
	return gotgbot.Update{UpdateId: head.ID}
}

// refused handles a failed poll, and returns the pause before the next one.
func (p *Poller) refused(err error) time.Duration {
	now := p.Now()
	if e, ok := errors.AsType[*gotgbot.TelegramError](err); ok && e.Code == http.StatusConflict {
		return p.conflict(e, now)
	}
	if p.failingSince.IsZero() {
		p.failingSince = now
	}
	p.failures++
	failure := p.channel.failure(err)
	if p.failed == "" && now.Sub(p.failingSince) >= failingAfter {
		p.failed = failure.Error()
		p.Failing(p.channels(), p.failed)
	}
	if f, ok := errors.AsType[*notifier.Failure](failure); ok && f.RetryAfter > 0 {
		return min(f.RetryAfter, conflictPause)
	}
	return min(time.Second<<min(p.failures-1, 6), longestPollPause)
}

// conflict handles a refusal because of a webhook or another poller, and returns the pause before
// the next poll. A conflict does not count as a failure.
func (p *Poller) conflict(e *gotgbot.TelegramError, now time.Time) time.Duration {
	if strings.Contains(strings.ToLower(e.Description), "webhook") {
		p.warn("a webhook is set for this bot, so the watchdog receives no commands and no presses of buttons: give it its own bot, or set WATCHDOG_TELEGRAM_COMMANDS=false")
		return p.yieldBot()
	}
	first := p.conflictAt.IsZero() || now.Sub(p.conflictAt) > conflictWithin
	p.conflictAt = now
	if first {
		return 5 * time.Second
	}
	p.conflictAt = time.Time{}
	p.warn("another program asks for this bot's updates, so this watchdog receives no commands and no presses of buttons: give each watchdog its own bot, or set WATCHDOG_TELEGRAM_COMMANDS=false; the watchdog tries again every 10 min")
	return p.yieldBot()
}

// yieldBot leaves the bot to the other program, and returns for how long.
func (p *Poller) yieldBot() time.Duration {
	p.yielded = true
	p.Listening(false)
	return conflictPause
}

func (p *Poller) warn(detail string) {
	if !p.warned[detail] {
		p.warned[detail] = true
		p.Log.Warn("config_warning", zap.String("detail", detail))
	}
}

// handle handles one update. It confirms the update first, so that one that causes a panic does
// not come again.
func (p *Poller) handle(ctx context.Context, u *gotgbot.Update) {
	if u.UpdateId < p.offset {
		return // a duplicate
	}
	p.offset, p.lastUpdateAt = u.UpdateId+1, p.Now()
	p.followMigration(u)
	in, ok := p.incoming(u)
	if !ok {
		return
	}
	toast := p.Handle(ctx, in)
	if in.query == "" {
		return
	}
	// The error is ignored: the press may be too old to be answered.
	_, _ = p.request(ctx, "answerCallbackQuery", map[string]any{"callback_query_id": in.query, "text": toast})
}

// followMigration follows a group that became a supergroup.
func (p *Poller) followMigration(u *gotgbot.Update) {
	m := u.Message
	if m == nil {
		return
	}
	id := strconv.FormatInt(m.Chat.Id, 10)
	switch {
	case m.MigrateToChatId != 0:
		p.move(id, strconv.FormatInt(m.MigrateToChatId, 10))
	case m.MigrateFromChatId != 0:
		p.move(strconv.FormatInt(m.MigrateFromChatId, 10), id)
	}
}

func (p *Poller) move(from, to string) {
	if name := p.Chats[from]; name != "" {
		p.Chats[to], p.moved[to] = name, from
	}
}

// incoming converts an update; ok is false if it is neither a text nor a press.
func (p *Poller) incoming(u *gotgbot.Update) (s Incoming, ok bool) {
	s.ID = u.UpdateId
	if q := u.CallbackQuery; q != nil {
		if q.Message == nil {
			return s, false
		}
		chat := q.Message.GetChat()
		s.Channel, s.Private = p.channelOf(chat), chat.Type == "private"
		s.By, s.User, s.At = nameOf(&q.From), q.From.Id, p.Now()
		s.Message, s.Press, s.query = q.Message.GetMessageId(), cmp.Or(q.Data, "-"), q.Id
		if m, readable := q.Message.(gotgbot.Message); readable && m.IsTopicMessage {
			s.Thread = m.MessageThreadId
		}
		return s, true
	}
	m := cmp.Or(u.Message, u.ChannelPost)
	if m == nil || m.Text == "" && m.Caption == "" {
		return s, false
	}
	s.Channel, s.Private, s.At, s.Message = p.channelOf(m.Chat), m.Chat.Type == "private", time.Unix(m.Date, 0), m.MessageId
	s.Text = peer.Line(cmp.Or(m.Text, m.Caption), maxTextRead)
	if m.IsTopicMessage {
		s.Thread = m.MessageThreadId
	}
	switch {
	case m.SenderChat != nil: // an anonymous admin, or a post in a channel
		s.By = cmp.Or(m.AuthorSignature, m.SenderChat.Title, "somebody")
	case m.From != nil:
		s.By, s.User = nameOf(m.From), m.From.Id
	}
	if r := m.ReplyToMessage; r != nil && r.From != nil && r.From.Id == p.channel.bot.Id {
		s.About = keysIn(r)
	}
	s.By = peer.Line(s.By, maxName)
	return s, true
}

func (p *Poller) channelOf(chat gotgbot.Chat) string {
	if name := p.Chats[strconv.FormatInt(chat.Id, 10)]; name != "" {
		return name
	}
	if chat.Username == "" {
		return ""
	}
	return p.Chats["@"+strings.ToLower(chat.Username)]
}

func nameOf(u *gotgbot.User) string {
	return peer.Line(cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username, strconv.FormatInt(u.Id, 10)), maxName)
}

// keysIn returns the signals that one of our messages names: its monospaced parts. Telegram counts
// in UTF-16 code units. The library would panic on an entity outside the text, which is skipped here.
func keysIn(m *gotgbot.Message) []messages.Key {
	var keys []messages.Key
	text := utf16.Encode([]rune(m.Text))
	for _, e := range m.Entities {
		if e.Type != "code" || e.Offset < 0 || e.Offset > int64(len(text)) || e.Length < 0 || e.Length > int64(len(text))-e.Offset {
			continue
		}
		for word := range strings.SplitSeq(string(utf16.Decode(text[e.Offset:e.Offset+e.Length])), ", ") {
			keys = append(keys, messages.Key(word))
		}
	}
	return keys
}
