// Package changes remembers what changed on this host lately: containers made anew with another
// image, settings reloaded, the engine or the host restarted, a clock that stepped. A reader who is
// told of a trouble sees what changed before it. It decides nothing.
//
// Store is bounded. Actor is its one writer, and looks at the boot and the clock itself.
// The package may import messages and zap.
package changes
