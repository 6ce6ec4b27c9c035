package orchestrator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"
)

// knownSchema is the highest schema_version whose fields this program knows.
const knownSchema = 1

// form is in which of the two forms an answer came.
type form uint8

const (
	jsonForm form = iota + 1
	promForm
)

func (f form) String() string {
	if f == jsonForm {
		return "JSON"
	}
	return "Prometheus text"
}

// envelope is a valid answer, less what nobody asked for.
type envelope struct {
	form        form
	schema      int // 0: it has none, where its form or the settings allow that
	generatedAt value
	values      []value // by slot
}

// reader reads answers for a set of fields that is known beforehand.
type reader struct {
	anyJSON bool
	paths   *picker
	samples *sampler
	slots   int
}

// The slots of the fields that are the envelope's own.
const (
	schemaSlot = iota
	generatedSlot
	ownSlots
)

func newReader(anyJSON bool) *reader {
	r := &reader{anyJSON: anyJSON, paths: newPicker(), samples: newSampler(), slots: ownSlots}
	r.paths.add([]string{"schema_version"}, schemaSlot)
	r.paths.add([]string{"generated_at"}, generatedSlot)
	return r
}

// slotsOf is where the values of a field stand, for either form.
type slotsOf struct{ json, prom int } // -1: the field can't be in this form

var nowhere = slotsOf{-1, -1}

// add asks for one more field.
func (r *reader) add(f field) slotsOf {
	at := nowhere
	if f.path != nil {
		at.json = r.paths.add(f.path, r.slots)
	}
	if f.sample != nil {
		at.prom = r.slots
		r.samples.add(f.sample, at.prom)
	}
	r.slots++
	return at
}

// read reads an answer. Its error says which way it is not an envelope.
func (r *reader) read(a answer) (envelope, error) {
	body := trimmed(a.body)
	if len(body) == 0 {
		return envelope{}, errors.New("the answer is empty")
	}
	if !utf8.Valid(body) {
		return envelope{}, errors.New("the answer is not valid UTF-8")
	}
	e := envelope{values: make([]value, r.slots)}
	var err error
	switch e.form = formOf(a.contentType, body); e.form {
	case jsonForm:
		err = r.readJSON(body, &e)
	default:
		err = r.readText(body, a.contentType, &e)
	}
	return e, err
}

// trimmed is a body without a byte order mark and the space around it.
func trimmed(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
}

// formOf goes by the Content-Type and, where that names neither form, by the first byte.
func formOf(contentType string, body []byte) form {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return jsonForm
	case kind == openMetricsType || kind == "text/plain" && params["version"] != "":
		return promForm
	}
	if body[0] == '{' || body[0] == '[' {
		return jsonForm
	}
	return promForm
}

const openMetricsType = "application/openmetrics-text"

func (r *reader) readJSON(body []byte, e *envelope) error {
	if !json.Valid(body) {
		return wrongJSON(body)
	}
	if body[0] != '{' && !r.anyJSON {
		return errors.New("the answer is JSON, but no object with a schema_version")
	}
	r.paths.pick(body, 0, e.values)
	e.generatedAt = e.values[generatedSlot]
	var err error
	if e.schema, err = schemaVersion(e.values[schemaSlot]); r.anyJSON {
		err = nil
	}
	return err
}

func wrongJSON(body []byte) error {
	if body[0] == '<' {
		return errors.New("the answer is HTML, though its Content-Type says JSON")
	}
	var syntax *json.SyntaxError
	err := json.Unmarshal(body, new(json.RawMessage))
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(body)) && strings.Contains(err.Error(), "unexpected end"):
		return errors.New("the answer is half a JSON: it ends in the middle")
	case errors.As(err, &syntax):
		return fmt.Errorf("the answer is no JSON: %w (at byte %d)", err, syntax.Offset)
	}
	return errors.New("the answer is no JSON")
}

func (r *reader) readText(body []byte, contentType string, e *envelope) error {
	if body[0] == '<' {
		return errors.New("the answer is HTML, no envelope")
	}
	kind, _, _ := strings.Cut(contentType, ";")
	err := r.samples.pick(body, strings.TrimSpace(kind) == openMetricsType, e.values)
	if err == nil {
		return nil
	}
	if body[0] == '{' || body[0] == '[' {
		return errors.New("the answer looks like JSON, though its Content-Type says Prometheus text")
	}
	if kind == "" {
		kind = "nothing"
	}
	return fmt.Errorf("the answer is no envelope (its Content-Type says %s): %w", strconv.Quote(shortened(kind, 60)), err)
}

// schemaVersion reads an integer of at least 1; 1.0 is one.
func schemaVersion(v value) (int, error) {
	switch {
	case v.problem != "":
		return 0, fmt.Errorf("its schema_version %s", v.problem)
	case v.kind == noValue:
		return 0, errors.New("the JSON has no schema_version (any JSON is taken with orchestrator.format: any-json)")
	case v.kind != aNumber || v.number < 1 || v.number != math.Trunc(v.number) || v.number > math.MaxInt32:
		return 0, fmt.Errorf("its schema_version is %s, not an integer of 1 or more", v)
	}
	return int(v.number), nil
}
