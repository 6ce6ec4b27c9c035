package dependency

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/jsonscan"
)

const (
	maxBody  = 1 << 20 // bytes read of a body
	maxShown = 80      // bytes shown of a value
)

// judge checks the status and the body of an answer. The body is read, up to maxBody, even
// if no setting asks for its content: a body that breaks off is a failure.
func (c *httpCheck) judge(t *trial, a *peer.Answer) error {
	if !c.acceptsStatus(a.Status) {
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
	var document json.RawMessage // a tree of values would take many times the memory
	switch err := json.NewDecoder(bytes.NewReader(body)).Decode(&document); {
	case err != nil && !whole:
		return at("body", errors.New("its JSON is larger than 1 MiB"))
	case err != nil:
		return at("body", fmt.Errorf("it is not JSON, it begins with %q", a.Sanitize(string(body[:min(len(body), 4*maxShown)]), maxShown)))
	}
	for _, path := range slices.Sorted(maps.Keys(c.JSON)) {
		value, ok := jsonscan.Field(document, path)
		if !ok {
			return at("body", fmt.Errorf("its JSON has no field %s", path))
		}
		if got := text(value); !equal(got, c.JSON[path]) {
			return at("body", fmt.Errorf("its JSON field %s is %q, not %q", path, a.Sanitize(got, maxShown), c.JSON[path]))
		}
	}
	return nil
}

// text returns a JSON value as a setting spells it.
func text(value []byte) string {
	if value[0] == '"' {
		return jsonscan.Text(value)
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, value) // the document is valid
	return compact.String()
}

// equal compares two values as text and, if both are numbers, as numbers: 1.0 equals 1.
func equal(got, want string) bool {
	if got == want {
		return true
	}
	a, errA := strconv.ParseFloat(got, 64)
	b, errB := strconv.ParseFloat(want, 64)
	return errA == nil && errB == nil && a == b
}
