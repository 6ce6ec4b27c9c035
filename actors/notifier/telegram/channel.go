package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/PaulSonOfLars/gotgbot/v2"
	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

var (
	errTokenForm = errors.New("the Telegram token is not of the form 123456:ABC-def that @BotFather gives")
	errProxyForm = errors.New("the Telegram proxy is not a URL like socks5://user:password@host:1080")
)

// Options are what a Channel is made of.
type Options struct {
	Name      string // of the channel, in logs and signals
	Token     secret.Text
	ChatID    string // a number, or @name of a public channel
	ThreadID  int64  // a topic in a forum group; 0: none
	APIURL    string // base URL of a Bot API server; empty: Telegram's own
	Proxy     secret.Text
	Trust     *peer.Trust       // how the certificate of the Bot API server is verified; nil: by the system's authorities
	Transport http.RoundTripper // nil: a real one, through Proxy
	Style     notifier.Style
	Buttons   bool // under news of trouble: somebody hears when they are pressed
	Log       *zap.Logger
}

// Channel tells one chat.
type Channel struct {
	name   string
	clean  *secret.Cleaner
	bot    *gotgbot.Bot
	style  notifier.Style
	log    *zap.Logger
	chat   string
	thread int64
	notice string // one line for the next message: what an operator should change
	moved  bool   // to another chat, since the last message that arrived
	marks  bool   // messages have buttons, unless nobody hears them
	deaf   atomic.Bool

	buttons buttons

	botID, chatID string // as they are set; a group may move, and the pace goes on
}

// New makes a channel and asks nobody. The error never holds the token.
func New(o Options) (*Channel, error) {
	if o.APIURL == "" {
		o.APIURL = gotgbot.DefaultAPIURL
	}
	bot, err := newBot(o)
	if err != nil {
		return nil, err
	}
	if o.Style.Limit == 0 {
		o.Style.Limit = MaxText
	}
	return &Channel{name: o.Name, clean: cleaner(o), bot: bot, style: o.Style, log: o.Log, chat: o.ChatID, thread: o.ThreadID, marks: o.Buttons, botID: botID(o.Token), chatID: strings.ToLower(o.ChatID)}, nil
}

// Chat implements notifier.Chatter: topics of a group share its pace, and so do chats of a bot.
func (c *Channel) Chat() (bot, chat string) { return c.botID, c.chatID }

// botID tells bots apart: the part of the token that is no secret, and outlives a new token.
func botID(token secret.Text) string {
	id, _, _ := strings.Cut(token.Reveal(), ":")
	return id
}

// Name is the channel's name.
func (c *Channel) Name() string { return c.name }

// String names the channel without its token.
func (c *Channel) String() string { return c.name }

// MaxText is the longest message that Telegram takes, in UTF-16 code units of the text without
// its markup.
const MaxText = 4096

// noticeRoom is what the notices of one message need at the most.
const noticeRoom = 400

// Send makes one message of the batch.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	parseMode := gotgbot.ParseModeHTML
	if batch.Plain {
		parseMode = ""
	}
	var rows []row
	if c.marks && !c.deaf.Load() {
		rows = rowsOf(batch.Items)
	}
	sent, err := c.deliver(ctx, notifier.Render(batch.Items, c.room()), parseMode, rows)
	if err == nil && c.marks {
		if sent.Moved {
			c.buttons.clear()
		}
		c.buttons.sent(sent.MessageID, rows, batch.Items)
	}
	return sent, err
}

// Fit implements notifier.Fitter.
func (c *Channel) Fit(items []messages.Notification) int { return notifier.Fit(items, c.room()) }

// room is the style with room left for what sending may come upon.
func (c *Channel) room() notifier.Style {
	style := c.style
	style.Limit -= noticeRoom
	return style
}

// Test sends one message that says that it is a test.
func (c *Channel) Test(ctx context.Context) error {
	text := fmt.Sprintf("🔵 TEST watchdog · %s\nThis chat will be told when something breaks. Nothing is wrong now.", c.style.Host)
	_, err := c.deliver(ctx, notifier.Rendered{HTML: html.EscapeString(text), Plain: text}, gotgbot.ParseModeHTML, nil)
	return err
}

// deliver sends, and once more in another way where the refusal says which: as plain
// text, to where the group has moved, or to the chat without the topic.
func (c *Channel) deliver(ctx context.Context, r notifier.Rendered, parseMode string, rows []row) (notifier.Sent, error) {
	for range 4 { // each way once, and the first
		sent, err := c.post(ctx, r, parseMode, rows)
		var refused *gotgbot.TelegramError
		if err == nil || !errors.As(err, &refused) {
			return sent, c.failure(err)
		}
		switch {
		case isFormatting(refused) && parseMode != "":
			parseMode = ""
		case movedTo(refused) != 0:
			c.follow(movedTo(refused))
			r.ReplyTo = 0 // the id of a message of the former group
		case isTopicGone(refused) && c.thread != 0:
			c.leaveTopic()
		default:
			return sent, c.failure(err)
		}
	}
	return notifier.Sent{}, errors.New("Telegram refused the message in every way it can be sent")
}

func (c *Channel) post(ctx context.Context, r notifier.Rendered, parseMode string, rows []row) (notifier.Sent, error) {
	text, notice := r.Plain, c.notice
	if parseMode != "" {
		text, notice = r.HTML, html.EscapeString(c.notice)
	}
	if notice != "" {
		text += "\n\n" + notice
	}
	params := map[string]any{
		"chat_id": c.chat, "text": text, "link_preview_options": gotgbot.LinkPreviewOptions{IsDisabled: true},
	}
	if parseMode != "" {
		params["parse_mode"] = parseMode
	}
	if len(rows) > 0 {
		params["reply_markup"] = keyboard(rows)
	}
	if r.Silent {
		params["disable_notification"] = true
	}
	if c.thread != 0 {
		params["message_thread_id"] = c.thread
	}
	if r.ReplyTo != 0 {
		params["reply_parameters"] = gotgbot.ReplyParameters{MessageId: r.ReplyTo, AllowSendingWithoutReply: true}
	}
	answer, err := c.bot.RequestWithContext(ctx, "sendMessage", params, nil)
	if err != nil {
		return notifier.Sent{}, err
	}
	c.notice = ""
	var message struct {
		ID int64 `json:"message_id"`
	}
	// The message is in the chat whatever else the answer holds; without its id,
	// nothing can reply to it.
	_ = json.Unmarshal(answer, &message)
	sent := notifier.Sent{MessageID: message.ID, Moved: c.moved}
	c.moved = false
	return sent, nil
}

// follow goes on in the supergroup that the group became, for the rest of the run.
func (c *Channel) follow(id int64) {
	c.tell(fmt.Sprintf("The group is a supergroup now: set WATCHDOG_TELEGRAM_CHAT_ID to %d instead of %s.", id, c.chat))
	c.chat, c.moved = strconv.FormatInt(id, 10), true
}

func (c *Channel) leaveTopic() {
	c.tell(fmt.Sprintf("The topic %d is gone: messages go to the chat itself; correct WATCHDOG_TELEGRAM_THREAD_ID.", c.thread))
	c.thread = 0
}

// tell lets an operator know, in the log and in the next message.
func (c *Channel) tell(notice string) {
	c.log.Warn("config_warning", zap.String("channel", c.name), zap.String("detail", notice))
	if len(c.notice)+len(notice) > noticeRoom-len("\n\n\n") { // a server that sends us from group to group
		c.notice = ""
	}
	c.notice = strings.TrimPrefix(c.notice+"\n"+notice, "\n")
}
