// Package statefile keeps one text in one file. After a kill at any moment, a full disk or a
// damaged sector, reading returns the former text, the new text, or an error. The package does
// not interpret the text.
//
// Every write replaces the file: it writes a temporary file in the same directory, syncs it, and
// renames it. The first line is the checksum of the rest.
package statefile
