// Package ops is how the watchdog is watched: an HTTP server with /healthz, /readyz,
// /metrics and /status, and the client of `watchdog healthcheck`.
//
// It may import messages, client_golang and zap.
package ops
