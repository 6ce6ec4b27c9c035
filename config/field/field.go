package field

import "orchestrator-watchdog/messages/secret"

// Kind is a kind of configured thing: one row in the table of the package that uses it.
type Kind struct {
	Name     string          // the key that tells it from the others
	New      func() Settings // with the defaults
	Form     string          // its shortest form, shown to a person who wrote a single value
	Keys     string          // what it takes, for docs/settings.md
	Examples []string        // items of a list, for the example file
	Note     string          // whole sentences for docs/settings.md; empty: there is nothing more to say
}

// Settings are those of one thing of a kind.
type Settings interface {
	// Fields are its keys in the file.
	Fields() []Field
	// Check says what is missing, and what does not go together. No error holds a secret.
	Check() []error
	// String is what `watchdog config` shows of it, without a secret.
	String() string
}

// Named are settings of one of many, each of another name.
type Named interface {
	Settings
	ItemName() string
}

// Section is what the file holds once, and variables set, too: the settings of one package. The
// names of its fields are paths from the root of the file.
type Section struct {
	Name string // stands in the table of config, where its rows are to be listed
	New  func() Declared
}

// Declared is what has fields.
type Declared interface{ Fields() []Field }

// Field is one key of a mapping: how its value is read, and where it goes.
type Field struct {
	Name    string
	Form    Form
	Key     func(key string) (string, error) // of a Map: how its key is kept
	Set     func(key, text string) error     // takes a value, with the key of a Map; its error never quotes what may be secret
	Secrets func(text string) []string       // what of the value is secret; nil: nothing
	File    bool                             // NAME_file exists, and names a file with the value
	// Variable sets it, too, and wins over the file; empty: there is none. Of a section alone.
	Variable string
	About
}

// Form is what a field takes.
type Form int

// The forms of fields.
const (
	Value Form = iota
	List       // of values, or a single one
	Map        // of keys to values
)

// About is what documents say of a field.
type About struct {
	Preset  string // its default, as text; empty: none
	Shown   string // how documents show the default, where that is not the text
	Example string // a value that documents can show, where the default shows none
	Doc     string
}

// Of is a field of one value.
func Of[T any](name string, target *T, parse func(string) (T, error)) Field {
	return Field{Name: name, Set: func(_, text string) error {
		parsed, err := parse(text)
		if err == nil {
			*target = parsed
		}
		return err
	}}
}

// ListOf is a field of many values.
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

// MapOf is a field of keys and values.
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

// Secret is a field whose value is a secret as a whole, and can come from a file.
func Secret(name string, target *secret.Text) Field {
	f := Of(name, target, func(s string) (secret.Text, error) { return secret.New(s), nil }).Hidden()
	f.File = true
	return f
}

// Hidden gives the field as one whose values are secrets as a whole.
func (f Field) Hidden() Field { return f.Hiding(func(text string) []string { return []string{text} }) }

// Hiding gives the field with more in its values that is secret.
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

// Below gives the fields with the path in front of their names.
func Below(path string, fields []Field) []Field {
	for i := range fields {
		fields[i].Name = path + "." + fields[i].Name
	}
	return fields
}

// By gives the field as one that a variable sets, too.
func (f Field) By(variable string) Field {
	f.Variable = variable
	return f
}

// With gives the field with what documents say of it.
func (f Field) With(a About) Field {
	f.About = a
	return f
}
