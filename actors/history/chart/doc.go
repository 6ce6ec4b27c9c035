// Package chart draws the history of a signal: Text for a terminal, PNG for a chat. It is pure,
// and may import history, messages and the drawing libraries.
package chart
