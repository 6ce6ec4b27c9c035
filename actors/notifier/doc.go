// Package notifier delivers: one actor per channel takes what the core has still to
// tell, makes messages of it at a pace that the channel bears, and hands every outcome
// back as a receipt.
//
//	actor.go     the loop: outbox in, receipts out, the send in a worker beside it
//	drain.go     what a stop still tries, and what it says of the rest
//	compose.go   pure: which news goes into the next message, and when
//	pace.go      pure: how many messages a chat bears
//	retry.go     pure: how long to wait after a failure
//	render.go    pure: a message's text
//	channel.go   what a channel is; each is a package below this one
//
// What is to be told lives in the core's state, not here: a crash of this actor loses
// nothing, and doubles at most the message that was under way. The package may import
// messages, actors/worker and zap.
package notifier
