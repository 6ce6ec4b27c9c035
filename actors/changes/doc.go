// Package changes keeps the latest changes on this host: containers re-created with another image,
// settings reloaded, the engine or the host restarted, a step of the clock. Messages list the
// changes before a trouble. The package decides nothing.
//
// Store is bounded. Actor is its only writer, and checks the boot and the clock itself.
// The package may import messages and zap.
package changes
