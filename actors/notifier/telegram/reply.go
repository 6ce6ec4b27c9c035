package telegram

import (
	"bytes"
	"context"
	"strings"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/notifier"
)

// maxCaption is the length of a picture's text in bytes, below Telegram's limit of 1,024 characters.
const maxCaption = 900

var _ notifier.Replier = (*Channel)(nil)

// Reply implements notifier.Replier. The reply does not ring.
func (c *Channel) Reply(ctx context.Context, a notifier.Reply) error {
	params := map[string]any{
		"chat_id": c.chat, "disable_notification": true, "link_preview_options": gotgbot.LinkPreviewOptions{IsDisabled: true},
	}
	if a.ReplyTo != 0 {
		params["reply_parameters"] = gotgbot.ReplyParameters{MessageId: a.ReplyTo, AllowSendingWithoutReply: true}
	}
	if a.Thread != 0 {
		params["message_thread_id"] = a.Thread
	}
	if a.Picture != nil {
		picture, err := a.Picture()
		if err != nil {
			return &notifier.Failure{Err: err, Content: true}
		}
		params["caption"] = strings.ToValidUTF8(a.Plain[:min(len(a.Plain), maxCaption)], "")
		params["photo"] = gotgbot.InputFileByReader("chart.png", bytes.NewReader(picture))
		_, err = c.bot.RequestWithContext(ctx, "sendPhoto", params, nil)
		return c.failure(err)
	}
	params["text"], params["parse_mode"] = a.HTML, gotgbot.ParseModeHTML
	_, err := c.bot.RequestWithContext(ctx, "sendMessage", params, nil)
	return c.failure(err)
}
