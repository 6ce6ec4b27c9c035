package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

// foundSince is how far back the search for chats goes.
const foundSince = 24 * time.Hour

// runFindChat lists the chats that wrote to the bot. It works with other settings missing or
// invalid, such as the id of the chat.
func runFindChat(w world) int {
	cfg, _, err := load(w)
	v := config.Section[*telegram.Variables](cfg)
	if !v.Token.Set() {
		printProblems(w.stderr, errors.Join(errors.New("--find-chat needs WATCHDOG_TELEGRAM_TOKEN"), err))
		return exitUsage
	}
	out := newRedactor(w.stdout, cfg.Secrets())
	if _, err := peer.LoadTLS(v.TLS); err != nil {
		printProblems(w.stderr, cfg.Problem("telegram", err))
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	chats, err := telegram.FindChats(ctx, assembly.BotOf(cfg), time.Now().Add(-foundSince))
	if err != nil {
		printFailure(out, "the chats could not be read", err)
		return exitNotWell
	}
	if len(chats) == 0 {
		fmt.Fprintln(out, "nobody wrote to this bot within the last day: send it /start from the chat; in a group, add the bot and write /start@NAME_OF_THE_BOT; "+
			"then try again. Messages that another program has read (by getUpdates or a webhook) are missing here.")
		return exitNotWell
	}
	for _, c := range chats {
		printChat(out, c)
	}
	return exitWell
}

func printChat(out *redactor, c telegram.FoundChat) {
	fmt.Fprintf(out, "WATCHDOG_TELEGRAM_CHAT_ID=%d", c.ID)
	if c.ThreadID != 0 {
		fmt.Fprintf(out, " WATCHDOG_TELEGRAM_THREAD_ID=%d", c.ThreadID)
	}
	fmt.Fprintf(out, "  # %s %q", c.Type, c.Name)
	if c.Topic != "" {
		fmt.Fprintf(out, ", topic %q", c.Topic)
	}
	fmt.Fprintf(out, ", wrote at %s\n", c.At.UTC().Format("2006-01-02 15:04 UTC"))
}

// printFailure prints an error and, if known, what to fix.
func printFailure(out *redactor, what string, err error) {
	f, ok := errors.AsType[*notifier.Failure](err)
	if !ok {
		fmt.Fprintf(out, "%s: %v\n", what, err)
		return
	}
	fmt.Fprintf(out, "%s: %v\n", what, f.Err)
	if f.Remedy != "" {
		fmt.Fprintf(out, "  to fix: %s\n", f.Remedy)
	}
}
