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

// Options configure a Channel.
type Options struct {
	Name      string // the channel's name in logs and signals
	Token     secret.Text
	ChatID    string // a number, or @name of a public channel
	ThreadID  int64  // a topic in a forum group; 0: none
	APIURL    string // base URL of a Bot API server; empty: Telegram's own
	Proxy     secret.Text
	Trust     *peer.Trust       // verifies the certificate of the Bot API server; nil: by the system's authorities
	Transport http.RoundTripper // nil: a real one, through Proxy
	Style     notifier.Style
	Buttons   bool // put buttons under news of trouble: a poller handles presses
	Log       *zap.Logger
}

// Channel sends to one chat.
type Channel struct {
	name   string
	clean  *secret.Cleaner
	bot    *gotgbot.Bot
	style  notifier.Style
	log    *zap.Logger
	chat   string
	thread int64
	notice string // for the next message: what an operator should change
	moved  bool   // the group has moved since the last message that arrived

	withButtons bool
	buttonsOff  atomic.Bool // presses of buttons are not handled at present
	buttons     buttons

	botID, chatID string // as configured: they identify the rate limits even after the group has moved
}

// New makes a channel without any request. The error never holds the token.
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
	return &Channel{name: o.Name, clean: cleaner(o), bot: bot, style: o.Style, log: o.Log, chat: o.ChatID, thread: o.ThreadID, withButtons: o.Buttons, botID: botID(o.Token), chatID: strings.ToLower(o.ChatID)}, nil
}

// Chat implements notifier.ChatChannel. Topics share the rate limits of their group.
func (c *Channel) Chat() (bot, chat string) { return c.botID, c.chatID }

// botID returns the bot's id, the part of the token that is no secret. It stays the same when the
// token is replaced.
func botID(token secret.Text) string {
	id, _, _ := strings.Cut(token.Reveal(), ":")
	return id
}

// Name returns the channel's name.
func (c *Channel) Name() string { return c.name }

// String returns the channel's name. It keeps %v from printing the token.
func (c *Channel) String() string { return c.name }

// MaxText is the length of the longest message that Telegram accepts, in UTF-16 code units
// without markup.
const MaxText = 4096

// maxNotice is the room for notices in a message, in bytes.
const maxNotice = 400

// Send implements notifier.Channel.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	parseMode := gotgbot.ParseModeHTML
	if batch.Plain {
		parseMode = ""
	}
	var rows []row
	if c.withButtons && !c.buttonsOff.Load() {
		rows = rowsOf(batch.Items)
	}
	sent, err := c.deliver(ctx, notifier.Render(batch.Items, c.sendStyle()), parseMode, rows)
	if err == nil && c.withButtons {
		if sent.Moved {
			c.buttons.clear()
		}
		c.buttons.recordSent(sent.MessageID, rows, batch.Items)
	}
	return sent, err
}

// Fit implements notifier.Fitter.
func (c *Channel) Fit(items []messages.Notification) int { return notifier.Fit(items, c.sendStyle()) }

// sendStyle returns the style with room left for notices.
func (c *Channel) sendStyle() notifier.Style {
	style := c.style
	style.Limit -= maxNotice
	return style
}

// Test sends a test message.
func (c *Channel) Test(ctx context.Context) error {
	text := fmt.Sprintf("🔵 TEST watchdog · %s\nThis chat will be told when something breaks. Nothing is wrong now.", c.style.Host)
	_, err := c.deliver(ctx, notifier.Rendered{HTML: html.EscapeString(text), Plain: text}, gotgbot.ParseModeHTML, nil)
	return err
}

// deliver sends a message, and retries at once where the refusal says how: as plain text, to the
// supergroup that the group became, or without the topic.
func (c *Channel) deliver(ctx context.Context, r notifier.Rendered, parseMode string, rows []row) (notifier.Sent, error) {
	for range 4 { // the first attempt, and each change once
		sent, err := c.post(ctx, r, parseMode, rows)
		refused, ok := errors.AsType[*gotgbot.TelegramError](err)
		if !ok {
			return sent, c.failure(err)
		}
		switch {
		case isFormatting(refused) && parseMode != "":
			parseMode = ""
		case movedTo(refused) != 0:
			c.follow(movedTo(refused))
			r.ReplyTo = 0 // the message is in the former group
		case isTopicGone(refused) && c.thread != 0:
			c.leaveTopic()
		default:
			return sent, c.failure(err)
		}
	}
	return notifier.Sent{}, errors.New("Telegram refused the message in every form")
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
	// The message was sent, whatever else the answer holds. Without its id nothing can reply to it.
	_ = json.Unmarshal(answer, &message)
	sent := notifier.Sent{MessageID: message.ID, Moved: c.moved}
	c.moved = false
	return sent, nil
}

// follow sends to the supergroup that the group became, for the rest of the run.
func (c *Channel) follow(id int64) {
	c.notify(fmt.Sprintf("The group is a supergroup now: set WATCHDOG_TELEGRAM_CHAT_ID to %d instead of %s.", id, c.chat))
	c.chat, c.moved = strconv.FormatInt(id, 10), true
}

func (c *Channel) leaveTopic() {
	c.notify(fmt.Sprintf("The topic %d is gone: messages go to the chat itself; correct WATCHDOG_TELEGRAM_THREAD_ID.", c.thread))
	c.thread = 0
}

// notify tells an operator about a wrong setting, in the log and in the next message.
func (c *Channel) notify(notice string) {
	c.log.Warn("config_warning", zap.String("channel", c.name), zap.String("detail", notice))
	if len(c.notice)+len(notice) > maxNotice-len("\n\n\n") { // a server that answers every request with another group
		c.notice = ""
	}
	c.notice = strings.TrimPrefix(c.notice+"\n"+notice, "\n")
}
