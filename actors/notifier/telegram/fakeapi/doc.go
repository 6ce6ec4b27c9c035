// Package fakeapi is a fake of Telegram: a Bot API server that speaks the real protocol, checks
// messages as Telegram does, records the messages of each chat, and fails on demand. Tests and
// `watchdog demo` use it.
package fakeapi
