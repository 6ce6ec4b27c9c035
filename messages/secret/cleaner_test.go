package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// forms are the encodings in which a peer may repeat a secret.
var forms = map[string]func(string) string{
	"plain":          func(s string) string { return s },
	"upper case":     strings.ToUpper,
	"path":           url.PathEscape,
	"query":          url.QueryEscape,
	"JSON":           func(s string) string { text, _ := json.Marshal(s); return string(text[1 : len(text)-1]) },
	"HTML":           html.EscapeString,
	"base64":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64url":      func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"Basic":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte("watch:" + s)) },
	"Basic, shifted": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("watcher:" + s)) },
	"in a sentence":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + s + " is wrong")) },
	"hex":            func(s string) string { return hex.EncodeToString([]byte(s)) },
	"all percent": func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02x", s[i])
		}
		return b.String()
	},
	"all \\u": func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "\\u%04X", r)
		}
		return b.String()
	},
}

// A secret is masked in every form, and the text around it is kept.
func TestWhatAPeerRepeatsIsMasked(t *testing.T) {
	for _, s := range []string{"hunter2-and-more", `p"ä<s&s/w+r d=1`, "123456:ABC-def_ghi", `%2b"\\\&amp;+`} {
		c := NewCleaner(s)
		for name, form := range forms {
			text := form(s)
			got := c.Clean("it says '" + text + "', no more")
			if want := "it says '***', no more"; got != want {
				t.Errorf("%s of %q: %q came out as %q", name, s, text, got)
			}
		}
	}
}

// A short secret is masked only as a whole word.
func TestAShortSecretIsAWord(t *testing.T) {
	c := NewCleaner("pass", "ab")
	for text, want := range map[string]string{
		`{"status":"pass"}`:       `{"status":"***"}`,
		"401 password, no bypass": "401 password, no bypass",
		"PASS %70ass":             "*** ***",
		"ab":                      "ab", // two characters are no secret
	} {
		if got := c.Clean(text); got != want {
			t.Errorf("%q came out as %q, want %q", text, got, want)
		}
	}
}

// The start of a secret is masked too if the text was cut there.
func TestTheStartOfASecretIsMaskedWhereTheTextWasCut(t *testing.T) {
	c := NewCleaner("hunter2-and-more")
	for text, want := range map[string]string{
		"token hunter2…":     "token ***…",
		"token %68unt…":      "token ***…",
		"token hun…":         "token hun…", // too little to be of use
		"token aHVudGVyMi1…": "token ***…",
		"a hunter… or so":    "a ***… or so",
		"a hunter":           "a hunter",
	} {
		if got := c.Clean(text); got != want {
			t.Errorf("%q came out as %q, want %q", text, got, want)
		}
	}
}

// Text without a secret is unchanged, and no verb shows the secret.
func TestACleanerLeavesTheRest(t *testing.T) {
	c := NewCleaner("hunter2-and-more", "")
	for _, text := range []string{"", "502 Bad Gateway", "100 %, a+b & c \\", strings.Repeat("hunter2-", 100)} {
		if got := c.Clean(text); got != text {
			t.Errorf("%q came out as %q", text, got)
		}
	}
	if got := (*Cleaner)(nil).Clean("a"); got != "a" {
		t.Errorf("the nil Cleaner made %q", got)
	}
	if got := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(got, "hunter") {
		t.Error(got)
	}
}

// No form of any secret is left, whatever text precedes it.
func TestNoFormIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[!-~]{8,40}`).Draw(t, "secret")
		before := rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "before")
		name := rapid.SampledFrom([]string{"plain", "path", "query", "JSON", "HTML", "hex", "all percent"}).Draw(t, "form")
		got := NewCleaner(s).Clean(before + forms[name](s) + " ")
		if strings.Contains(got, forms[name](s)) {
			t.Fatalf("%s of %q is left in %q", name, s, got)
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(before + s))
		if got := NewCleaner(s).Clean(encoded); got != Mask {
			t.Fatalf("%q in base64 came out as %q", before+s, got)
		}
	})
}

func FuzzCleaner(f *testing.F) {
	f.Add("hunter2-and-more", "%68unter2-and-more &#x68;")
	f.Fuzz(func(t *testing.T, s, text string) {
		got := NewCleaner(s).Clean(text)
		if s = strings.TrimSpace(s); len(s) >= minInside && s != Mask && strings.Contains(got, s) {
			t.Errorf("%q is left in %q", s, got)
		}
	})
}
