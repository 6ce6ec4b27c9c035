package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/operator"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// maxReason bounds the reason of a silence, in bytes.
const maxReason = 1 << 10

// Exit codes of the commands.
const (
	well    = 0
	notWell = 1
	wrong   = 2
)

// channel is the origin of these requests, in logs and answers.
const channel = "control"

// Core gives access to the decision core.
type Core interface {
	State() core.State
	Ask(ctx context.Context, makeRequest func(name string) messages.Message) (messages.Answer, error)
}

// Operator executes the commands of the control socket.
type Operator struct {
	Core    Core
	Status  func() ops.Status
	Now     func() time.Time
	Zone    *time.Location // of the times in answers
	History *history.Store // for charts; nil: no history
}

// Commands returns the handlers by command.
func (o *Operator) Commands() map[string]control.Handler {
	return map[string]control.Handler{
		"status": o.status, "ack": o.ack, "silence": o.silence, "silences": o.silences, "unsilence": o.unsilence,
		"chart": o.chart,
	}
}

// ask sends one request to the core and waits for its answer.
func (o *Operator) ask(ctx context.Context, by string, request func(messages.Asker) messages.Message) (messages.Answer, error) {
	answer, err := o.Core.Ask(ctx, func(name string) messages.Message {
		return request(messages.Asker{Name: by, Channel: channel, Request: name})
	})
	if err != nil {
		return answer, fmt.Errorf("the watchdog did not answer in time: %w", err)
	}
	return answer, nil
}

func failed(err error) control.Answer {
	return control.Answer{Code: notWell, Problem: err.Error() + "\n"}
}

// outcome collects the output, the problems and the exit code of a command.
type outcome struct {
	out, problems strings.Builder
	code          int
}

func (s *outcome) well(format string, values ...any) { fmt.Fprintf(&s.out, format+"\n", values...) }

func (s *outcome) fail(format string, values ...any) {
	fmt.Fprintf(&s.problems, format+"\n", values...)
	s.code = notWell
}

func (s *outcome) answer() control.Answer {
	return control.Answer{Output: s.out.String(), Problem: s.problems.String(), Code: s.code}
}

// find returns the signal that a word means, by the rules of operator.Find.
func find(views []core.SignalView, word string) (core.SignalView, error) {
	known := make([]messages.Key, len(views))
	for i, v := range views {
		known[i] = v.Key
	}
	key, err := operator.Find(known, word)
	if err != nil {
		return core.SignalView{}, err
	}
	return views[slices.Index(known, key)], nil
}

// encodeRequest returns a request for the command with ask, as JSON, as its only argument.
func encodeRequest(command string, ask any) control.Request {
	text, err := json.Marshal(ask)
	if err != nil { // can't happen: every part can be encoded
		panic(err)
	}
	return control.Request{Command: command, Args: []string{string(text)}}
}

// decodeRequest decodes a request of encodeRequest into ask. If it is none, ok is false and refusal is
// the answer.
func decodeRequest(r control.Request, ask any) (refusal control.Answer, ok bool) {
	if len(r.Args) != 1 || json.Unmarshal([]byte(r.Args[0]), ask) != nil {
		return control.Answer{Code: wrong, Problem: "the daemon does not understand this request: is the program of another version than the daemon?\n"}, false
	}
	return control.Answer{}, true
}

// ack acknowledges the current troubles of signals.
func (o *Operator) ack(ctx context.Context, r control.Request) control.Answer {
	views := o.Core.State().Signals()
	var s outcome
	var troubles []messages.Trouble
	for _, word := range r.Args {
		v, err := find(views, word)
		if err != nil {
			s.fail("%v", err)
			continue
		}
		troubles = append(troubles, messages.Trouble{Signal: v.Key, Began: v.Trouble})
	}
	if len(troubles) == 0 {
		return s.answer()
	}
	answer, err := o.ask(ctx, r.By, func(by messages.Asker) messages.Message {
		return messages.Acknowledge{At: o.Now(), By: by, Troubles: troubles}
	})
	if err != nil {
		return failed(err)
	}
	for _, result := range answer.Results {
		o.writeAcknowledged(&s, result)
	}
	return s.answer()
}

func (o *Operator) writeAcknowledged(s *outcome, r messages.Result) {
	switch r.Outcome {
	case messages.Acknowledged:
		s.well("%s is acknowledged: no reminders until it is over, gets worse, or the acknowledgement expires", r.Signal)
	case messages.AcknowledgedBefore:
		s.well("%s was acknowledged already, by %s at %s", r.Signal, r.Acknowledged.By, o.timeText(r.Acknowledged.At))
	case messages.NothingWrong:
		s.fail("%s is ok: there is nothing to acknowledge", r.Signal)
	case messages.TroubleOver:
		s.fail("%s has another trouble now: look at it first", r.Signal)
	default:
		s.fail("%s: %s", r.Signal, r.Outcome)
	}
}

// silence starts a silence. The arguments are its length, its reason, and its globs.
func (o *Operator) silence(ctx context.Context, r control.Request) control.Answer {
	if len(r.Args) < 3 {
		return control.Answer{Code: wrong, Problem: "a silence needs a length and a glob\n"}
	}
	length, err := time.ParseDuration(r.Args[0])
	if err != nil {
		return control.Answer{Code: wrong, Problem: err.Error() + "\n"}
	}
	answer, err := o.ask(ctx, r.By, func(by messages.Asker) messages.Message {
		return messages.Silence{At: o.Now(), By: by, For: length, Reason: peer.Line(r.Args[1], maxReason), Signals: r.Args[2:]}
	})
	if err != nil {
		return failed(err)
	}
	var s outcome
	for _, result := range answer.Results {
		if result.Outcome == messages.SilenceRefused {
			return control.Answer{Code: wrong, Problem: "no such silence: " + result.Why + "\n"}
		}
		v := result.Silence
		s.well("%s: nothing is told of %s until %s, but recoveries; it covers %d known signals", v.ID, strings.Join(v.Signals, ", "), o.timeText(v.Until), result.Covers)
		if len(result.Critical) > 0 {
			s.well("critical among them now: %s", messages.JoinKeys(result.Critical))
		}
	}
	return s.answer()
}

// unsilence ends the named silences, or all of them if the only argument is --all.
func (o *Operator) unsilence(ctx context.Context, r control.Request) control.Answer {
	all := len(r.Args) == 1 && r.Args[0] == "--all"
	answer, err := o.ask(ctx, r.By, func(by messages.Asker) messages.Message {
		m := messages.Unsilence{At: o.Now(), By: by, All: all}
		if !all {
			m.IDs = r.Args
		}
		return m
	})
	if err != nil {
		return failed(err)
	}
	var s outcome
	if all && len(answer.Results) == 0 {
		s.well("there is no silence")
	}
	for _, result := range answer.Results {
		if result.Outcome == messages.Unsilenced {
			s.well("%s has ended: %s", result.Silence.ID, strings.Join(result.Silence.Signals, ", "))
		} else {
			s.fail("there is no silence %q: watchdog silences lists them", result.Silence.ID)
		}
	}
	return s.answer()
}

func (o *Operator) timeText(at time.Time) string {
	return at.In(o.Zone).Format("2006-01-02 15:04:05 MST")
}
