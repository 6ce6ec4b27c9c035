package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/notifier"
)

var notifyTestCommand = command{
	name:  "notify-test",
	short: "sends one TEST message over every configured channel",
	long: `Sends one TEST message over every configured channel: each chat of Telegram and each
Alertmanager. It says per channel what happened and, where it failed, what to mend. The
daemon need not run, and is not disturbed where it does.`,
	settings: []string{
		"WATCHDOG_TELEGRAM_TOKEN", "WATCHDOG_TELEGRAM_CHAT_ID", "WATCHDOG_TELEGRAM_THREAD_ID", "WATCHDOG_TELEGRAM_API_URL", "WATCHDOG_TELEGRAM_PROXY",
		"WATCHDOG_ALERTMANAGER_URL", "WATCHDOG_HOST_LABEL",
	},
	exits:    [3]string{"every channel took it", "one did not, or there is none", "wrong usage or settings"},
	examples: []example{{"with the settings of a running container", "docker exec watchdog /watchdog notify-test"}},
	run:      runNotifyTest,
}

// testable is a channel that can send a message that says that it is a test.
type testable interface {
	notifier.Channel
	Test(ctx context.Context) error
}

// testTimeout bounds one channel's test.
const testTimeout = 15 * time.Second

func runNotifyTest(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	out := newRedactor(w.stdout, l.cfg.Secrets())
	code, tested := exitWell, 0
	for _, part := range l.Channels {
		ch, ok := part.Channel.(testable)
		if !ok {
			continue
		}
		tested++
		if !test(ch, out) {
			code = exitNotWell
		}
	}
	if tested == 0 {
		fmt.Fprintln(out, "there is no channel to test but the log: set WATCHDOG_TELEGRAM_TOKEN and WATCHDOG_TELEGRAM_CHAT_ID")
		return exitNotWell
	}
	return code
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
	var f *notifier.Failure
	if !errors.As(err, &f) {
		fmt.Fprintf(out, "%s: FAILED: %v\n", ch.Name(), err)
		return false
	}
	fmt.Fprintf(out, "%s: FAILED: %v\n", ch.Name(), f.Err)
	if f.Mend != "" {
		fmt.Fprintf(out, "  to mend: %s\n", f.Mend)
	}
	return false
}
