// Package notifier delivers news. One actor per channel takes the pending news from the
// core's outbox, sends messages within the channel's rate limit, and returns a receipt for
// every attempt.
//
// Pending news lives in the core's state, not here. A crash of this actor loses nothing, and
// repeats at most the message that was being sent. The package may import messages,
// config/field, actors/worker and zap.
package notifier
