// Package witness is the probe of our own uplink: it asks addresses that have nothing
// to do with the targets (WATCHDOG_WITNESS_URLS), and only when none of them answers is
// the uplink in doubt. That a target fails at the same time is for the core to see.
//
// It may import messages and actors/probe.
package witness
