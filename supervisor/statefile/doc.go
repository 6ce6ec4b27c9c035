// Package statefile keeps one text in one file, so that a kill at any moment, a full
// disk or a damaged sector leaves the former text, the new one, or an error: never
// something else. It knows nothing of what the text means.
//
// The file is replaced, never changed: the text goes into a temporary file in the same
// directory, is synced, and takes the name. Its first line is the checksum of the rest.
package statefile
