// Package operator answers people: which command a line is, which signals it means, and how
// what came of it is worded. It is pure. The chat and the control socket bring the commands,
// put them to the core and take the answers.
//
// It may import messages, actors/core for its state, and actors/peer for cleaning text.
package operator
