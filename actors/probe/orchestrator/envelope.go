package orchestrator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"mime"
	"strings"
	"unicode/utf8"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
)

// knownSchema is the highest known schema_version.
const knownSchema = 1

// envelope is a valid answer, reduced to the fields that are used.
type envelope struct {
	rule.Values
	schema      int // 0: none, which Prometheus text and any-json allow
	generatedAt rule.Value
}

// reader reads a fixed set of fields from answers.
type reader struct {
	*rule.Reader
	anyJSON             bool
	schema, generatedAt rule.Place
}

func newReader(anyJSON bool) *reader {
	r := &reader{Reader: rule.NewReader(), anyJSON: anyJSON}
	r.schema, r.generatedAt = r.Add(rule.Path("schema_version")), r.Add(rule.Path("generated_at"))
	return r
}

// read parses an answer. Its error says why the answer is not an envelope.
func (r *reader) read(a answer) (envelope, error) {
	body := trimmed(a.body)
	if len(body) == 0 {
		return envelope{}, errors.New("the answer is empty")
	}
	if !utf8.Valid(body) {
		return envelope{}, errors.New("the answer is not valid UTF-8")
	}
	if formOf(a.contentType, body) == rule.JSON {
		return r.readJSON(body)
	}
	return r.readText(body, a.contentType)
}

// trimmed returns a body without its byte order mark and surrounding space.
func trimmed(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
}

// formOf tells the form by the Content-Type or, if that names neither form, by the first byte.
func formOf(contentType string, body []byte) rule.Form {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return rule.JSON
	case kind == openMetricsType || kind == "text/plain" && params["version"] != "":
		return rule.Prometheus
	}
	if body[0] == '{' || body[0] == '[' {
		return rule.JSON
	}
	return rule.Prometheus
}

const openMetricsType = "application/openmetrics-text"

func (r *reader) readJSON(body []byte) (e envelope, err error) {
	e.Form = rule.JSON
	if !json.Valid(body) {
		return e, wrongJSON(body)
	}
	if body[0] != '{' && !r.anyJSON {
		return e, errors.New("the answer is JSON, but not an object with a schema_version")
	}
	e.Values = r.JSON(body)
	e.generatedAt = e.At(r.generatedAt)
	if e.schema, err = schemaVersion(e.At(r.schema)); r.anyJSON {
		err = nil
	}
	return e, err
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
		return fmt.Errorf("the answer is not JSON: %w (at byte %d)", err, syntax.Offset)
	}
	return errors.New("the answer is not JSON")
}

func (r *reader) readText(body []byte, contentType string) (e envelope, err error) {
	e.Form = rule.Prometheus
	if body[0] == '<' {
		return e, errors.New("the answer is HTML, not an envelope")
	}
	kind, _, _ := strings.Cut(contentType, ";")
	e.Values, err = r.Text(body, strings.TrimSpace(kind) == openMetricsType)
	if err == nil {
		return e, nil
	}
	if body[0] == '{' || body[0] == '[' {
		return e, errors.New("the answer looks like JSON, though its Content-Type says Prometheus text")
	}
	return e, fmt.Errorf("the answer is not an envelope (its Content-Type says %.60q): %w", cmp.Or(kind, "nothing"), err)
}

// schemaVersion parses an integer of at least 1; 1.0 is an integer.
func schemaVersion(v rule.Value) (int, error) {
	n, ok := v.Number()
	switch {
	case v.Absent():
		return 0, errors.New("the JSON has no schema_version (any JSON is taken with orchestrator.format: any-json)")
	case v.Unusable():
		return 0, fmt.Errorf("its schema_version %s", v.Why())
	case !ok || n < 1 || n != math.Trunc(n) || n > math.MaxInt32:
		return 0, fmt.Errorf("its schema_version is %s, not an integer of 1 or more", v)
	}
	return int(n), nil
}
