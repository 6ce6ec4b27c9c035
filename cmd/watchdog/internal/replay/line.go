package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode"

	"orchestrator-watchdog/messages"
)

// record is one line that counts in a replay: an observation, or the event that what names.
type record struct {
	at      time.Time
	what    event
	probe   string
	obs     messages.Observation
	to      messages.Key // renamed: the new key
	first   []string     // restarted and resumed: the probes of the first pass
	request *request     // asked: the request
}

type event uint8

const (
	observed  event = iota
	retired         // the signal's subject is gone
	renamed         // the signal has a new key
	restarted       // the daemon started without a snapshot
	resumed         // the daemon started with a snapshot
	asked           // somebody acknowledged, silenced or ended a silence
)

// errOther is the error of a valid line that does not count in a replay.
var errOther = errors.New("another event")

// fields are the fields of a log line that a replay uses.
type fields struct {
	Msg      string      `json:"msg"`
	TS       string      `json:"ts"`
	Signal   string      `json:"signal"`
	State    string      `json:"state"`
	Value    json.Number `json:"value"`
	Detail   string      `json:"detail"`
	Probe    string      `json:"probe"`
	To       string      `json:"to"`
	Restored bool        `json:"restored"`
	Watches  []string    `json:"watches"`
}

// maxPrefixes bounds at how many braces of a line an object is tried.
const maxPrefixes = 8

// parse reads one line without its end. It skips a prefix before the object, as Compose and
// journals write it, even one with braces. The error is errOther for any other event.
func parse(line []byte) (record, error) {
	f, line, err := decode(line)
	if err != nil {
		return record{}, fmt.Errorf("not a JSON object as the watchdog logs it: %w", err)
	}
	switch f.Msg {
	case "observation":
		return f.observation()
	case "retired", "renamed":
		return f.change()
	case "acknowledged", "silenced", "unsilenced":
		return f.request(line)
	case "started":
		at, err := f.time()
		r := record{at: at, what: restarted, first: f.Watches}
		if f.Restored {
			r.what = resumed
		}
		return r, err
	}
	return record{}, errOther
}

// decode returns the object at the end of the line, and its fields. The error is that of the first
// brace.
func decode(line []byte) (f fields, object []byte, err error) {
	rest := line
	for range maxPrefixes {
		begin := bytes.IndexByte(rest, '{')
		if begin < 0 {
			break
		}
		rest = rest[begin:]
		if f.scan(rest) {
			return f, rest, nil
		}
		f = fields{}
		failed := json.Unmarshal(rest, &f)
		if failed == nil {
			return f, rest, nil
		}
		if err == nil {
			err = failed
		}
		f, rest = fields{}, rest[1:]
	}
	if err == nil {
		err = json.Unmarshal(line, &f)
	}
	return fields{}, nil, err
}

func (f *fields) time() (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, f.TS)
	if err != nil {
		what := "an event " + f.Msg
		if f.Msg == "observation" {
			what = "an observation"
		}
		return time.Time{}, fmt.Errorf("%s whose ts %q is not RFC 3339", what, f.TS)
	}
	return at.UTC(), nil
}

func (f *fields) change() (record, error) {
	at, err := f.time()
	if err != nil {
		return record{}, err
	}
	if f.Signal == "" || f.Msg == "renamed" && f.To == "" {
		return record{}, fmt.Errorf("an event %s that does not name its signal", f.Msg)
	}
	r := record{at: at, what: retired, obs: messages.Observation{Signal: messages.Key(f.Signal)}, to: messages.Key(f.To)}
	if f.Msg == "renamed" {
		r.what = renamed
	}
	return r, nil
}

func (f *fields) observation() (record, error) {
	at, err := f.time()
	if err != nil {
		return record{}, err
	}
	level, err := messages.ParseLevel(f.State)
	if err != nil {
		return record{}, fmt.Errorf("an observation whose state is wrong: %w", err)
	}
	if f.Signal == "" {
		return record{}, errors.New("an observation without a signal")
	}
	r := record{at: at, probe: f.Probe, obs: messages.Observation{Signal: messages.Key(f.Signal), Level: level, Detail: f.Detail}}
	if f.Value != "" {
		v, err := f.Value.Float64()
		if err != nil {
			return record{}, fmt.Errorf("an observation whose value %q is not a number", f.Value)
		}
		r.obs = r.obs.WithValue(v)
	}
	return r, nil
}

// scan reads a flat object without escapes, as nearly every line is, several times
// faster than encoding/json. It returns false for anything else, which encoding/json
// must read.
func (f *fields) scan(line []byte) bool {
	rest, ok := cut(line, '{')
	for first := true; ok; first = false {
		if rest = skipSpace(rest); first && len(rest) > 0 && rest[0] == '}' {
			return len(skipSpace(rest[1:])) == 0
		}
		var name, value []byte
		if name, rest, ok = scanString(rest); !ok {
			return false
		}
		if rest, ok = cut(rest, ':'); !ok {
			return false
		}
		rest = skipSpace(rest)
		var isString bool
		if value, isString, rest, ok = scanValue(rest); !ok || !f.set(name, value, isString) {
			return false
		}
		rest = skipSpace(rest)
		if len(rest) > 0 && rest[0] == '}' {
			return len(skipSpace(rest[1:])) == 0
		}
		rest, ok = cut(rest, ',')
	}
	return false
}

// set stores a field. It returns false if the type is not the expected one.
func (f *fields) set(name, value []byte, isString bool) bool {
	switch string(name) {
	case "msg":
		f.Msg = string(value)
	case "ts":
		f.TS = string(value)
	case "signal":
		f.Signal = string(value)
	case "state":
		f.State = string(value)
	case "detail":
		f.Detail = string(value)
	case "probe":
		f.Probe = string(value)
	case "to":
		f.To = string(value)
	case "restored":
		f.Restored = string(value) == "true"
		return !isString
	case "value":
		if isString {
			return false
		}
		if string(value) != "null" {
			f.Value = json.Number(value)
		}
		return true
	default:
		// encoding/json also accepts "Msg" for msg; the daemon writes no such name.
		return !bytes.ContainsFunc(name, unicode.IsUpper)
	}
	return isString
}

func scanValue(b []byte) (value []byte, isString bool, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == '"' {
		value, rest, ok = scanString(b)
		return value, true, rest, ok
	}
	end := bytes.IndexAny(b, ",} \t")
	if end <= 0 {
		return nil, false, nil, false
	}
	value, rest = b[:end], b[end:]
	switch string(value) {
	case "true", "false", "null":
		return value, false, rest, true
	}
	return value, false, rest, isNumber(value)
}

// isNumber reports whether b is a JSON number, which is stricter than strconv: no hex,
// underscore, Inf, leading + or 0.
func isNumber(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && c != '-' && c != '.' && c != 'e' && c != 'E' && c != '+' {
			return false
		}
	}
	digits := bytes.TrimPrefix(b, []byte("-"))
	if len(digits) == 0 || digits[0] < '0' || digits[0] > '9' || (len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
		return false
	}
	if i := bytes.IndexByte(digits, '.'); i >= 0 && (i+1 == len(digits) || digits[i+1] < '0' || digits[i+1] > '9') {
		return false
	}
	_, err := strconv.ParseFloat(string(b), 64)
	return err == nil
}

func scanString(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return b[1:i], b[i+1:], true
		case c == '\\' || c < ' ' || c >= 0x80:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

func cut(b []byte, c byte) ([]byte, bool) {
	if b = skipSpace(b); len(b) == 0 || b[0] != c {
		return nil, false
	}
	return b[1:], true
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}
