// Package alertmanager is the channel to one Alertmanager, by its API v2. It may
// import notifier and messages.
//
// Alertmanager knows an alert by its labels and forgets one that is not repeated. So
// every post carries what is still so, and the actor sends one every minute.
package alertmanager
