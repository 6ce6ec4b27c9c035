// Package notifier delivers: one actor per channel takes what the core has still to
// tell, makes messages of it at a pace that the channel bears, and hands every outcome
// back as a receipt.
//
// What is to be told lives in the core's state, not here: a crash of this actor loses
// nothing, and doubles at most the message that was under way. The package may import
// messages, actors/worker and zap.
package notifier
