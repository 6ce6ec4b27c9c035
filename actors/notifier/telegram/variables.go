package telegram

import (
	"fmt"
	"strconv"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Variables are the settings of the watchdog's own bot and its chats. Chats that the file lists as
// channels have Settings of their own.
type Variables struct {
	Bot
	ChatIDs   []string
	ThreadID  int64
	Commands  bool    // the bot answers
	Operators []int64 // who may acknowledge and silence; nil: everyone
	Charts    bool    // a picture follows an alert of a signal with a value
}

// Fields implements field.Declared.
func (v *Variables) Fields() []field.Field {
	return field.Below("telegram", append([]field.Field{
		v.token().By("WATCHDOG_TELEGRAM_TOKEN").With(field.About{Example: "123456:ABC-def", Doc: "its own bot's token"}),
		field.ListOf("chat_id", &v.ChatIDs, field.Chat).OrFile().By("WATCHDOG_TELEGRAM_CHAT_ID").With(field.About{
			Example: "-1001234567890,@ops_channel", Doc: "chat to alert; a comma-separated list is allowed",
		}),
		field.Of("thread_id", &v.ThreadID, field.Topic).By("WATCHDOG_TELEGRAM_THREAD_ID").With(field.About{Example: "7", Doc: "topic in a forum group"}),
		field.Of("api_url", &v.APIURL, field.URL).By("WATCHDOG_TELEGRAM_API_URL").With(field.About{
			Shown: "Bot API", Example: "https://api.telegram.org", Doc: "base URL of a Bot API server",
		}),
		v.proxy().By("WATCHDOG_TELEGRAM_PROXY").With(field.About{
			Shown: "environment's", Example: "socks5://proxy:1080", Doc: "http, https or socks5 proxy URL for Telegram alone",
		}),
		field.Of("commands", &v.Commands, field.Bool).By("WATCHDOG_TELEGRAM_COMMANDS").With(field.About{
			Preset: "true", Restart: true, Doc: "the bot answers commands and buttons in the configured chats",
		}),
		field.ListOf("operators", &v.Operators, userID).By("WATCHDOG_TELEGRAM_OPERATORS").With(field.About{
			Shown: "everyone there", Example: "123456789", Restart: true, Doc: "comma-separated user ids that may acknowledge and silence; the others may ask",
		}),
		field.Of("charts", &v.Charts, field.Bool).By("WATCHDOG_TELEGRAM_CHARTS").With(field.About{
			Preset: "false", Restart: true, Doc: "a picture follows an ALERT or WORSE of a signal with a value, as a reply",
		}),
	}, v.TLS.Fields()...))
}

func (b *Bot) token() field.Field {
	return field.Of("token", &b.Token, field.BotToken).Hidden().OrFile()
}

func (b *Bot) proxy() field.Field {
	return field.Of("proxy", &b.Proxy, func(text string) (secret.Text, error) {
		return secret.New(text), field.CheckURL(text, "http", "https", "socks5", "socks5h")
	}).Hidden().Hiding(secret.InURL).OrFile()
}

func userID(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a user's id, which is a number such as 123456789 (@userinfobot tells it)", s)
	}
	return n, nil
}
