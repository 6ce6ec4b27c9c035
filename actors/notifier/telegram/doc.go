// Package telegram is the channel to one Telegram chat, through the watchdog's own bot, and the
// poller that hears what people write to that bot.
//
// A Channel is used by one goroutine at a time, the worker of its notifier, but for its buttons.
// The package may import notifier, messages, actors/peer, config/field, gotgbot and zap.
package telegram
