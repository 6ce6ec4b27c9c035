// Package telegram is the channel to one Telegram chat, through the bot of the
// watchdog's own. It may import notifier, messages, gotgbot and zap.
//
//	channel.go  one message: text, reply, topic, the second try as plain text
//	failure.go  what a refusal means and what to fix
//	client.go   the HTTP client: proxy, bounds, no redirects
package telegram
