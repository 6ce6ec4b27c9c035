// Package witness is the probe of our own uplink. It asks addresses that do not depend on the
// targets (WATCHDOG_WITNESS_URLS), and warns if none of them answers. The core checks whether a
// target fails at the same time.
//
// The package may import messages, actors/peer and actors/probe.
package witness
