package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// watchEvery is the interval of `status --watch`.
const watchEvery = 2 * time.Second

var controlSettings = []string{"WATCHDOG_CONTROL", "WATCHDOG_LISTEN"}

var statusCommand = command{
	name:  "status",
	usage: "[--watch] [--json]",
	short: "asks the running daemon what is not ok, and since when",
	long: `Asks the running daemon, over its control socket, what is not ok, since when, and who
acknowledged it; which silences are in effect; and the state of its channels.`,
	settings: controlSettings,
	exits:    [3]string{"everything is ok", "something is not; or no daemon answers", "wrong usage"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog status"}},
	run: func(c command, w world) int {
		var watch, asJSON bool
		if _, code, done := c.parse(w, func(f *flag.FlagSet) {
			f.BoolVar(&watch, "watch", false, "repeat every 2 s until Ctrl-C; without a terminal, print only changes")
			f.BoolVar(&asJSON, "json", false, "print the JSON of /status")
		}, 0); done {
			return code
		}
		screen, isTerminal := terminal.ScreenOf(w.stdout, w.environ)
		request := operate.StatusRequest{JSON: asJSON, Screen: screen}.Request()
		if !watch {
			return askDaemon(w, request)
		}
		return watchStatus(w, request, isTerminal)
	},
}

// watchStatus repeats the request until it is interrupted. It redraws a terminal; any other
// output gets only changes.
func watchStatus(w world, request control.Request, redraw bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	for last := ""; ; {
		code := withAnswer(w, request, func(answer control.Answer) error {
			var err error
			switch said := withoutTimes(answer.Output); {
			case redraw:
				_, err = fmt.Fprint(w.stdout, terminal.Clear, answer.Output)
			case said != last:
				_, err = fmt.Fprintln(w.stdout, answer.Output)
				last = said
			}
			return err
		})
		select {
		case <-ctx.Done():
			return code
		case <-look.C:
		}
	}
}

// volatile matches the parts of a status that change all the time, such as durations.
var volatile = regexp.MustCompile(`for [0-9]+[dhms]( [0-9]+[hms])?|"now": "[^"]*"|"last_report": "[^"]*"|"last_ok": "[^"]*"|"value": [^,\n]*|[▁▂▃▄▅▆▇█ ]+ [0-9]+ min: .*`)

// withoutTimes removes the volatile parts of a status.
func withoutTimes(text string) string { return volatile.ReplaceAllString(text, "") }

var ackCommand = command{
	name:  "ack",
	usage: "KEY…",
	short: "acknowledges signals: no more reminders",
	long: `Acknowledges the current trouble of signals: there are no more reminders of it. The
acknowledgement ends when the trouble is over, gets worse or flaps, and after
WATCHDOG_ACK_EXPIRES. A KEY is an exact key, an exact instance, or any part of a key that
matches only one signal.`,
	settings: append([]string{"WATCHDOG_ACK_EXPIRES"}, controlSettings...),
	exits:    [3]string{"acknowledged", "a KEY is unknown, ambiguous or ok; or no daemon answers", "wrong usage"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog ack dep_down:db"}},
	run: func(c command, w world) int {
		keys, code, done := c.parse(w, nil, maxNamed)
		switch {
		case done:
			return code
		case len(keys) == 0:
			return c.wrongUsage(w, "it needs a KEY")
		}
		return askDaemon(w, control.Request{Command: "ack", Args: keys})
	},
}

var silenceCommand = command{
	name:  "silence",
	usage: "GLOB… --for D [--reason TEXT]",
	short: "silences signals for a while",
	long: `For the given time, tells nothing of the signals that match a GLOB, except the recovery
of what was told before. When the silence ends, what is still true is told once. Silences
survive reloads, and restarts with a state file.`,
	settings: controlSettings,
	exits:    [3]string{"silenced, and its id is printed", "no daemon answers", "wrong usage: no --for, or one over 30 days"},
	examples: []example{{"while the database is moved", "watchdog silence 'dep_*:db' --for 2h --reason 'moving the database'"}},
	run:      runSilence,
}

func runSilence(c command, w world) int {
	var length, reason string
	globs, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.StringVar(&length, "for", "", "how long: 30m, 2h or 3d; at most 30d")
		f.StringVar(&reason, "reason", "", "why, for other people")
	}, maxNamed)
	if done {
		return code
	}
	if len(globs) == 0 {
		return c.wrongUsage(w, "it needs a GLOB")
	}
	if length == "" {
		return c.wrongUsage(w, "it needs --for, as --for 2h")
	}
	d, err := duration.Parse(length)
	switch {
	case err != nil:
		return c.wrongUsage(w, "--for: "+err.Error())
	case d <= 0 || d > messages.MaxSilence:
		return c.wrongUsage(w, "--for must be more than 0 and at most 30d")
	}
	return askDaemon(w, control.Request{Command: "silence", Args: append([]string{d.String(), reason}, globs...)})
}

var silencesCommand = command{
	name:     "silences",
	usage:    "[--json]",
	short:    "lists the silences of the running daemon",
	long:     `Lists the silences in effect: their ids, what they cover, until when, by whom and why.`,
	settings: controlSettings,
	exits:    [3]string{"listed", "no daemon answers", "wrong usage"},
	run: func(c command, w world) int {
		var asJSON bool
		if _, code, done := c.parse(w, func(f *flag.FlagSet) { f.BoolVar(&asJSON, "json", false, "print JSON") }, 0); done {
			return code
		}
		request := control.Request{Command: "silences"}
		if asJSON {
			request.Args = []string{"--json"}
		}
		return askDaemon(w, request)
	},
}

var unsilenceCommand = command{
	name:     "unsilence",
	usage:    "ID… | --all",
	short:    "ends silences early",
	long:     `Ends the silences with these ids, or all of them. What is true then is told once.`,
	settings: controlSettings,
	exits:    [3]string{"ended", "an ID is unknown; or no daemon answers", "wrong usage"},
	examples: []example{{"the silence s3", "watchdog unsilence s3"}},
	run: func(c command, w world) int {
		var all bool
		ids, code, done := c.parse(w, func(f *flag.FlagSet) { f.BoolVar(&all, "all", false, "every silence") }, maxNamed)
		switch {
		case done:
			return code
		case all == (len(ids) > 0):
			return c.wrongUsage(w, "it needs an ID or --all")
		case all:
			ids = []string{"--all"}
		}
		return askDaemon(w, control.Request{Command: "unsilence", Args: ids})
	},
}
