package field

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"orchestrator-watchdog/messages/duration"
	"orchestrator-watchdog/messages/secret"
)

// The parsers of single values that many settings share. Their errors say what is expected, and
// quote the value only if it can't contain a secret.

// Text accepts any text.
func Text(s string) (string, error) { return s, nil }

// Bool parses true, false and their usual synonyms.
func Bool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

// OneOf returns a parser of one of the words, in any case.
func OneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !slices.Contains(words, strings.ToLower(s)) {
			return "", fmt.Errorf("%q is none of %s", s, strings.Join(words, ", "))
		}
		return strings.ToLower(s), nil
	}
}

// Name parses a name that can be part of a signal's key.
func Name(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, IsBlank) {
		return "", fmt.Errorf("%q can't be part of a signal's name: it is empty or contains spaces or control characters", s)
	}
	return s, nil
}

// AtLeast returns a parser of durations that are at least that long.
func AtLeast(least time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := duration.Parse(s)
		if err == nil && d < least {
			err = fmt.Errorf("%q is less than %s", s, least)
		}
		return d, err
	}
}

// Number parses a finite number.
func Number(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f-f != 0 { // f-f is NaN if f is not finite
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return f, nil
}

// Percent parses a percentage above 0, with or without its sign.
func Percent(s string) (float64, error) {
	n, err := Number(strings.TrimSuffix(s, "%"))
	if err != nil || n <= 0 || n > 100 {
		return 0, fmt.Errorf("%q is not a percentage above 0 and at most 100", s)
	}
	return n, nil
}

// Ticks parses a number of consecutive observations.
func Ticks(s string) (uint16, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return 0, fmt.Errorf("%q is not a whole number from 1 to 1000", s)
	}
	return uint16(n), nil
}

// HostPort parses an address of the form host:port.
func HostPort(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", fmt.Errorf("%q is not host:port", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", fmt.Errorf("%q has no port from 0 to 65535", s)
	}
	return s, nil
}

// URL parses an http or https URL.
func URL(s string) (string, error) { return s, CheckURL(s, "http", "https") }

// SecretURL parses an http or https URL that is or holds a secret.
func SecretURL(s string) (secret.Text, error) { return secret.New(s), CheckURL(s, "http", "https") }

// CheckURL returns an error if a text is no URL with one of the schemes. It never quotes the text,
// which may contain a password or be one by mistake.
func CheckURL(s string, schemes ...string) error {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("this is not a URL that begins with %s:// and has a host", strings.Join(schemes, ":// or "))
	}
	return nil
}

// HeaderValue parses the value of an HTTP header.
func HeaderValue(s string) (string, error) {
	if strings.ContainsFunc(s, IsControl) {
		return "", errors.New("a header must not contain control characters")
	}
	return s, nil
}

// IsControl reports whether a character must not be in any setting.
func IsControl(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }

// IsBlank reports whether a character must not be in a name.
func IsBlank(r rune) bool { return unicode.IsSpace(r) || IsControl(r) }
