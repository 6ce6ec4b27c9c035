// Package history keeps the values and levels of signals in memory, for charts and sparklines. It
// gets the same reports as the core, and decides nothing: alerts do not depend on it.
//
// The size of a Store in bytes is bounded for any number of signals. Actor is its only writer.
// The package may import messages, config/field and zap.
package history
