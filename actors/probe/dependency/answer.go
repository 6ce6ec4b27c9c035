package dependency

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxBody bounds what is read of an answer, in bytes.
const maxBody = 1 << 20

// wants tells whether a status is well.
func (c *httpCheck) wants(status int) bool {
	if len(c.Status) == 0 {
		return status/100 == 2
	}
	return slices.Contains(c.Status, status)
}

// judge holds an answer against what was asked for. The body is read, up to its bound,
// also where nothing is asked of it: one that breaks off is no answer.
func (c *httpCheck) judge(t *trial, a *answer) error {
	if !c.wants(a.response.StatusCode) {
		return at("status", fmt.Errorf("it answers %s", bounded(a.response.Status, 80)))
	}
	if c.Contains == "" && len(c.JSON) == 0 {
		_, err := io.Copy(io.Discard, io.LimitReader(a.response.Body, maxBody))
		return t.read(err)
	}
	body, err := io.ReadAll(io.LimitReader(a.response.Body, maxBody))
	if err = t.read(err); err != nil {
		return err
	}
	if !bytes.Contains(body, []byte(c.Contains)) {
		return at("body", fmt.Errorf("its %d bytes do not contain %q", len(body), c.Contains))
	}
	return c.judgeJSON(body)
}

// read closes the step of the body.
func (t *trial) read(err error) error {
	if err != nil {
		return t.failed("body", err)
	}
	t.done("body")
	return nil
}

func (c *httpCheck) judgeJSON(body []byte) error {
	if len(c.JSON) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return at("body", errors.New("it is no JSON, or larger than 1 MiB"))
	}
	for _, path := range slices.Sorted(maps.Keys(c.JSON)) {
		value, ok := field(document, path)
		if !ok {
			return at("body", fmt.Errorf("its JSON has no field %s", path))
		}
		if got := text(value); !equal(got, c.JSON[path]) {
			return at("body", fmt.Errorf("its JSON field %s is %q, not %q", path, bounded(got, 80), c.JSON[path]))
		}
	}
	return nil
}

// field finds the value at a dotted path; a part that is a number is an index of a list.
// A key that itself has dots in it is found where it stands at the top.
func field(value any, path string) (any, bool) {
	if object, ok := value.(map[string]any); ok {
		if whole, ok := object[path]; ok {
			return whole, true
		}
	}
	part, rest, more := strings.Cut(path, ".")
	switch v := value.(type) {
	case map[string]any:
		next, ok := v[part]
		if !ok {
			return nil, false
		}
		value = next
	case []any:
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(v) {
			return nil, false
		}
		value = v[i]
	default:
		return nil, false
	}
	if !more {
		return value, true
	}
	return field(value, rest)
}

// text gives a JSON value as a setting spells it.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	compact, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(compact)
}

// equal compares as text and, where both are numbers, as numbers: 1.0 is 1.
func equal(got, want string) bool {
	if got == want {
		return true
	}
	a, errA := strconv.ParseFloat(got, 64)
	b, errB := strconv.ParseFloat(want, 64)
	return errA == nil && errB == nil && a == b
}
