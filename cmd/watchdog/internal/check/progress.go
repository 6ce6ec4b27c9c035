package check

import (
	"fmt"
	"io"
	"time"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

// quiet is how long nothing is printed, because most passes end within it.
const quiet = 500 * time.Millisecond

// Progress shows on a terminal which probes the pass waits for, in one line that it rewrites.
type Progress struct {
	out   io.Writer
	width int
	shown bool
}

// NewProgress returns a Progress for a terminal that is width columns wide.
func NewProgress(out io.Writer, width int) *Progress {
	return &Progress{out: out, width: terminal.Screen{Columns: width}.Width()}
}

// Waiting rewrites the line.
func (p *Progress) Waiting(probes []string, took time.Duration) {
	if took < quiet || len(probes) == 0 {
		return
	}
	p.shown = true
	fmt.Fprintf(p.out, "\r%s\x1b[K", waitingLine(probes, took, p.width-1)) // a full line would wrap
}

// Done clears the line.
func (p *Progress) Done() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// waitingLine names as many probes as fit, and counts the rest.
func waitingLine(probes []string, took time.Duration, width int) string {
	const before = "waiting for "
	after := fmt.Sprintf(" … %ds", int(took.Seconds()))
	line := fmt.Sprintf("%s%d probes%s", before, len(probes), after)
	for n := 1; n <= len(probes); n++ {
		text := before
		for i, name := range probes[:n] {
			if i > 0 {
				text += ", "
			}
			text += terminal.Printable(name)
		}
		if rest := len(probes) - n; rest > 0 {
			text += fmt.Sprintf(" and %d more", rest)
		}
		if text += after; terminal.Columns(text) > width {
			break
		}
		line = text
	}
	return line
}
