package operator

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// Command is what a line asks for.
type Command struct {
	Do      Do
	Key     string // of why and ack, as it was written; empty: none was
	Glob    string // of silence; empty: that of the message which it answers
	For     time.Duration
	Reason  string
	ID      string // of unsilence
	All     bool   // unsilence: every one
	Problem string // what is wrong with how it was written; empty: nothing
}

// Do is what a command does.
type Do uint8

// The commands. Unknown is one that there is not.
const (
	Unknown Do = iota
	Status
	Why
	Ack
	Silence
	Silences
	Unsilence
	Chart
	Check
	Help
)

// Usage is a command as people are told of it.
type Usage struct {
	Do    Do
	Name  string // without the slash
	Args  string
	About string
}

// Usages lists the commands in the order of the help.
var Usages = []Usage{
	{Status, "status", "", "what is wrong now"},
	{Why, "why", "KEY", "how a signal came to its level"},
	{Ack, "ack", "[KEY]", "I have taken it on: no more reminders"},
	{Silence, "silence", "GLOB 2h [reason]", "tell nothing of these for a while"},
	{Silences, "silences", "", "which there are"},
	{Unsilence, "unsilence", "ID|all", "end one before its time"},
	{Chart, "chart", "KEY [6h]", "its values, as a picture"},
	{Check, "check", "", "look at everything now"},
	{Help, "help", "", "this list"},
}

// String names the command, for logs and metrics.
func (d Do) String() string {
	for _, u := range Usages {
		if u.Do == d {
			return u.Name
		}
	}
	return "unknown"
}

// Changes reports whether the command changes what is told, and is for operators alone.
func (d Do) Changes() bool { return d == Ack || d == Silence || d == Unsilence }

// slashed is a command: its name, the bot that it is for, and the rest.
var slashed = regexp.MustCompile(`^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,32}))?(?:\s+(?s:(.*)))?$`)

// Parse reads what somebody wrote to the bot of this name. ok is false for what is no
// command, and for one that is for another bot.
func Parse(text, bot string) (c Command, ok bool) {
	found := slashed.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil || found[2] != "" && !strings.EqualFold(found[2], bot) {
		return c, false
	}
	rest := strings.Join(strings.Fields(found[3]), " ")
	name := strings.ToLower(found[1])
	if name == "start" { // what a chat with a bot begins with
		name = "help"
	}
	for _, u := range Usages {
		if u.Name == name {
			c.Do = u.Do
		}
	}
	switch c.Do {
	case Why, Ack:
		c.Key = rest
	case Chart:
		c.chart(rest)
	case Silence:
		c.silence(rest)
	case Unsilence:
		c.All = strings.EqualFold(rest, "all")
		if c.ID = rest; rest == "" || strings.Contains(rest, " ") {
			c.Problem = "it needs one id, as /unsilence s3, or all; /silences lists them"
		}
	case Unknown, Status, Silences, Check, Help:
	}
	return c, true
}

// chart reads "KEY 6h"; without a time For is 0.
func (c *Command) chart(rest string) {
	key, length, _ := strings.Cut(rest, " ")
	c.Key = key
	if length == "" {
		return
	}
	d, err := duration.Parse(length)
	if err != nil || d < time.Minute {
		c.Problem = fmt.Sprintf("%q is no length such as 30m, 6h or 2d", shortened(length))
	}
	c.For = d
}

// silence reads "GLOB 2h reason" or, as the answer to a message, "2h reason".
func (c *Command) silence(rest string) {
	first, others, _ := strings.Cut(rest, " ")
	length, reason := first, others
	if _, err := duration.Parse(first); err != nil {
		c.Glob = first
		length, reason, _ = strings.Cut(others, " ")
	}
	if length == "" {
		c.Problem = "it needs a glob and how long, as /silence dep_*:db 2h moving it; as the answer to a message of mine, /silence 2h"
		return
	}
	c.For, c.Problem = silenceLength(length)
	c.Reason = reason
}

// silenceLength reads how long a silence is to last, or says what is wrong with that.
func silenceLength(text string) (time.Duration, string) {
	d, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Sprintf("%q is no length such as 30m, 2h or 3d", shortened(text))
	case d <= 0, d > messages.MaxSilence:
		return 0, fmt.Sprintf("a silence lasts more than 0, and %d days at the most", messages.MaxSilence/(24*time.Hour))
	}
	return d, ""
}
