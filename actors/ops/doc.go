// Package ops is how the watchdog is watched: an HTTP server with /healthz, /readyz,
// /metrics and /status, and the client of `watchdog healthcheck`.
//
//	server.go    the actor
//	status.go    the JSON of /status, and where it comes from
//	metrics.go   the counters, and the gauges made of the status
//	readings.go  how long the readings of each probe took
//	check.go     the client of /healthz
//
// It may import messages, client_golang and zap.
package ops
