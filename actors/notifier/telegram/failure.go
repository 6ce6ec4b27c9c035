package telegram

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// failure converts an error of a request to a *notifier.Failure. Its text holds no token: the
// library masks it in URLs, and shown masks it everywhere else.
func (c *Channel) failure(err error) error {
	if err == nil {
		return nil
	}
	f := &notifier.Failure{}
	if refused, ok := errors.AsType[*gotgbot.TelegramError](err); ok {
		f.Err = fmt.Errorf("Telegram says %d %s", refused.Code, c.sanitized(refused.Description))
		c.refusal(f, refused)
		return f
	}
	f.Err = fmt.Errorf("Telegram can't be reached: %s", c.sanitized(peer.Explain(err, 0).Error()))
	f.Remedy = remedy(err)
	return f
}

// maxRetryAfter is the longest pause that is accepted, in seconds. An unlimited number would
// overflow a time.Duration.
const maxRetryAfter = 7 * 24 * 60 * 60

// refusal fills f from an answer with ok: false.
func (c *Channel) refusal(f *notifier.Failure, e *gotgbot.TelegramError) {
	text := strings.ToLower(e.Description)
	switch {
	case e.ResponseParams != nil && e.ResponseParams.RetryAfter > 0:
		f.RetryAfter = time.Duration(min(e.ResponseParams.RetryAfter, maxRetryAfter)) * time.Second
	case e.Code == http.StatusTooManyRequests:
		f.RetryAfter = 30 * time.Second // the answer has no retry_after
	case e.Code == http.StatusUnauthorized, e.Code == http.StatusNotFound:
		f.Permanent = true
		f.Remedy = "the token is wrong or was revoked: ask @BotFather for a new one and set WATCHDOG_TELEGRAM_TOKEN"
	case strings.Contains(text, "chat not found"):
		f.Permanent = true
		f.Remedy = fmt.Sprintf("there is no chat %s for this bot: send /start to the bot from that chat, or add it to the group, and check WATCHDOG_TELEGRAM_CHAT_ID", c.chat)
	case strings.Contains(text, "blocked by the user"):
		f.Permanent = true
		f.Remedy = "unblock the bot in that chat and send it /start"
	case e.Code == http.StatusForbidden:
		f.Permanent = true
		f.Remedy = "let the bot write there: add it to the group or channel again, with the right to post"
	case e.Code == http.StatusBadRequest && isAboutChat(text):
		f.Permanent = true
		f.Remedy = "check WATCHDOG_TELEGRAM_CHAT_ID and WATCHDOG_TELEGRAM_THREAD_ID, and the bot's rights there"
	case e.Code == http.StatusBadRequest, e.Code == http.StatusRequestEntityTooLarge:
		f.Content = true
	}
}

// isAboutChat reports whether a refusal is about the chat or the topic, not about the message.
func isAboutChat(text string) bool {
	return slices.ContainsFunc([]string{"chat", "peer", "topic", "thread", "rights"}, func(word string) bool { return strings.Contains(text, word) })
}

func isFormatting(e *gotgbot.TelegramError) bool {
	text := strings.ToLower(e.Description)
	return e.Code == http.StatusBadRequest && (strings.Contains(text, "parse entities") || strings.Contains(text, "parse_mode"))
}

func isTopicGone(e *gotgbot.TelegramError) bool {
	text := strings.ToLower(e.Description)
	return e.Code == http.StatusBadRequest && (strings.Contains(text, "thread not found") || strings.Contains(text, "topic_closed") || strings.Contains(text, "topic_deleted"))
}

func movedTo(e *gotgbot.TelegramError) int64 {
	if e.ResponseParams == nil {
		return 0
	}
	return e.ResponseParams.MigrateToChatId
}

// maxReason is how much of an error or a refusal is shown, in bytes.
const maxReason = 400

// sanitized makes an answer of Telegram or of a proxy safe to show: one line, without secrets.
func (c *Channel) sanitized(text string) string { return peer.Line(c.clean.Clean(text), maxReason) }

// cleaner returns a cleaner that masks the token, with or without the bot's id, and the
// credentials of the proxy.
func cleaner(o Options) *secret.Cleaner {
	_, key, _ := strings.Cut(o.Token.Reveal(), ":")
	proxy, err := url.Parse(o.Proxy.Reveal())
	if err != nil {
		proxy = nil
	}
	return peer.NewCleaner(proxy, nil, o.Token.Reveal(), key)
}

// remedy returns what an operator can do about a network error; "" if that is not known.
func remedy(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var verification *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case strings.Contains(err.Error(), "proxyconnect") || strings.Contains(err.Error(), "socks connect"):
		return "check WATCHDOG_TELEGRAM_PROXY: the proxy refuses or can't reach Telegram"
	case errors.As(err, &dns):
		return "check the DNS servers of this container (docker run --dns …) and WATCHDOG_TELEGRAM_API_URL"
	case errors.As(err, &unknown), errors.As(err, &verification):
		return "the certificate of the Bot API server is not trusted here: is there a proxy that intercepts TLS?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check WATCHDOG_TELEGRAM_API_URL and WATCHDOG_TELEGRAM_PROXY"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time: does this network have access to the internet, or does it need WATCHDOG_TELEGRAM_PROXY?"
	}
	return ""
}
