package rule

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxNamesShown bounds how many names of an answer an explanation shows.
const maxNamesShown = 8

// found says where in an answer a field was found, or what is there instead. It returns nil if
// answer is empty.
func found(f Field, form Form, answer []byte) []string {
	switch {
	case len(answer) == 0:
		return nil
	case form == JSON && f.path != nil:
		return []string{foundPath(answer, f.path)}
	case form == Prometheus && f.sample != nil:
		return foundSamples(answer, f.sample)
	}
	return nil // the field's value says that it needs the other form
}

// foundPath follows a path as far as it exists, and describes where it ends.
func foundPath(body []byte, path []string) string {
	var at any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&at); err != nil {
		return "" // never: the answer is valid
	}
	var steps []string
	for i, step := range path {
		next, there := below(at, step)
		if !there {
			return whatIsThere(at, path[:i], step)
		}
		at = next
		steps = append(steps, fmt.Sprintf("%s (%s)", step, typeOf(at)))
	}
	return "found by the path " + strings.Join(steps, ", ")
}

// below returns the value that a step of a path leads to.
func below(at any, step string) (any, bool) {
	switch at := at.(type) {
	case map[string]any:
		next, there := at[step]
		return next, there
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || !isIndex(step) || i >= len(at) {
			return nil, false
		}
		return at[i], true
	}
	return nil, false
}

func whatIsThere(at any, path []string, step string) string {
	where := strings.Join(path, ".")
	if where == "" {
		where = "the answer"
	}
	switch at := at.(type) {
	case map[string]any:
		return fmt.Sprintf("%s is an object that has no %q; it has %s", where, step, someOf(slices.Sorted(maps.Keys(at))))
	case []any:
		return fmt.Sprintf("%s is a list of %s, and %q is none of them", where, counted(len(at), "element"), step)
	}
	return fmt.Sprintf("%s is %s, and nothing is below it", where, typeOf(at))
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return kindBoolean.String()
	case string:
		return kindText.String()
	case json.Number:
		return kindNumber.String()
	case []any:
		return "a list"
	}
	return "an object"
}

// foundSamples lists the samples with the selector's name or, if there are none, similar names.
func foundSamples(body []byte, s *selector) []string {
	names := make(map[string]bool)
	var heads []string
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		head, _ := cutHead(line)
		switch name := string(nameOf(head)); {
		case name == s.name || name == "" && bytes.Contains(head, []byte(strconv.Quote(s.name))):
			heads = append(heads, shortened(string(head), 120))
		case name != "":
			names[name] = true
		}
	}
	if len(heads) == 0 {
		return []string{fmt.Sprintf("no sample is named %s; the names most like it: %s", s.name, someOf(mostLike(names, s.name)))}
	}
	found := []string{fmt.Sprintf("found by its name among %s:", counted(len(heads), "sample"))}
	found = append(found, heads[:min(len(heads), maxNamesShown)]...)
	if more := len(heads) - maxNamesShown; more > 0 {
		found = append(found, fmt.Sprintf("… and %d more", more))
	}
	return found
}

// mostLike sorts names by the length of their common prefix with name.
func mostLike(names map[string]bool, name string) []string {
	shared := func(other string) int {
		n := 0
		for n < min(len(other), len(name)) && other[n] == name[n] {
			n++
		}
		return n
	}
	return slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(shared(b)-shared(a), cmp.Compare(a, b))
	})
}

func someOf(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	shown := make([]string, min(len(names), maxNamesShown))
	for i := range shown {
		shown[i] = shortened(names[i], 60)
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
