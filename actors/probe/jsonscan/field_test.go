package jsonscan

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// inTree finds the value at a path in a decoded document.
func inTree(value any, path string) (any, bool) {
	part, rest, more := strings.Cut(path, ".")
	switch v := value.(type) {
	case map[string]any:
		if whole, ok := v[path]; ok {
			return whole, true
		}
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
	return inTree(value, rest)
}

// For every document and path, Field finds the same value as a search in the decoded document.
func FuzzField(f *testing.F) {
	for document, path := range map[string]string{
		`{"a":{"b":[1,"x",null]}}`: "a.b.1", `{"a.b":true,"a":{"b":false}}`: "a.b", `[[[]]]`: "0.0.-1", `3`: "",
		`{"a":1,"a":{"b":2}}`: "a.b", `{"":{"":3}}`: ".", "{ \"\\u0061\" :\t[ 1 , 2 ] }": "a.1", `[]`: "0", `{}`: "a",
	} {
		f.Add(document, path)
	}
	f.Fuzz(func(t *testing.T, document, path string) {
		var tree any
		if json.Unmarshal([]byte(document), &tree) != nil || strings.Count(path, ".") > 100 {
			return
		}
		doc := []byte(document)
		want, wantOK := inTree(tree, path)
		raw, ok := Field(doc[Space(doc, 0):], path)
		var got any
		if ok {
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatalf("%q at %q of %q: %v", raw, path, document, err)
			}
		}
		if ok != wantOK || !reflect.DeepEqual(got, want) {
			t.Errorf("%q of %q: got %v (%t), want %v (%t)", path, document, got, ok, want, wantOK)
		}
	})
}
