package container

import (
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

// isRunning tells whether the container is there and was not ended. A paused one is:
// it is neither a crash nor a stop.
func isRunning(state string) bool { return state == "running" || state == "paused" }

// isOver tells whether the container has ended, and was not removed.
func isOver(state string) bool { return state == "exited" || state == "restarting" }

// request is what is known of who asked a container to end.
type request struct {
	made    bool   // somebody did
	unclear bool   // a command or a signal may have done it
	unsaid  string // why nobody can say; empty: a request would be known
	never   bool   // this engine can't ever say: having no data is right
}

// requestOf is what is known of who asked a container to end: by what we heard, and by what
// was told of the time before that, all of it or, with an error, a part.
func requestOf(f face, heard, before *life, err error, in inspected) request {
	hit := heard.wasHit(in.finishedAt) || before.wasHit(in.finishedAt)
	switch {
	case heard.askedToStop(in.finishedAt), before.askedToStop(in.finishedAt), hit && byRequest(in):
		return request{made: true}
	case !f.tellsStops:
		return request{unsaid: f.unsaid(), unclear: hit || max(heard.tidied, before.tidied) > 1, never: true}
	case err != nil:
		return request{unsaid: "the engine does not say who asked it to end (" + err.Error() + ")"}
	}
	return request{}
}

// judgeDown makes the observation of container_down. asked is called only where it matters
// who asked the container to end.
func judgeDown(c listed, in inspected, f face, asked func() request) messages.Observation {
	o := messages.Observation{Detail: c.state}
	switch c.state {
	case "dead":
		o.Level, o.Detail = messages.Critical, fmt.Sprintf("dead: the engine could not remove it whole; `%s rm -f` it and look at the engine's log", f.command)
	case "exited", "restarting":
		o = ended(c, in, f, asked)
	case "created":
		if in.err != "" {
			o.Level, o.Detail = messages.Critical, "created, and could not be started: "+in.err
		}
	}
	return o
}

func ended(c listed, in inspected, f face, asked func() request) messages.Observation {
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
	case r.unsaid != "" && (r.unclear || byRequest(in)) && !killedByMemory(in):
		o.Level, o.Expected = messages.Unknown, r.never
		o.Detail += ": " + r.unsaid
	default:
		o.Level = messages.Critical
		o.Detail += logsHint(f, c)
	}
	return o
}

// logsHint says where to look.
func logsHint(f face, c listed) string {
	return fmt.Sprintf(": %s logs --tail 50 %s", f.command, c.name)
}

// byRequest tells whether the code is one that a stop gives: where nobody can say who asked,
// such an end is told as what is known, and never as a crash.
func byRequest(in inspected) bool {
	switch in.exitCode {
	case 130, 137, 143: // SIGINT, SIGKILL, SIGTERM
		return !killedByMemory(in)
	}
	return false
}

// killedByMemory tells whether it was the kernel that ended the container. The engine also
// says so of a container in which a child was killed and that ended later by itself.
func killedByMemory(in inspected) bool { return in.oomKilled && in.exitCode == 137 }

// meaning explains the exit codes that people look up again and again.
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

// settling is the observation of container_down as of now: in a restart loop a few
// seconds between two crashes are no recovery.
func settling(k *known, c listed, loop bool, now time.Time) messages.Observation {
	if age := now.Sub(k.in.startedAt); loop && c.state == "running" && age < settled {
		return messages.Observation{
			Level:    messages.Unknown,
			Expected: true,
			Detail:   fmt.Sprintf("running since %s: in a restart loop that says nothing before %s", age.Round(time.Second), settled),
		}
	}
	return k.down
}

// judgeMissing makes the observation of container_missing of a name in the given
// state; empty: there is no such container.
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

// judgeHealth makes the observation of container_unhealthy of a container that has a
// healthcheck.
func judgeHealth(c listed, in inspected) messages.Observation {
	switch {
	case !isRunning(c.state):
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: notRunning}
	case in.health == "healthy":
		return messages.Observation{Detail: "its healthcheck is well"}
	case in.health == "unhealthy":
		detail := "its healthcheck fails"
		if log := strings.TrimSpace(in.healthLog); log != "" {
			detail += ": " + firstLine(log)
		}
		return messages.Observation{Level: messages.Warning, Detail: detail}
	}
	return messages.Observation{Level: messages.Unknown, Expected: true, Detail: "its healthcheck has not come to a result yet"}
}

// memoryNow is the observation of container_memory as of now.
func memoryNow(c listed, measured messages.Observation) messages.Observation {
	switch {
	case !isRunning(c.state):
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: notRunning}
	case measured.Detail == "":
		return messages.Observation{Level: messages.Unknown, Expected: true, Detail: "not measured yet"}
	}
	return measured
}

// judgeKill makes the observation of container_oom.
func judgeKill(restarted bool) messages.Observation {
	detail := "something in it was killed for memory, and it goes on: it reached its limit, or the host ran out"
	if restarted {
		detail = "killed for memory and started again: it reached its limit, or the host ran out"
	}
	return messages.Observation{Level: messages.Critical, Detail: detail}.WithValue(1)
}

// judgeCrash makes the observation of container_crashed. Where the engine tells of no stop, it
// may have been one: that is told, and rings nobody.
func judgeCrash(code int, f face) messages.Observation {
	o := messages.Observation{
		Level: messages.Critical, Detail: fmt.Sprintf("exited with code %d%s and was removed at once (--rm): its log is gone with it", code, meaning(inspected{exitCode: code})),
	}.WithValue(float64(code))
	switch {
	case f.tellsStops:
	case byRequest(inspected{exitCode: code}):
		o.Level = messages.Unknown
	default:
		o.Level = messages.Warning
		o.Detail += "; " + f.unsaid()
	}
	return o
}

// firstLine bounds the output of a healthcheck, which may be anything.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
