package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/supervisor"
)

var notifyTestCommand = command{
	name:  "notify-test",
	usage: "[NAME…] [--drill] [--find-chat]",
	short: "sends one TEST message over every configured channel",
	long: `Sends one TEST message over every configured channel, or over those that are named. It
prints per channel what happened and, on failure, what to fix. The daemon need not run, and
a running daemon is not disturbed.

With --drill it sends each channel what a real critical alert looks like, marked as a drill,
and its recovery. It also prints the route of each channel.

With --find-chat it sends nothing. It lists the chats that wrote to the bot within the last
day, by name and id. It needs only WATCHDOG_TELEGRAM_TOKEN, and leaves the updates for other
programs that read them.`,
	settings: []string{
		"WATCHDOG_TELEGRAM_TOKEN", "WATCHDOG_TELEGRAM_CHAT_ID", "WATCHDOG_TELEGRAM_THREAD_ID", "WATCHDOG_TELEGRAM_API_URL", "WATCHDOG_TELEGRAM_PROXY",
		"WATCHDOG_ALERTMANAGER_URL", "WATCHDOG_HOST_LABEL", "WATCHDOG_CONFIG",
	},
	exits: [3]string{"every channel accepted it", "a channel did not, or there is none", "wrong usage or settings"},
	examples: []example{
		{"with the settings of a running container", "docker exec watchdog /watchdog notify-test"},
		{"the id of a chat", "WATCHDOG_TELEGRAM_TOKEN=123456:ABC-def watchdog notify-test --find-chat"},
	},
	run: runNotifyTest,
}

// testable is a channel that can send a test message.
type testable interface {
	notifier.Channel
	Test(ctx context.Context) error
}

// testTimeout bounds one channel's test.
const testTimeout = 15 * time.Second

func runNotifyTest(c command, w world) int {
	var find, drill bool
	named, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&drill, "drill", false, "send what a real alert looks like, marked as a drill")
		f.BoolVar(&find, "find-chat", false, "list the chats that wrote to the bot within the last day, and send nothing")
	}, maxNamed)
	switch {
	case done:
		return code
	case find && len(named) > 0:
		return c.wrongUsage(w, "--find-chat takes no NAME")
	case find:
		return runFindChat(w)
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	out := newRedactor(w.stdout, l.cfg.Secrets())
	if unknown := unknownChannel(l.Channels, named); unknown != "" {
		return c.wrongUsage(w, unknown)
	}
	if !l.cfg.Enabled {
		fmt.Fprintln(out, "WATCHDOG_ENABLED=false: the daemon tells nothing until that changes; this is only a test")
	}
	code, tested := exitWell, 0
	for _, part := range l.Channels {
		ch, ok := part.Channel.(testable)
		if !ok || len(named) > 0 && !slices.Contains(named, ch.Name()) {
			continue
		}
		tested++
		try := test
		if drill {
			try = drillOf(l.cfg.HostLabel, l.Settings)
		}
		if !try(ch, out) {
			code = exitNotWell
		}
	}
	if tested == 0 {
		fmt.Fprintln(out, "there is no channel to test except the log: set WATCHDOG_TELEGRAM_TOKEN and WATCHDOG_TELEGRAM_CHAT_ID, or list channels in the YAML file")
		return exitNotWell
	}
	return code
}

// maxNamed is how many operands a command accepts.
const maxNamed = 100

// unknownChannel returns a message about the first name that is no channel, or an empty string.
func unknownChannel(channels []supervisor.ChannelPart, named []string) string {
	var known []string
	for _, part := range channels {
		if _, ok := part.Channel.(testable); ok {
			known = append(known, part.Channel.Name())
		}
	}
	for _, name := range named {
		if !slices.Contains(known, name) {
			return fmt.Sprintf("there is no channel %q to test; there are: %s", name, cmp.Or(strings.Join(known, ", "), "none"))
		}
	}
	return ""
}

func test(ch testable, out *redactor) bool {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	began := time.Now()
	err := ch.Test(ctx)
	if err == nil {
		fmt.Fprintf(out, "%s: sent in %s\n", ch.Name(), time.Since(began).Round(time.Millisecond))
		return true
	}
	printFailure(out, ch.Name()+": FAILED", err)
	return false
}
