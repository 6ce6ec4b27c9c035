package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// reader reads a YAML file, and collects its problems.
type reader struct {
	file   string // name in errors
	errs   *[]error
	places map[string]string // file, line and column of each path
}

// value is one node of the file, with its path from the root.
type value struct {
	r    *reader
	node ast.Node
	path string
}

// fields are the known keys of a mapping, each with the function that reads its value.
type fields map[string]func(value)

// parseYAML returns the root of the only document of a file; ok is false if there is none.
func (r *reader) parseYAML(text []byte) (root value, ok bool) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if problem := tooMuch(text); problem != "" {
		*r.errs = append(*r.errs, fmt.Errorf("%s: %s", r.file, problem))
		return value{}, false
	}
	tokens := lexer.Tokenize(string(text))
	if at, problem := exceeds(tokens); at != nil {
		*r.errs = append(*r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, at.Position.Line, at.Position.Column, problem))
		return value{}, false
	}
	file, err := parser.Parse(tokens, 0)
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
	second.fail("a second document: put everything into one")
	return value{}, false
}

// syntaxError returns the library's message without the lines around it, which may contain secrets.
func syntaxError(err error) string {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) {
		return " this is not valid YAML"
	}
	at := syntax.GetToken().Position
	return fmt.Sprintf("%d:%d: %s", at.Line, at.Column, withoutQuotes(syntax.GetMessage()))
}

// withoutQuotes removes what a message quotes from the file.
func withoutQuotes(message string) string {
	if strings.HasPrefix(message, "mapping key") {
		return "this key is set twice"
	}
	if strings.HasPrefix(message, "found character '\t'") {
		return "there is a tab: YAML is indented with spaces only"
	}
	if strings.HasPrefix(message, "found character") || strings.HasSuffix(message, "is a reserved character") {
		return "this character can't begin anything here: put the value in quotes"
	}
	if at := strings.IndexAny(message, "\"'`"); at >= 0 {
		message = message[:at]
	}
	return "this is not valid YAML: " + strings.Trim(message, " :")
}

// place returns the file, line and column of a node.
func (r *reader) place(n ast.Node) string {
	at := n.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", r.file, at.Line, at.Column)
}

// at returns the value of a node, and records its place.
func (r *reader) at(n ast.Node, path string) value {
	r.places[path] = r.place(n)
	return value{r, n, path}
}

// fail records a problem at the value's place.
func (v value) fail(format string, args ...any) {
	where := v.r.place(v.node) + ": "
	if v.path != "" {
		where += v.path + ": "
	}
	*v.r.errs = append(*v.r.errs, errors.New(where+fmt.Sprintf(format, args...)))
}

// well reads the value, and reports whether that caused no problem.
func (v value) well(read func(value)) bool {
	before := len(*v.r.errs)
	read(v)
	return len(*v.r.errs) == before
}

// origin returns the file and line of the value, for people.
func (v value) origin() string {
	return fmt.Sprintf("%s:%d", v.r.file, v.node.GetToken().Position.Line)
}

// entry is one key of a mapping and its value.
type entry struct {
	key   string
	node  ast.Node // of the key
	value value
}

// entries returns the entries of a mapping in order. A key that is no plain text is a
// problem; the library refuses duplicate keys.
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
		all = append(all, entry{name, n.Key, v.r.at(n.Value, join(v.path, name))})
	}
	return all
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// object reads a mapping with known keys.
func (v value) object(known fields) {
	for _, e := range v.entries() {
		read, ok := known[e.key]
		if !ok {
			value{v.r, e.node, v.path}.unknown(e.key, known)
			continue
		}
		if _, isNull := e.value.node.(*ast.NullNode); isNull {
			continue // a key without a value counts as missing
		}
		read(e.value)
	}
}

// keyForm matches keys. Anything else may be a secret value in the place of a key.
var keyForm = regexp.MustCompile(`^[a-z_]{1,32}$`)

func (v value) unknown(key string, known fields) {
	shown := "this key"
	if keyForm.MatchString(key) {
		shown = "the key " + key
	}
	v.fail("%s is not known here%s", shown, Hint(key, slices.Collect(maps.Keys(known))))
}

// list returns the items of a sequence.
func (v value) list() []value {
	sequence, ok := v.node.(*ast.SequenceNode)
	if !ok {
		v.fail("this has to be a list")
		return nil
	}
	items := make([]value, len(sequence.Values))
	for i, n := range sequence.Values {
		items[i] = v.r.at(n, fmt.Sprintf("%s[%d]", v.path, i))
	}
	return items
}

// text returns a scalar as it is written.
func (v value) text() (string, bool) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		v.fail("anchors, aliases and tags are not supported: write the value out")
		return "", false
	}
	v.fail("this has to be a single value")
	return "", false
}

// set returns a function that reads a scalar with a parser; its error becomes a problem.
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

// setOptional is like set for an optional value.
func setOptional[T any](target **T, parse func(string) (T, error)) func(value) {
	return func(v value) {
		var parsed T
		if v.well(set(&parsed, parse)) {
			*target = &parsed
		}
	}
}

// setList is like set for a list of scalars, or a single one.
func setList[T any](target *[]T, parse func(string) (T, error)) func(value) {
	return func(v value) {
		items := []value{v}
		if _, isList := v.node.(*ast.SequenceNode); isList {
			items = v.list()
		}
		*target = nil
		for _, item := range items {
			var parsed T
			if item.well(set(&parsed, parse)) {
				*target = append(*target, parsed)
			}
		}
	}
}
