// Package chart draws the history of a signal: Text for a terminal, PNG for a chat. It is pure;
// it may import history, messages and the libraries that draw.
package chart
