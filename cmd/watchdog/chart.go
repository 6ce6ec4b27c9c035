package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/messages/duration"
)

// chartHeight is the number of lines of a chart in a terminal.
const chartHeight = 20

var chartCommand = command{
	name:  "chart",
	usage: "KEY [--over 6h] [--png FILE]",
	short: "draws the values of a signal that the running daemon remembers",
	long: `Asks the running daemon, over its control socket, for the recent values of a signal, and
draws them in the terminal or as a picture. A signal without values is shown
by its levels. A KEY is an exact key, an exact instance, or any part of a key that matches
only one signal. The daemon keeps values for WATCHDOG_HISTORY, in memory only: a restart
forgets them.`,
	settings: append([]string{"WATCHDOG_HISTORY", "WATCHDOG_TIMEZONE"}, controlSettings...),
	exits:    [3]string{"drawn", "the KEY is unknown, ambiguous or has no values; or no daemon answers", "wrong usage"},
	examples: []example{
		{"the memory of the last day", "watchdog chart host_memory --over 24h"},
		{"a picture from a daemon in a container", "docker exec watchdog /watchdog chart host_memory --png - > memory.png"},
	},
	run: runChart,
}

func runChart(c command, w world) int {
	var ask operate.ChartRequest
	var over, file string
	keys, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.StringVar(&over, "over", "6h", "how far back: 30m, 6h or 2d")
		f.StringVar(&file, "png", "", "write a picture to FILE; - is standard output")
	}, maxNamed)
	if done {
		return code
	}
	if len(keys) != 1 {
		return c.wrongUsage(w, "it needs one KEY")
	}
	ask.Key = keys[0]
	d, err := duration.Parse(over)
	switch {
	case err != nil:
		return c.wrongUsage(w, "--over: "+err.Error())
	case d < time.Minute:
		return c.wrongUsage(w, "--over must be a minute or more")
	}
	ask.Over = d
	if file != "" {
		ask.Picture = true
		return writePicture(w, ask, file)
	}
	screen, _ := terminal.ScreenOf(w.stdout, w.environ)
	ask.Screen = chart.Screen{Width: screen.Width(), Height: chartHeight, Colour: screen.Colour}
	return askDaemon(w, ask.Request())
}

// writePicture writes the picture that the daemon draws to the file.
func writePicture(w world, ask operate.ChartRequest, file string) int {
	return withAnswer(w, ask.Request(), func(answer control.Answer) error {
		picture, err := base64.StdEncoding.DecodeString(answer.Output)
		if err != nil {
			return fmt.Errorf("the daemon gave no picture: %w", err)
		}
		return writeTo(w.stdout, file, picture)
	})
}

func writeTo(stdout io.Writer, file string, content []byte) error {
	if file == "-" {
		_, err := stdout.Write(content)
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
