// Package telegram has the channel to one Telegram chat, through the watchdog's own bot, and the
// poller that reads what people write to that bot.
//
// Only one goroutine at a time uses a Channel, the worker of its notifier. Its buttons are safe
// for concurrent use. The package may import notifier, messages, actors/peer, config/field,
// gotgbot and zap.
package telegram
