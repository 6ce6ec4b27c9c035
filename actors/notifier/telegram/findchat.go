package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
)

// FoundChat is a chat that wrote to the bot.
type FoundChat struct {
	ID       int64
	Type     string // private, group, supergroup, channel
	Name     string // one line
	ThreadID int64  // the topic of the message; 0: none
	Topic    string // the topic's name, if Telegram says it
	At       time.Time
}

// maxUpdates is how many updates Telegram returns at a time.
const maxUpdates = 100

// FindChats returns the chats that wrote to the bot since a time, the latest first. It confirms
// no update, so another reader of the bot's updates still gets them all.
func FindChats(ctx context.Context, o Options, since time.Time) ([]FoundChat, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	// An offset would confirm the updates before it. A list of allowed_updates would also hold for
	// the next poller.
	answer, err := c.bot.RequestWithContext(ctx, "getUpdates", map[string]any{"limit": maxUpdates, "timeout": 0}, nil)
	if err != nil {
		return nil, c.pollFailure(err)
	}
	var updates []gotgbot.Update
	if err := json.Unmarshal(answer, &updates); err != nil {
		return nil, fmt.Errorf("Telegram's answer can't be decoded: %w", err)
	}
	return chatsOf(updates, since), nil
}

// pollFailure converts an error of getUpdates, with a remedy for conflicts.
func (c *Channel) pollFailure(err error) error {
	failure := c.failure(err)
	refused, ok := errors.AsType[*gotgbot.TelegramError](err)
	f, isFailure := errors.AsType[*notifier.Failure](failure)
	if !ok || !isFailure || refused.Code != http.StatusConflict {
		return failure
	}
	f.Remedy = "another program asks for this bot's updates, perhaps a running watchdog: stop it for a moment, or read the id there"
	if strings.Contains(strings.ToLower(refused.Description), "webhook") {
		f.Remedy = "a webhook is set for this bot, so it can't be asked for updates: give the watchdog its own bot"
	}
	return f
}

// chatsOf returns the chats of updates without duplicates, the latest first.
func chatsOf(updates []gotgbot.Update, since time.Time) []FoundChat {
	type place struct{ chat, thread int64 }
	seen := make(map[place]bool)
	var chats []FoundChat
	for i := len(updates) - 1; i >= 0; i-- {
		found, ok := chatOf(&updates[i])
		at := place{found.ID, found.ThreadID}
		if !ok || found.At.Before(since) || seen[at] {
			continue
		}
		seen[at] = true
		chats = append(chats, found)
	}
	return chats
}

func chatOf(u *gotgbot.Update) (FoundChat, bool) {
	if u.MyChatMember != nil { // the bot was added to a group
		return found(u.MyChatMember.Chat, u.MyChatMember.Date), true
	}
	m := cmp.Or(u.Message, u.EditedMessage, u.ChannelPost, u.EditedChannelPost)
	if m == nil {
		return FoundChat{}, false
	}
	f := found(m.Chat, m.Date)
	if m.IsTopicMessage {
		f.ThreadID = m.MessageThreadId
		if start := m.ReplyToMessage; start != nil && start.ForumTopicCreated != nil {
			f.Topic = peer.Line(start.ForumTopicCreated.Name, maxName)
		}
	}
	return f, true
}

// maxName is how much of a name is shown, in bytes.
const maxName = 100

func found(c gotgbot.Chat, date int64) FoundChat {
	name := c.Title
	if name == "" {
		name = strings.TrimSpace(c.FirstName + " " + c.LastName)
	}
	if c.Username != "" {
		name = strings.TrimSpace(name + " @" + c.Username)
	}
	return FoundChat{ID: c.Id, Type: c.Type, Name: peer.Line(name, maxName), At: time.Unix(date, 0)}
}
