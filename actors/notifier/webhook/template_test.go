package webhook

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

var names = []string{"title", "text"}

func filled(t interface{ Fatal(...any) }, text string, values map[string]string, escape func(string) string) string {
	parsed, err := parse(text, names)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.fill(values, escape)
}

// Only names in braces are placeholders. Braces of JSON are not.
func TestPlaceholders(t *testing.T) {
	values := map[string]string{"title": "T", "text": "x"}
	for text, want := range map[string]string{
		"":                                "",
		"{title}: {text}":                 "T: x",
		`{"a": {"{title}": ["{text}"]}}`:  `{"a": {"T": ["x"]}}`,
		"{ title } {} {1} {title {{text}": "{ title } {} {1} {title {x",
	} {
		if got := filled(t, text, values, asIs); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
	_, err := parse("{title} {titel}", names)
	if err == nil || !strings.Contains(err.Error(), "{titel}; there are: {title}, {text}") {
		t.Errorf("got %v", err)
	}
}

// No value can change what surrounds it: a JSON body keeps its structure, a header is one line,
// and a URL gets no further parts.
func TestAValueCannotEscapeItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		values := map[string]string{"title": value, "text": value}
		var body map[string][]string
		if err := json.Unmarshal([]byte(filled(t, `{"a": ["<{title}>", "b"]}`, values, inJSON)), &body); err != nil {
			t.Fatal(err)
		}
		if len(body) != 1 || len(body["a"]) != 2 || body["a"][0] != "<"+strings.ToValidUTF8(value, "�")+">" {
			t.Fatalf("%q came out as %q", value, body)
		}
		if line := filled(t, "a {title}", values, inHeader); strings.ContainsFunc(line, unicode.IsControl) {
			t.Fatalf("a header of %q", line)
		}
		u, err := url.Parse(filled(t, "http://host/{title}/end?a={text}&b=1", values, inURL))
		if err != nil || u.Host != "host" || u.Path != "/"+value+"/end" || u.Query().Get("a") != value || len(u.Query()) != 2 || u.Fragment != "" {
			t.Fatalf("%q came out as %v, %v", value, u, err)
		}
	})
}
