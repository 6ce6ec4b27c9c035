package container

import (
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

// isRunning reports whether a container runs. A paused one counts: it neither crashed nor was
// stopped.
func isRunning(state string) bool { return state == "running" || state == "paused" }

// isOver reports whether a container has ended.
func isOver(state string) bool { return state == "exited" || state == "restarting" }

// request says whether somebody asked a container to end.
type request struct {
	made    bool   // somebody did
	unclear bool   // a command or a signal may have done it
	unknown string // why it is not known; empty: it is known
	never   bool   // this engine never reports it, so unknown is expected
}

// requestOf finds out whether somebody asked a container to end, from the events that we received
// and those from before. err says that the latter are incomplete.
func requestOf(f dialect, received, before *life, err error, in inspected) request {
	signalled := received.hadUnnamedSignal(in.finishedAt) || before.hadUnnamedSignal(in.finishedAt)
	switch {
	case received.askedToStop(in.finishedAt), before.askedToStop(in.finishedAt), signalled && byRequest(in):
		return request{made: true}
	case !f.reportsStops:
		return request{unknown: f.requesterUnknown(), unclear: signalled || max(received.cleanups, before.cleanups) > 1, never: true}
	case err != nil:
		return request{unknown: "the engine does not say who asked it to end (" + err.Error() + ")"}
	}
	return request{}
}

// judgeDown observes container_down. It calls asked only if a request to end matters.
func judgeDown(c listed, in inspected, f dialect, asked func() request) messages.Observation {
	o := messages.Observation{Detail: c.state}
	switch c.state {
	case "dead":
		o.Level, o.Detail = messages.Critical, fmt.Sprintf("dead: the engine could not remove it completely; `%s rm -f` it and look at the engine's log", f.command)
	case "exited", "restarting":
		o = ended(c, in, f, asked)
	case "created":
		if in.err != "" {
			o.Level, o.Detail = messages.Critical, "created, and could not be started: "+in.err
		}
	}
	return o
}

func ended(c listed, in inspected, f dialect, asked func() request) messages.Observation {
	o := messages.Observation{Detail: fmt.Sprintf("exited with code %d%s", in.exitCode, meaning(in))}.WithValue(float64(in.exitCode))
	if c.state == "restarting" {
		o.Detail += "; it is being restarted"
	}
	if in.exitCode == 0 {
		return o
	}
	switch r := asked(); {
	case r.made:
		o.Detail += " after it was asked to stop"
	case r.unknown != "" && (r.unclear || byRequest(in)) && !killedByMemory(in):
		o.Level, o.Expected = messages.Unknown, r.never
		o.Detail += ": " + r.unknown
	default:
		o.Level = messages.Critical
		o.Detail += logsHint(f, c)
	}
	return o
}

// logsHint returns the command that shows the container's log.
func logsHint(f dialect, c listed) string {
	return fmt.Sprintf(": %s logs --tail 50 %s", f.command, c.name)
}

// byRequest reports whether the exit code is typical of a stop. If it is not known whether the end
// was requested, such an end is unknown and not a crash.
func byRequest(in inspected) bool {
	switch in.exitCode {
	case 130, 137, 143: // SIGINT, SIGKILL, SIGTERM
		return !killedByMemory(in)
	}
	return false
}

// killedByMemory reports whether a kill for memory ended the container. oomKilled alone does not
// say so: it is also set if a child was killed and the container ended later by itself.
func killedByMemory(in inspected) bool { return in.oomKilled && in.exitCode == 137 }

// meaning explains common exit codes.
func meaning(in inspected) string {
	switch {
	case killedByMemory(in):
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

// settling observes container_down as of now. In a restart loop, a few seconds of running between
// two crashes are no recovery.
func settling(k *known, c listed, loop bool, now time.Time) messages.Observation {
	if age := now.Sub(k.in.startedAt); loop && c.state == "running" && age < settled {
		return messages.Observation{
			Level:    messages.Unknown,
			Expected: true,
			Detail:   fmt.Sprintf("running for %s: in a restart loop it counts as running after %s", age.Round(time.Second), settled),
		}
	}
	return k.down
}

// judgeMissing observes container_missing for a state; empty if there is no such container.
func judgeMissing(state string) messages.Observation {
	switch {
	case state == "":
		return messages.Observation{Level: messages.Critical, Detail: "expected, and there is no such container"}
	case !isRunning(state):
		return messages.Observation{Level: messages.Critical, Detail: "expected to run, and it is " + state}
	}
	return messages.Observation{Detail: "it runs"}
}

const notRunning = "it does not run"

// judgeHealth observes container_unhealthy for a container with a healthcheck.
func judgeHealth(c listed, in inspected) messages.Observation {
	switch {
	case !isRunning(c.state):
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: notRunning}
	case in.health == "healthy":
		return messages.Observation{Detail: "its healthcheck passes"}
	case in.health == "unhealthy":
		detail := "its healthcheck fails"
		if log := strings.TrimSpace(in.healthLog); log != "" {
			detail += ": " + firstLine(log)
		}
		return messages.Observation{Level: messages.Warning, Detail: detail}
	}
	return messages.Observation{Level: messages.Unknown, Expected: true, Detail: "its healthcheck has no result yet"}
}

// memoryNow observes container_memory as of now.
func memoryNow(c listed, measured messages.Observation) messages.Observation {
	switch {
	case !isRunning(c.state):
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: notRunning}
	case measured.Detail == "":
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: "not measured yet"}
	}
	return measured
}

// judgeKill observes container_oom.
func judgeKill(restarted bool) messages.Observation {
	detail := "something in it was killed for memory, and it goes on: it reached its limit, or the host ran out"
	if restarted {
		detail = "killed for memory and started again: it reached its limit, or the host ran out"
	}
	return messages.Observation{Level: messages.Critical, Detail: detail}.WithValue(1)
}

// judgeCrash observes container_crashed. If the engine does not report stops, the end may have been
// requested, so it is only a warning, or unknown with the exit code of a stop.
func judgeCrash(code int, f dialect) messages.Observation {
	o := messages.Observation{
		Level: messages.Critical, Detail: fmt.Sprintf("exited with code %d%s and was removed at once (--rm): its log is gone with it", code, meaning(inspected{exitCode: code})),
	}.WithValue(float64(code))
	switch {
	case f.reportsStops:
	case byRequest(inspected{exitCode: code}):
		o.Level = messages.Unknown
	default:
		o.Level = messages.Warning
		o.Detail += "; " + f.requesterUnknown()
	}
	return o
}

// firstLine returns the first line of a healthcheck's output, shortened to 200 characters.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
