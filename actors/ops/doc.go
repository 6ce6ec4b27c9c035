// Package ops provides the watchdog's own HTTP server with /healthz, /readyz, /metrics and
// /status, and the client of `watchdog healthcheck`.
//
// It may import messages, config/field, client_golang and zap.
package ops
