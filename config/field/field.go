package field

import "orchestrator-watchdog/messages/secret"

// Kind is a kind of configured thing: one row in the table of the package that uses it.
type Kind struct {
	Name     string          // the key that selects the kind
	New      func() Settings // returns settings with the defaults
	Form     string          // its shortest form, for the error about a single value
	Keys     string          // its keys, for docs/settings.md
	Examples []string        // items of a list, for the example file
	Note     string          // further sentences for docs/settings.md; may be empty
}

// Settings are the settings of one thing of a kind.
type Settings interface {
	// Fields returns the keys in the file.
	Fields() []Field
	// Check returns an error for each missing or conflicting setting. No error contains a secret.
	Check() []error
	// String returns what `watchdog config` shows, without secrets.
	String() string
}

// Named are settings of an item with a unique name.
type Named interface {
	Settings
	ItemName() string
}

// Declared are settings of one package that appear once in the file and can also be set by variables.
// The names of the fields are paths from the root of the file.
type Declared interface{ Fields() []Field }

// New returns new settings of a type.
func New[T any, P interface {
	*T
	Declared
}]() Declared {
	return P(new(T))
}

// Field is one key of a mapping: how its value is read and where it is stored.
type Field struct {
	Name    string
	Form    Form
	Key     func(key string) (string, error) // normalises a key of a Map
	Set     func(key, text string) error     // stores a value (key: of a Map); its error never quotes what may be secret
	Secrets func(text string) []string       // returns the secret parts of a value; nil: none
	File    bool                             // whether NAME_file may name a file with the value
	// Variable also sets it, and wins over the file; empty: none. Only for fields of Declared.
	Variable string
	About
}

// Form is the form of a field's value.
type Form int

// The forms of fields.
const (
	Value Form = iota
	List       // of values; a single value is accepted
	Map        // from keys to values
)

// About is the documentation of a field.
type About struct {
	Preset  string // its default, as text; empty: none
	Shown   string // how documents show the default, if not as Preset
	Example string // a value for documents, if there is no default
	Doc     string
	Restart bool   // a change takes effect only after a restart
	Before  string // the field that it precedes in documents, which must exist; empty: its place is where it is declared
}

// Of returns a field of one value.
func Of[T any](name string, target *T, parse func(string) (T, error)) Field {
	return Field{Name: name, Set: func(_, text string) error {
		parsed, err := parse(text)
		if err == nil {
			*target = parsed
		}
		return err
	}}
}

// ListOf returns a field of a list of values.
func ListOf[T any](name string, target *[]T, parse func(string) (T, error)) Field {
	var all []T // the first item replaces the default
	return Field{Name: name, Form: List, Set: func(_, text string) error {
		parsed, err := parse(text)
		if err == nil {
			all = append(all, parsed)
			*target = all
		}
		return err
	}}
}

// MapOf returns a field of keys and values.
func MapOf(name string, target *map[string]string, key, value func(string) (string, error)) Field {
	all := make(map[string]string) // the first entry replaces the default
	return Field{Name: name, Form: Map, Key: key, Set: func(key, text string) error {
		parsed, err := value(text)
		if err == nil {
			all[key] = parsed
			*target = all
		}
		return err
	}}
}

// Secret returns a field whose whole value is secret and can come from a file.
func Secret(name string, target *secret.Text) Field {
	return Of(name, target, func(s string) (secret.Text, error) { return secret.New(s), nil }).Hidden().OrFile()
}

// OrFile returns the field, which NAME_file may set too.
func (f Field) OrFile() Field {
	f.File = true
	return f
}

// Hidden returns the field with its whole value as a secret.
func (f Field) Hidden() Field { return f.Hiding(func(text string) []string { return []string{text} }) }

// Hiding returns the field with further secret parts in its value.
func (f Field) Hiding(within func(text string) []string) Field {
	before := f.Secrets
	f.Secrets = func(text string) []string {
		if before == nil {
			return within(text)
		}
		return append(before(text), within(text)...)
	}
	return f
}

// Below prefixes the names of the fields with the path, and returns them.
func Below(path string, fields []Field) []Field {
	for i := range fields {
		fields[i].Name = path + "." + fields[i].Name
	}
	return fields
}

// By returns the field with a variable that also sets it.
func (f Field) By(variable string) Field {
	f.Variable = variable
	return f
}

// With returns the field with its documentation.
func (f Field) With(a About) Field {
	f.About = a
	return f
}
