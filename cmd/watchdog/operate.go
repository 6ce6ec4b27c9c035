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

// watchEvery is how often `status --watch` looks.
const watchEvery = 2 * time.Second

var controlSettings = []string{"WATCHDOG_CONTROL", "WATCHDOG_LISTEN"}

var statusCommand = command{
	name:  "status",
	usage: "[--watch] [--json]",
	short: "what the running daemon knows: what is not well, since when",
	long: `Asks the running daemon, over its control socket, what is not well, since when, and who
acknowledged it; which silences are in effect; and how its channels are.`,
	settings: controlSettings,
	exits:    [3]string{"all is well", "something is not; or no daemon answers", "wrong usage"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog status"}},
	run: func(c command, w world) int {
		var watch, asJSON bool
		if _, code, done := c.parse(w, func(f *flag.FlagSet) {
			f.BoolVar(&watch, "watch", false, "look again every 2 s, until Ctrl-C; where that is no terminal, print changes")
			f.BoolVar(&asJSON, "json", false, "the JSON of /status")
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

// watchStatus asks again and again until it is interrupted: a terminal is drawn anew, anything
// else gets what changed.
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

// passing is what changes with time alone: how long something lasts, and when it was asked.
var passing = regexp.MustCompile(`for [0-9]+[dhms]( [0-9]+[hms])?|"now": "[^"]*"|"last_report": "[^"]*"|"last_ok": "[^"]*"|"value": [^,\n]*|[▁▂▃▄▅▆▇█ ]+ [0-9]+ min: .*`)

// withoutTimes is a status without that.
func withoutTimes(text string) string { return passing.ReplaceAllString(text, "") }

var ackCommand = command{
	name:  "ack",
	usage: "KEY…",
	short: "acknowledges: somebody has taken it on, so no more reminders",
	long: `Takes the present trouble of signals on: there are no more reminders of it. That ends when
it is over, gets worse or flaps, and after WATCHDOG_ACK_EXPIRES. A KEY is an exact key, an
exact instance, or any part of a key that fits one signal alone.`,
	settings: append([]string{"WATCHDOG_ACK_EXPIRES"}, controlSettings...),
	exits:    [3]string{"acknowledged", "a KEY is unknown, unclear or ok; or no daemon answers", "wrong usage"},
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
	short: "tells nothing of some signals for a while",
	long: `Tells nothing of the signals that a GLOB covers, for the time that is given, but the
recovery of what was told before. At its end what is still true is told once. Silences
survive reloads, and restarts with a state file.`,
	settings: controlSettings,
	exits:    [3]string{"silenced, and its id is printed", "no daemon answers", "wrong usage: no --for, or one over 30 days"},
	examples: []example{{"while the database is moved", "watchdog silence 'dep_*:db' --for 2h --reason 'moving the database'"}},
	run:      runSilence,
}

func runSilence(c command, w world) int {
	var length, reason string
	globs, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.StringVar(&length, "for", "", "how long, as 30m, 2h or 3d; 30d at the most")
		f.StringVar(&reason, "reason", "", "why, for the others")
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
		return c.wrongUsage(w, "--for has to be more than 0 and 30d at the most")
	}
	return askDaemon(w, control.Request{Command: "silence", Args: append([]string{d.String(), reason}, globs...)})
}

var silencesCommand = command{
	name:     "silences",
	usage:    "[--json]",
	short:    "lists the silences of the running daemon",
	long:     `Lists the silences that are in effect: their ids, what they cover, until when, by whom and why.`,
	settings: controlSettings,
	exits:    [3]string{"they are listed", "no daemon answers", "wrong usage"},
	run: func(c command, w world) int {
		var asJSON bool
		if _, code, done := c.parse(w, func(f *flag.FlagSet) { f.BoolVar(&asJSON, "json", false, "as JSON") }, 0); done {
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
	short:    "ends silences before their time",
	long:     `Ends the silences with these ids, or all of them. What is true then is told once.`,
	settings: controlSettings,
	exits:    [3]string{"they have ended", "an ID is unknown; or no daemon answers", "wrong usage"},
	examples: []example{{"the third one", "watchdog unsilence s3"}},
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
