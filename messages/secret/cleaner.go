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
	// minClean is the length of the shortest secret that is searched for: anything shorter
	// stands in ordinary text by chance.
	minClean = 3
	// minInside is the length from which a secret is found inside a longer word. A shorter
	// one counts only where it stands alone.
	minInside = 8
	// minEncoded is the length of the shortest base64 or hex form that is searched for.
	minEncoded = 6
	// minCut is how much of the start of a form counts as the whole where the text was cut.
	minCut = 4
	// cutMark stands where a text was cut.
	cutMark = "…"
)

// Cleaner masks our own credentials in what a peer says. A peer may repeat them as they
// are, in any letter case, escaped for a URL, JSON or HTML, and in base64 or hex. The nil
// Cleaner masks nothing. A Cleaner is immutable.
type Cleaner struct {
	patterns []pattern
	starts   [256]bool // bytes that a match can begin with
}

// pattern is one form of a secret.
type pattern struct {
	text    string
	fold    bool // the letter case does not matter
	alone   bool // it counts only as a whole word
	encoded bool // base64 or hex: the whole run around it is masked
}

// NewCleaner makes a Cleaner of all secrets that one peer is given. Without any it is nil.
func NewCleaner(secrets ...string) *Cleaner {
	c := &Cleaner{}
	for _, s := range secrets {
		c.add(strings.TrimSpace(s))
	}
	if c.patterns == nil {
		return nil
	}
	// The longest first: one secret may be part of another.
	slices.SortStableFunc(c.patterns, func(a, b pattern) int { return cmp.Compare(len(b.text), len(a.text)) })
	for _, p := range c.patterns {
		c.startWith(p.text)
	}
	return c
}

// startWith notes the bytes that a form of the text can begin with.
func (c *Cleaner) startWith(text string) {
	first, _ := utf8.DecodeRuneInString(text)
	for _, form := range []string{text, strings.ToLower(string(first)), strings.ToUpper(string(first)), `%`, `\`, `&`, `+`} {
		c.starts[form[0]] = true
	}
}

// Format implements fmt.Formatter, so that no verb shows what is searched for.
func (c *Cleaner) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("a cleaner of secrets"))
}

func (c *Cleaner) add(s string) {
	if len(s) < minClean {
		return
	}
	c.patterns = append(c.patterns, pattern{text: s, fold: true, alone: len(s) < minInside})
	c.encoded(hex.EncodeToString([]byte(s)), true)
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			c.encoded(core(encoding, s, before), false)
		}
	}
}

func (c *Cleaner) encoded(text string, fold bool) {
	p := pattern{text: text, fold: fold, encoded: true}
	if len(text) >= minEncoded && !slices.Contains(c.patterns, p) {
		c.patterns = append(c.patterns, p)
	}
}

// core gives the base64 characters that depend on s alone where so many other bytes,
// modulo 3, stand before it.
func core(encoding *base64.Encoding, s string, before int) string {
	all := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
	if (before+len(s))%3 != 0 {
		all = all[:len(all)-1] // its last bits are those of what follows
	}
	first := []int{0, 2, 3}[before]
	return all[min(first, len(all)):]
}

// Clean gives the text with every form of every secret masked.
func (c *Cleaner) Clean(text string) string {
	if c == nil {
		return text
	}
	var clean strings.Builder
	done := 0 // up to here the text was copied or masked
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

// match gives the part of the text to mask where a form of a secret begins at i; end is
// 0 where none does.
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

// length tells how many bytes at the start of the text spell the pattern; 0: they don't.
func (p *pattern) length(text string) int {
	if n := p.spelled(text, false); n > 0 {
		return n
	}
	return p.spelled(text, true)
}

// spelled compares rune by rune. With escapes, what can be read as an escape is.
func (p *pattern) spelled(text string, escapes bool) int {
	at := 0
	for rest := p.text; rest != ""; {
		if at == len(text) {
			return 0
		}
		if strings.HasPrefix(text[at:], cutMark) && len(p.text)-len(rest) >= minCut {
			return at
		}
		used, width := 0, 0
		if escapes {
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

// maxEntity bounds an entity of HTML, as &quot; or &#x0026;.
const maxEntity = 10

// unescape reads one escape of a URL, of JSON or of HTML: what it means, and its length.
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

// run widens a match to the whole run of base64 or hex that it stands in: the rest of the
// run holds bits of the secret too.
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

// isLetter tells letters and digits; any byte beyond ASCII is part of a letter.
func isLetter(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= utf8.RuneSelf
}

func standsAlone(text string, begin, end int) bool {
	before := begin == 0 || !isLetter(text[begin-1])
	return before && (end == len(text) || !isLetter(text[end]) || strings.HasPrefix(text[end:], cutMark))
}

func sameText(a, b string, fold bool) bool { return a == b || fold && strings.EqualFold(a, b) }
