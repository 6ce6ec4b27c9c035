package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// minClean is the length of the shortest secret to search for, in bytes. Shorter ones occur
	// in ordinary text by chance.
	minClean = 3
	// minInside is the length from which a secret is also masked inside a longer word, in bytes.
	minInside = 8
	// minEncoded is the length of the shortest base64 or hex form to search for, in bytes.
	minEncoded = 6
	// minCut is how many bytes of a form must precede cutMark to count as the whole form.
	minCut = 4
	// cutMark marks where a text was cut.
	cutMark = "…"
)

// Cleaner masks our own credentials in text from a peer. A peer may repeat them verbatim, in
// any letter case, escaped for a URL, JSON or HTML, and in base64 or hex. The nil Cleaner
// masks nothing. A Cleaner is immutable.
type Cleaner struct {
	patterns []pattern
	starts   [256]bool // bytes that a match can begin with
}

// pattern is one form of a secret.
type pattern struct {
	text    string
	fold    bool // ignore the letter case
	alone   bool // match only whole words
	encoded bool // base64 or hex: mask the whole run around the match
}

// NewCleaner returns a Cleaner for all secrets that one peer receives; nil if there is none to
// search for.
func NewCleaner(secrets ...string) *Cleaner {
	c := &Cleaner{}
	for _, s := range secrets {
		c.add(strings.TrimSpace(s))
	}
	if c.patterns == nil {
		return nil
	}
	// Longest first, since one secret may be part of another.
	slices.SortStableFunc(c.patterns, func(a, b pattern) int { return cmp.Compare(len(b.text), len(a.text)) })
	for _, p := range c.patterns {
		c.startWith(p.text)
	}
	return c
}

// startWith adds the bytes that a form of the text can begin with to starts.
func (c *Cleaner) startWith(text string) {
	first, _ := utf8.DecodeRuneInString(text)
	for _, form := range []string{text, strings.ToLower(string(first)), strings.ToUpper(string(first)), `%`, `\`, `&`, `+`} {
		c.starts[form[0]] = true
	}
}

// Format implements fmt.Formatter, so that no verb shows the secrets.
func (c *Cleaner) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("a cleaner of secrets"))
}

func (c *Cleaner) add(s string) {
	if len(s) < minClean {
		return
	}
	c.patterns = append(c.patterns, pattern{text: s, fold: true, alone: len(s) < minInside})
	c.addEncoded(hex.EncodeToString([]byte(s)), true)
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			c.addEncoded(base64Core(encoding, s, before), false)
		}
	}
}

func (c *Cleaner) addEncoded(text string, fold bool) {
	p := pattern{text: text, fold: fold, encoded: true}
	if len(text) >= minEncoded && !slices.Contains(c.patterns, p) {
		c.patterns = append(c.patterns, p)
	}
}

// base64Core returns the base64 characters that depend only on s if before other bytes,
// modulo 3, precede it.
func base64Core(encoding *base64.Encoding, s string, before int) string {
	all := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
	if (before+len(s))%3 != 0 {
		all = all[:len(all)-1] // the last character depends on the byte after s
	}
	first := []int{0, 2, 3}[before]
	return all[min(first, len(all)):]
}

// Clean returns the text with every form of every secret masked.
func (c *Cleaner) Clean(text string) string {
	if c == nil {
		return text
	}
	var clean strings.Builder
	done := 0 // text[:done] was copied or masked
	for i := 0; i < len(text); i++ {
		if !c.starts[text[i]] {
			continue
		}
		begin, end := c.match(text, i)
		if end == 0 {
			continue
		}
		clean.WriteString(text[done:max(begin, done)])
		clean.WriteString(Mask)
		done, i = end, end-1
	}
	if done == 0 {
		return text
	}
	clean.WriteString(text[done:])
	return clean.String()
}

// match returns the part of the text to mask for a form of a secret that begins at i; end is 0
// if none does.
func (c *Cleaner) match(text string, i int) (begin, end int) {
	for _, p := range c.patterns {
		n := p.length(text[i:])
		switch {
		case n == 0, p.alone && !standsAlone(text, i, i+n):
		case p.encoded:
			return run(text, i, i+n)
		default:
			return i, i + n
		}
	}
	return 0, 0
}

// readings are the ways to read a text, each by the first bytes of the escapes that it decodes:
// none, all, those of URLs, JSON, HTML. What escapes in one format may be part of the secret in another.
var readings = [...]string{"", `%+\&`, "%+", `\`, "&"}

// length returns how many bytes at the start of the text match the pattern, verbatim or
// escaped; 0: no match.
func (p *pattern) length(text string) int {
	for _, escapes := range readings {
		if n := p.prefix(text, escapes); n > 0 {
			return n
		}
	}
	return 0
}

// prefix is length for one reading of the text.
func (p *pattern) prefix(text, escapes string) int {
	at := 0
	for rest := p.text; rest != ""; {
		if at == len(text) {
			return 0
		}
		if strings.HasPrefix(text[at:], cutMark) && len(p.text)-len(rest) >= minCut {
			return at
		}
		used, width := 0, 0
		if strings.IndexByte(escapes, text[at]) >= 0 {
			var meant string
			if meant, used = unescape(text[at:]); used > 0 && !sameText(meant, rest[:min(len(meant), len(rest))], p.fold) {
				used = 0
			}
			width = len(meant)
		}
		if used == 0 {
			theirs, n := utf8.DecodeRuneInString(text[at:])
			ours, m := utf8.DecodeRuneInString(rest)
			if theirs != ours && (!p.fold || !strings.EqualFold(string(theirs), string(ours))) {
				return 0
			}
			used, width = n, m
		}
		at, rest = at+used, rest[width:]
	}
	return at
}

// maxEntity is the longest HTML entity that is decoded, in bytes, as &quot; or &#x0026;.
const maxEntity = 10

// unescape decodes one escape of a URL, JSON or HTML at the start of the text. length is 0 if
// there is none.
func unescape(text string) (meant string, length int) {
	switch {
	case text[0] == '+':
		return " ", 1
	case text[0] == '%' && len(text) >= 3:
		if b, err := strconv.ParseUint(text[1:3], 16, 8); err == nil {
			return string([]byte{byte(b)}), 3
		}
	case text[0] == '\\' && len(text) >= 6 && text[1] == 'u':
		if r, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
			return string(rune(r)), 6
		}
	case text[0] == '\\' && len(text) >= 4 && text[1] == 'x':
		if b, err := strconv.ParseUint(text[2:4], 16, 8); err == nil {
			return string([]byte{byte(b)}), 4
		}
	case text[0] == '\\' && len(text) >= 2:
		return text[1:2], 2
	case text[0] == '&':
		if n := strings.IndexByte(text[:min(len(text), maxEntity)], ';') + 1; n > 0 {
			if meant := html.UnescapeString(text[:n]); meant != text[:n] {
				return meant, n
			}
		}
	}
	return "", 0
}

// run widens a match to the whole run of base64 or hex around it, since the rest of the run
// holds bits of the secret too.
func run(text string, begin, end int) (from, to int) {
	for begin > 0 && isBase64(text[begin-1]) {
		begin--
	}
	for end < len(text) && (isBase64(text[end]) || text[end] == '=') {
		end++
	}
	return begin, end
}

func isBase64(b byte) bool {
	return b < utf8.RuneSelf && isLetter(b) || strings.IndexByte("+/-_", b) >= 0
}

// isLetter reports whether the byte is a letter or digit. A byte beyond ASCII counts as a letter.
func isLetter(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= utf8.RuneSelf
}

func standsAlone(text string, begin, end int) bool {
	before := begin == 0 || !isLetter(text[begin-1])
	return before && (end == len(text) || !isLetter(text[end]) || strings.HasPrefix(text[end:], cutMark))
}

func sameText(a, b string, fold bool) bool { return a == b || fold && strings.EqualFold(a, b) }
