// Package check runs every probe once, without sending anything, and lays out the result.
// docs/check.md describes it for users.
package check
