package main

import (
	"context"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// drillSignal is not in the table of signals, so no policy applies to it.
const drillSignal messages.Key = "watchdog_drill"

// drillPause separates an alert from its recovery, to keep the pace of a chat.
const drillPause = time.Second

// drillOf returns a test that sends a channel an alert and its recovery, both marked as a drill.
func drillOf(host string, settings *core.Settings) func(testable, *redactor) bool {
	return func(ch testable, out *redactor) bool {
		began := time.Now()
		alert := messages.Notification{
			Seq: 1, News: messages.Alert, Signal: drillSignal, Level: messages.Critical, Worst: messages.Critical, Since: began, At: began,
			Detail: fmt.Sprintf("DRILL: this is what an alert of %s looks like. Nothing is wrong.", host),
		}
		sent, err := sendDrill(ch, alert)
		if err != nil {
			printFailure(out, ch.Name()+": FAILED", err)
			return false
		}
		fmt.Fprintf(out, "%s: the alert arrived after %s; its route: %s\n", ch.Name(), time.Since(began).Round(time.Millisecond), settings.RouteText(ch.Name()))
		time.Sleep(drillPause)
		over := alert
		over.Seq, over.News, over.Level, over.At, over.ReplyTo = 2, messages.Recovered, messages.OK, time.Now(), sent.MessageID
		over.Detail = "DRILL: this is what its recovery looks like."
		if _, err := sendDrill(ch, over); err != nil {
			printFailure(out, ch.Name()+": the recovery FAILED", err)
			return false
		}
		return true
	}
}

func sendDrill(ch notifier.Channel, n messages.Notification) (notifier.Sent, error) {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	return ch.Send(ctx, notifier.Batch{Items: []messages.Notification{n}, At: n.At})
}
