package container

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"orchestrator-watchdog/messages"
)

func isEnd(err error) bool { return errors.Is(err, io.EOF) }

// stops tells whether a signal of a kill event asks a container to end: SIGHUP or
// SIGUSR1, say, do not.
func stops(signal string) bool {
	switch strings.ToUpper(strings.TrimPrefix(strings.ToUpper(signal), "SIG")) {
	case "", "2", "3", "9", "15", "INT", "QUIT", "KILL", "TERM":
		return true
	}
	return false
}

// isRunning tells whether the container is there and was not ended. A paused one is:
// it is neither a crash nor a stop.
func isRunning(state string) bool { return state == "running" || state == "paused" }

// judgeDown makes the observation of container_down. asked says that somebody asked
// the container to stop; it is called only where that matters.
func judgeDown(c listed, in inspected, asked func() (bool, error)) messages.Observation {
	o := messages.Observation{Detail: c.state}
	switch c.state {
	case "dead":
		o.Level, o.Detail = messages.Critical, "dead: the engine could not remove it whole; `docker rm -f` it and look at the engine's log"
	case "exited", "restarting":
		o = ended(c, in, asked)
	case "created":
		if in.err != "" {
			o.Detail = "created, and could not be started: " + in.err
		}
	}
	return o
}

func ended(c listed, in inspected, asked func() (bool, error)) messages.Observation {
	o := messages.Observation{Detail: fmt.Sprintf("exited with code %d%s", in.exitCode, meaning(in))}.WithValue(float64(in.exitCode))
	if c.state == "restarting" {
		o.Detail += "; it is being restarted"
	}
	if in.exitCode == 0 && !in.oomKilled {
		return o
	}
	if in.oomKilled {
		o.Level = messages.Critical
		return o
	}
	stopped, err := asked()
	switch {
	case stopped:
		o.Detail += " after it was asked to stop"
	default:
		// Not known to be asked for, which includes that the engine could not tell.
		o.Level = messages.Critical
		if err != nil {
			o.Detail += " (whether it was asked to could not be read)"
		}
		o.Detail += fmt.Sprintf(": docker logs --tail 50 %s", c.name)
	}
	return o
}

// meaning explains the exit codes that people look up again and again.
func meaning(in inspected) string {
	switch {
	case in.oomKilled:
		return " (killed for memory)"
	case in.exitCode == 137:
		return " (SIGKILL)"
	case in.exitCode == 139:
		return " (SIGSEGV)"
	case in.exitCode == 143:
		return " (SIGTERM)"
	case in.exitCode == 127:
		return " (command not found)"
	case in.exitCode == 126:
		return " (command can't be executed)"
	}
	return ""
}

// judgeHealth makes the observation of container_unhealthy; ok is false for a
// container without a healthcheck.
func judgeHealth(in inspected) (o messages.Observation, ok bool) {
	switch in.health {
	case "healthy":
		o.Detail = "its healthcheck is well"
	case "unhealthy":
		o.Level, o.Detail = messages.Warning, "its healthcheck fails"
		if log := strings.TrimSpace(in.healthLog); log != "" {
			o.Detail += ": " + firstLine(log)
		}
	case "starting":
		o.Level, o.Detail = messages.Unknown, "its healthcheck has not come to a result yet"
	default:
		return o, false
	}
	return o, true
}

// firstLine bounds the output of a healthcheck, which may be anything.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
