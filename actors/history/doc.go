// Package history remembers the values and levels of signals, in memory alone, for charts and
// sparklines. It is fed with the same reports as the core and decides nothing: without it
// alerts are told all the same.
//
// Store is bounded in bytes, whatever the number of signals. Actor is its one writer.
// The package may import messages and zap.
package history
