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
	// pollFor is how long Telegram waits for an update before it answers that there is none. It
	// has to be less than what the client waits for the header of an answer.
	pollFor = 8 * time.Second
	// pollTimeout bounds one poll, dial to last byte.
	pollTimeout = pollFor + 7*time.Second
	// giveWay is how long another poller has the bot before it is tried again.
	giveWay = 10 * time.Minute
	// conflictWithin is the longest time between two refusals that still means another poller, and
	// not our own poll from before a restart.
	conflictWithin = time.Minute
	// longestPollPause bounds the pause after a poll that failed.
	longestPollPause = time.Minute
	// pollPatience is how long polls may fail before the channel counts as failing.
	pollPatience = 5 * time.Minute
	// pollLimit is how many updates come at a time. Anybody may write to a bot, and write much:
	// a hundred of the longest would be more than what is read of one answer.
	pollLimit = 20
	// pollPause is the least time between two polls when the first brought nothing. It protects a
	// server that answers at once.
	pollPause = time.Second
	// offsetFor is how long the number of the last update is of use. Telegram counts anew after
	// a quiet week, and keeps updates for a day.
	offsetFor = 72 * time.Hour
)

// maxSaid bounds what is read of what somebody writes, in bytes: Telegram takes 4096 characters.
const maxSaid = 16 << 10

// MenuItem is a command that the bot offers in its chats.
type MenuItem struct{ Name, About string }

// Said is what somebody wrote to the bot, or which button they pressed.
type Said struct {
	ID      int64  // of the update: one that comes twice is the same
	Channel string // of the configured chat; empty: it is none
	Private bool   // a chat with one person
	By      string // as people know them; text from outside
	User    int64  // 0: nobody in particular (an anonymous admin, a channel's post)
	At      time.Time
	Message int64 // to be answered; of a button: that it is under
	Thread  int64 // the topic; 0: none
	Text    string
	Press   string         // what a button carries; empty: it is a text
	query   string         // of a button
	About   []messages.Key // the signals of the message of ours that is answered
}

// PollOptions are what a Poller is made of.
type PollOptions struct {
	Bot   Options           // how the bot is reached; its chat does not matter
	Chats map[string]string // the channel of each chat: by id, or by @name
	// Handle does what somebody asks for. Its answer is shown to who pressed a button.
	Handle func(context.Context, Said) (toast string)
	// Failing says of channels that their polls have failed for five minutes, with the reason; an
	// empty one: no longer.
	Failing func(channels []string, reason string)
	// Listening says whether this program hears what is pressed: not while it gives way.
	Listening func(hears bool)
	Menu      []MenuItem // offered in these chats alone: nobody else is to learn that the bot listens
	// Changes brings another bot or other chats, after a reload; may be nil.
	Changes <-chan PollChange
	Log     *zap.Logger
	Now     func() time.Time
}

// PollChange is what of a Poller a reload changes.
type PollChange struct {
	Bot   Options
	Chats map[string]string
}

// Poller asks for what people write to the bot. It is an actor; its fields outlive a crash, so
// that an update which it panicked on is not asked for again.
type Poller struct {
	PollOptions
	channel  *Channel // for its client, and for wording errors
	unusable error
	offset   int64
	heardAt  time.Time // when the last update came

	conflictAt   time.Time // of the last refusal since another polls
	failingSince time.Time // zero: the last poll went well
	failures     int
	failed       string // the reason that Failing was told; empty: none
	gaveWay      bool
	warned       map[string]bool
	name         string            // of the bot, once it is known
	offered      map[string]bool   // chats that have the menu
	moved        map[string]string // former ids of groups, by those of the supergroups that they became
}

// NewPoller makes the poller and asks nobody.
func NewPoller(o PollOptions) *Poller {
	p := &Poller{PollOptions: o, warned: make(map[string]bool), offered: make(map[string]bool), moved: make(map[string]string)}
	p.Chats = maps.Clone(o.Chats)
	p.channel, p.unusable = New(o.Bot)
	return p
}

// String names the actor for its supervisor.
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
		pause := giveWay
		if p.unusable == nil && len(p.Chats) > 0 {
			pause = p.turn(ctx)
		}
		timer.Reset(pause)
	}
}

// change goes on with another bot, whose updates have other numbers, or with other chats. Of
// chats that are not asked any more nothing is known, also not that it fails.
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
	p.tellFailing(without(former, now), "")
	p.tellFailing(without(now, former), reason)
}

func (p *Poller) tellFailing(channels []string, reason string) {
	if len(channels) > 0 {
		p.Failing(channels, reason)
	}
}

// channels are those whose chats are asked, each once.
func (p *Poller) channels() []string {
	return slices.Compact(slices.Sorted(maps.Values(p.Chats)))
}

// without are the names that the others don't hold.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// turn polls once and handles what came. It gives the pause before the next poll.
func (p *Poller) turn(ctx context.Context) (pause time.Duration) {
	if p.name == "" {
		p.introduce(ctx)
	}
	if p.name != "" {
		p.offer(ctx)
	}
	began, before := p.Now(), p.offset
	updates, err := p.poll(ctx)
	if ctx.Err() != nil {
		return pollPause // so that the end comes first, and no further poll
	}
	if err != nil {
		return p.refused(err)
	}
	p.failures, p.failingSince = 0, time.Time{}
	if p.failed != "" {
		p.failed = ""
		p.Failing(p.channels(), "")
	}
	if p.gaveWay {
		p.gaveWay = false
		p.Listening(true)
	}
	for i := range updates {
		p.take(ctx, &updates[i])
	}
	if p.offset == before {
		return max(0, pollPause-p.Now().Sub(began))
	}
	return 0
}

// introduce learns the bot's name. Without it, commands that name a bot are not understood.
func (p *Poller) introduce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	answer, err := p.channel.bot.RequestWithContext(ctx, "getMe", nil, nil)
	var me gotgbot.User
	if err == nil && json.Unmarshal(answer, &me) == nil {
		p.name = me.Username
	}
}

// offer shows the commands as a menu in every chat that has none, as well as it can be done.
func (p *Poller) offer(ctx context.Context) {
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

// Name is the bot's user name; empty: it is not known yet.
func (p *Poller) Name() string { return p.name }

func (p *Poller) poll(ctx context.Context) ([]gotgbot.Update, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	if p.Now().Sub(p.heardAt) > offsetFor {
		p.offset = 0
	}
	limit := pollLimit
	if p.failures > 0 { // perhaps since they are too long together
		limit = 1
	}
	answer, err := p.channel.bot.RequestWithContext(ctx, "getUpdates", map[string]any{
		"offset": p.offset, "limit": limit, "timeout": int(pollFor / time.Second),
		"allowed_updates": []string{"message", "channel_post", "callback_query"},
	}, nil)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, fmt.Errorf("what Telegram answers is not understood: %w", err)
	}
	updates := make([]gotgbot.Update, 0, len(all))
	for _, one := range all {
		updates = append(updates, p.read(one))
	}
	return updates, nil
}

// read reads one update. Of one that is not understood the number is left, so that it is
// passed over and hides none behind it.
func (p *Poller) read(one json.RawMessage) (u gotgbot.Update) {
	if err := json.Unmarshal(one, &u); err == nil {
		return u
	}
	var head struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(one, &head)
	p.Log.Info("update_passed_over", zap.Int64("update", head.ID), zap.String("detail", "it is not understood"))
	return gotgbot.Update{UpdateId: head.ID}
}

// refused says how long to wait after a poll that failed.
func (p *Poller) refused(err error) time.Duration {
	now := p.Now()
	var e *gotgbot.TelegramError
	if errors.As(err, &e) && e.Code == http.StatusConflict {
		return p.conflict(e, now)
	}
	if p.failingSince.IsZero() {
		p.failingSince = now
	}
	p.failures++
	failure := p.channel.failure(err)
	if p.failed == "" && now.Sub(p.failingSince) >= pollPatience {
		p.failed = failure.Error()
		p.Failing(p.channels(), p.failed)
	}
	var f *notifier.Failure
	if errors.As(failure, &f) && f.RetryAfter > 0 {
		return min(f.RetryAfter, giveWay)
	}
	return min(time.Second<<min(p.failures-1, 6), longestPollPause)
}

// conflict gives way to a webhook, or to another who polls. That is no failure.
func (p *Poller) conflict(e *gotgbot.TelegramError, now time.Time) time.Duration {
	if strings.Contains(strings.ToLower(e.Description), "webhook") {
		p.warn("a webhook is set for this bot, so that it hears no commands and buttons: give the watchdog a bot of its own, or WATCHDOG_TELEGRAM_COMMANDS=false")
		return p.give()
	}
	first := p.conflictAt.IsZero() || now.Sub(p.conflictAt) > conflictWithin
	p.conflictAt = now
	if first {
		return 5 * time.Second
	}
	p.conflictAt = time.Time{}
	p.warn("another program asks for this bot's updates, so that it hears no commands and buttons here: give each watchdog a bot of its own, or WATCHDOG_TELEGRAM_COMMANDS=false; it is tried again every 10 min")
	return p.give()
}

// give gives way, and says how long.
func (p *Poller) give() time.Duration {
	p.gaveWay = true
	p.Listening(false)
	return giveWay
}

func (p *Poller) warn(detail string) {
	if !p.warned[detail] {
		p.warned[detail] = true
		p.Log.Warn("config_warning", zap.String("detail", detail))
	}
}

// take handles one update. It is asked for no more, whatever becomes of it.
func (p *Poller) take(ctx context.Context, u *gotgbot.Update) {
	if u.UpdateId < p.offset {
		return // it came twice
	}
	p.offset, p.heardAt = u.UpdateId+1, p.Now()
	p.migrated(u)
	said, ok := p.said(u)
	if !ok {
		return
	}
	toast := p.Handle(ctx, said)
	if said.query == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	// Who pressed waits for it; one that is too old is no matter.
	_, _ = p.channel.bot.RequestWithContext(ctx, "answerCallbackQuery", map[string]any{"callback_query_id": said.query, "text": toast}, nil)
}

// migrated follows a group that became a supergroup.
func (p *Poller) migrated(u *gotgbot.Update) {
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

// said reads an update; ok is false for one that is no writing and no press.
func (p *Poller) said(u *gotgbot.Update) (s Said, ok bool) {
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
	s.Text = peer.Line(cmp.Or(m.Text, m.Caption), maxSaid)
	if m.IsTopicMessage {
		s.Thread = m.MessageThreadId
	}
	switch {
	case m.SenderChat != nil: // an anonymous admin, or a post of a channel
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

// keysIn are the signals that a message of ours names: what is monospaced in it. Telegram counts
// in UTF-16; a part that lies outside of the text, which the library would panic on, names none.
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
