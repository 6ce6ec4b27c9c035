package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/duration"
)

// The parsers of single values. Their errors say what is expected, and quote the value only if it
// can't contain a secret.

// flapChanges parses the number of changes that count as flapping: at least two, and at most the
// twenty that the core remembers.
func flapChanges(s string) (uint16, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n != 0 && (n < 2 || n > 20) {
		return 0, fmt.Errorf("%q is neither 0 (never) nor a whole number from 2 to 20", s)
	}
	return uint16(n), nil
}

func positive(s string) (time.Duration, error) {
	d, err := duration.Parse(s)
	if err == nil && d == 0 {
		err = errors.New("this has to be more than 0")
	}
	return d, err
}

func severity(s string) (string, error) {
	if s != "warning" && s != "critical" {
		return "", fmt.Errorf("%q is neither warning nor critical", s)
	}
	return s, nil
}

// keyPattern parses a glob of signal keys: anything without blanks.
func keyPattern(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, field.IsBlank) {
		return "", fmt.Errorf("%q matches no signal: it is empty or contains spaces or control characters", s)
	}
	return s, nil
}
