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
	"time"
)

// knownSchema is the highest schema_version whose fields this program knows.
const knownSchema = 1

// envelope is a valid answer.
type envelope struct {
	schema      int       // 0: it has none, where the format allows that
	generatedAt time.Time // zero: it does not say
}

// parse reads an answer. Its error says which way it is not an envelope.
func parse(a answer, anyJSON bool) (envelope, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		return envelope{}, errors.New("the answer is empty")
	}
	if !isJSON(a.contentType, body) {
		return envelope{}, fmt.Errorf("the answer is no envelope but %s", kindOf(a.contentType, body))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		if anyJSON && json.Valid(body) {
			return envelope{}, nil // any JSON: also a list
		}
		return envelope{}, fmt.Errorf("the answer is no JSON object: %w", err)
	}
	e := envelope{generatedAt: timestamp(fields["generated_at"])}
	schema, err := schemaVersion(fields["schema_version"])
	if err != nil && !anyJSON {
		return envelope{}, err
	}
	e.schema = schema
	return e, nil
}

// isJSON goes by the Content-Type and, where that does not say, by the first byte.
func isJSON(contentType string, body []byte) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")) {
		return true
	}
	return body[0] == '{' || body[0] == '['
}

func kindOf(contentType string, body []byte) string {
	if body[0] == '<' {
		return "HTML"
	}
	if contentType == "" {
		return "something without a Content-Type"
	}
	kind, _, _ := strings.Cut(contentType, ";")
	return strconv.Quote(kind[:min(len(kind), 60)])
}

// schemaVersion reads an integer of at least 1; 1.0 is one.
func schemaVersion(raw json.RawMessage) (int, error) {
	if raw == nil {
		return 0, errors.New("the JSON has no schema_version (any JSON is taken with orchestrator.format: any-json)")
	}
	var n float64
	if err := json.Unmarshal(raw, &n); err != nil || n < 1 || n != math.Trunc(n) || n > math.MaxInt32 {
		return 0, fmt.Errorf("its schema_version is %.40s, not an integer of 1 or more", raw)
	}
	return int(n), nil
}

// timestamp reads RFC 3339 or Unix seconds; anything else is no time.
func timestamp(raw json.RawMessage) time.Time {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return time.Time{}
		}
		return at
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) == nil && seconds > 0 && seconds < 1e11 {
		whole, fraction := math.Modf(seconds)
		return time.Unix(int64(whole), int64(fraction*1e9))
	}
	return time.Time{}
}
