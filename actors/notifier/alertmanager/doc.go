// Package alertmanager is the channel to one Alertmanager, through its API v2. It may
// import notifier and messages.
//
// Alertmanager identifies an alert by its labels, and forgets an alert that is not repeated. So
// every post repeats the active troubles, and the actor sends a post every minute.
package alertmanager
