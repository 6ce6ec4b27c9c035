package operator

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// Command is a parsed command.
type Command struct {
	Action  Action
	Key     string // why, ack, chart: as written; empty: none
	Glob    string // silence; empty: the signals of the message that the command replies to
	For     time.Duration
	Reason  string
	ID      string // unsilence
	All     bool   // unsilence: every silence
	Problem string // the error in the arguments; empty: none
}

// Action is the action of a command.
type Action uint8

// The actions. Unknown is that of a command that does not exist.
const (
	Unknown Action = iota
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

// Usage is the help for a command.
type Usage struct {
	Action Action
	Name   string // without the slash
	Args   string
	About  string
}

// Usages lists the commands in the order of the help.
var Usages = []Usage{
	{Status, "status", "", "what is wrong now"},
	{Why, "why", "KEY", "how a signal came to its level"},
	{Ack, "ack", "[KEY]", "acknowledge a signal: no more reminders"},
	{Silence, "silence", "GLOB 2h [reason]", "tell nothing of these signals for a while"},
	{Silences, "silences", "", "list the silences"},
	{Unsilence, "unsilence", "ID|all", "end a silence early"},
	{Chart, "chart", "KEY [6h]", "the values of a signal, as a picture"},
	{Check, "check", "", "run all probes now"},
	{Help, "help", "", "this list"},
}

// String returns the name of the command for logs and metrics.
func (d Action) String() string {
	for _, u := range Usages {
		if u.Action == d {
			return u.Name
		}
	}
	return "unknown"
}

// Changes reports whether the command changes what is told. Only operators may use such commands.
func (d Action) Changes() bool { return d == Ack || d == Silence || d == Unsilence }

// commandLine matches a command: its name, the bot that it is for, and the arguments.
var commandLine = regexp.MustCompile(`^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,32}))?(?:\s+(?s:(.*)))?$`)

// Parse parses a message to the bot of this name. ok is false if it is not a command, or a command
// for another bot.
func Parse(text, bot string) (c Command, ok bool) {
	found := commandLine.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil || found[2] != "" && !strings.EqualFold(found[2], bot) {
		return c, false
	}
	rest := strings.Join(strings.Fields(found[3]), " ")
	name := strings.ToLower(found[1])
	if name == "start" { // Telegram sends it when a chat with a bot begins
		name = "help"
	}
	for _, u := range Usages {
		if u.Name == name {
			c.Action = u.Action
		}
	}
	switch c.Action {
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

// chart parses "KEY 6h". Without a length For is 0.
func (c *Command) chart(rest string) {
	key, length, _ := strings.Cut(rest, " ")
	c.Key = key
	if length == "" {
		return
	}
	d, err := duration.Parse(length)
	if err != nil || d < time.Minute {
		c.Problem = fmt.Sprintf("%q is not a length such as 30m, 6h or 2d", shortened(length))
	}
	c.For = d
}

// silence parses "GLOB 2h reason" or, in a reply to a message, "2h reason".
func (c *Command) silence(rest string) {
	first, others, _ := strings.Cut(rest, " ")
	length, reason := first, others
	if _, err := duration.Parse(first); err != nil {
		c.Glob = first
		length, reason, _ = strings.Cut(others, " ")
	}
	if length == "" {
		c.Problem = "it needs a glob and a length, as /silence dep_*:db 2h moving it; in a reply to one of my messages, /silence 2h"
		return
	}
	c.For, c.Problem = silenceLength(length)
	c.Reason = reason
}

// silenceLength parses the length of a silence, or returns the problem with it.
func silenceLength(text string) (time.Duration, string) {
	d, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Sprintf("%q is not a length such as 30m, 2h or 3d", shortened(text))
	case d <= 0, d > messages.MaxSilence:
		return 0, fmt.Sprintf("a silence lasts more than 0 and at most %d days", messages.MaxSilence/(24*time.Hour))
	}
	return d, ""
}
