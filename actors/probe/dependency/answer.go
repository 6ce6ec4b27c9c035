package dependency

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/actors/peer"
)

const (
	maxBody  = 1 << 20 // bytes of an answer that are read
	maxShown = 80      // bytes of a value that are shown
)

// judge holds an answer against what was asked for. The body is read, up to its bound,
// also where nothing is asked of it: one that breaks off is no answer.
func (c *httpCheck) judge(t *trial, a *peer.Answer) error {
	if !c.wants(a.Status) {
		return at("status", fmt.Errorf("it answers %s", a.Refusal()))
	}
	body, whole, err := a.Read(maxBody)
	if err != nil {
		return err
	}
	t.done("body")
	if !bytes.Contains(body, []byte(c.Contains)) {
		return at("body", fmt.Errorf("its %s do not contain %q", size(len(body), whole), c.Contains))
	}
	return c.judgeJSON(a, body, whole)
}

func size(bytes int, whole bool) string {
	if whole {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("first %d bytes", bytes)
}

func (c *httpCheck) judgeJSON(a *peer.Answer, body []byte, whole bool) error {
	if len(c.JSON) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document any
	switch err := decoder.Decode(&document); {
	case err != nil && !whole:
		return at("body", errors.New("its JSON is larger than 1 MiB"))
	case err != nil:
		return at("body", fmt.Errorf("it is no JSON, it begins with %q", a.Said(string(body[:min(len(body), 4*maxShown)]), maxShown)))
	}
	for _, path := range slices.Sorted(maps.Keys(c.JSON)) {
		value, ok := field(document, path)
		if !ok {
			return at("body", fmt.Errorf("its JSON has no field %s", path))
		}
		if got := text(value); !equal(got, c.JSON[path]) {
			return at("body", fmt.Errorf("its JSON field %s is %q, not %q", path, a.Said(got, maxShown), c.JSON[path]))
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
