// Package fakeapi is the one stand-in for Telegram: a Bot API server that speaks
// the real protocol, checks messages as Telegram does, keeps what reached each chat,
// and fails as it is told. Tests use it, and so does `watchdog demo`.
package fakeapi
