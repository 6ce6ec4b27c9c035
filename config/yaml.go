package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader reads a YAML file, and collects what is wrong with it.
type reader struct {
	file string // as errors name it
	errs *[]error
}

// value is one node of the file, with its path from the root.
type value struct {
	r    *reader
	node ast.Node
	path string
}

// fields says what a mapping may hold: a function for each key.
type fields map[string]func(value)

// parseYAML gives the root of the one document of a file; ok is false where there is none.
func (r *reader) parseYAML(text []byte) (root value, ok bool) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		*r.errs = append(*r.errs, fmt.Errorf("%s:%s", r.file, syntaxError(err)))
		return value{}, false
	}
	documents := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(documents) {
	case 0:
		return value{}, false
	case 1:
		return value{r: r, node: documents[0].Body}, true
	}
	second := value{r: r, node: documents[1].Body}
	second.fail("a second document: everything belongs into one")
	return value{}, false
}

// syntaxError is the library's message without the lines around, which may hold secrets.
func syntaxError(err error) string {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		at := syntax.GetToken().Position
		return fmt.Sprintf("%d:%d: this is no YAML here: %s", at.Line, at.Column, withoutQuotes(syntax.GetMessage()))
	}
	return " this is no YAML"
}

// withoutQuotes drops what a message quotes of the file.
func withoutQuotes(message string) string {
	if at := strings.IndexAny(message, "\"'`"); at >= 0 && !strings.HasPrefix(message, "mapping key") {
		return strings.TrimSpace(message[:at])
	}
	return message
}

// fail notes a problem at the value's place.
func (v value) fail(format string, args ...any) {
	at := v.node.GetToken().Position
	where := fmt.Sprintf("%s:%d:%d: ", v.r.file, at.Line, at.Column)
	if v.path != "" {
		where += v.path + ": "
	}
	*v.r.errs = append(*v.r.errs, errors.New(where+fmt.Sprintf(format, args...)))
}

// origin is the value's place, for people.
func (v value) origin() string {
	return fmt.Sprintf("%s:%d", v.r.file, v.node.GetToken().Position.Line)
}

// entry is one key of a mapping and what it maps to.
type entry struct {
	key   string
	value value
}

// entries gives the keys of a mapping in their order. A key that stands twice, or
// that is no plain text, is a problem.
func (v value) entries() []entry {
	var nodes []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		nodes = n.Values
	case *ast.MappingValueNode:
		nodes = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil
	default:
		v.fail("this has to be a mapping (key: value)")
		return nil
	}
	var all []entry
	for _, n := range nodes {
		name := n.Key.GetToken().Value
		if _, isText := n.Key.(ast.ScalarNode); !isText {
			value{v.r, n, v.path}.fail("this key is not plain text")
			continue
		}
		e := entry{name, value{v.r, n.Value, join(v.path, name)}}
		if slices.ContainsFunc(all, func(other entry) bool { return other.key == name }) {
			value{v.r, n.Key, v.path}.fail("the key %q stands here twice", name)
			continue
		}
		all = append(all, e)
	}
	return all
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// object reads a mapping whose keys are known.
func (v value) object(known fields) {
	for _, e := range v.entries() {
		read, ok := known[e.key]
		if !ok {
			e.value.unknown(e.key, known)
			continue
		}
		if _, isNull := e.value.node.(*ast.NullNode); isNull {
			continue // a key without a value is as if it were not there
		}
		read(e.value)
	}
}

func (v value) unknown(key string, known fields) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	v.fail("there is no such key%s", hint(key, names))
}

// list gives the items of a sequence.
func (v value) list() []value {
	sequence, ok := v.node.(*ast.SequenceNode)
	if !ok {
		v.fail("this has to be a list")
		return nil
	}
	items := make([]value, len(sequence.Values))
	for i, n := range sequence.Values {
		items[i] = value{v.r, n, fmt.Sprintf("%s[%d]", v.path, i)}
	}
	return items
}

// text gives a scalar as it is written.
func (v value) text() (string, bool) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		v.fail("anchors, aliases and tags are not read here: write the value out")
		return "", false
	}
	v.fail("this has to be a single value")
	return "", false
}

// set reads a scalar by a parser, whose error becomes the problem.
func set[T any](target *T, parse func(string) (T, error)) func(value) {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := parse(text)
		if err != nil {
			v.fail("%v", err)
			return
		}
		*target = parsed
	}
}

// setOptional is set for a part that may be missing.
func setOptional[T any](target **T, parse func(string) (T, error)) func(value) {
	return func(v value) {
		var parsed T
		before := len(*v.r.errs)
		set(&parsed, parse)(v)
		if len(*v.r.errs) == before {
			*target = &parsed
		}
	}
}

// setList reads a list of scalars, or a single one.
func setList[T any](target *[]T, parse func(string) (T, error)) func(value) {
	return func(v value) {
		items := []value{v}
		if _, isList := v.node.(*ast.SequenceNode); isList {
			items = v.list()
		}
		*target = nil
		for _, item := range items {
			var parsed T
			before := len(*v.r.errs)
			set(&parsed, parse)(item)
			if len(*v.r.errs) == before {
				*target = append(*target, parsed)
			}
		}
	}
}

func plainText(text string) (string, error) { return text, nil }

func wholeNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	return n, nil
}

func number(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f-f != 0 {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return f, nil
}

func boolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

// duration reads a Go duration, or whole days as 14d.
func duration(text string) (time.Duration, error) {
	const advice = "is no duration such as 30s, 5m, 1h30m or 14d"
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q %s", text, advice)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q %s", text, advice)
	case d < 0:
		return 0, fmt.Errorf("%q is negative", text)
	}
	return d, nil
}
