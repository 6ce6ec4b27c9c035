// Package operator parses the commands that people write, finds the signals that they mean, and
// words the answers. It is pure. The chat and the control socket receive the commands, send
// them to the core and deliver the answers.
//
// It may import messages, actors/core for its state, and actors/peer for cleaning text.
package operator
