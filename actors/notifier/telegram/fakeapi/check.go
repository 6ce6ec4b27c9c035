package fakeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
)

// readForm reads the parameters in any of the encodings that Telegram accepts.
func readForm(r *http.Request) (map[string]string, error) {
	form := make(map[string]string)
	body := io.LimitReader(r.Body, 1<<20)
	// Read to the end: only then does net/http notice that a client has disconnected.
	defer func() { _, _ = io.Copy(io.Discard, body) }()
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				return form, nil
			}
			if err != nil {
				return nil, err
			}
			value, err := io.ReadAll(part)
			if err != nil {
				return nil, err
			}
			name := part.FormName()
			if part.FileName() != "" { // a field with the same name may refer to the file
				name = "file " + name
			}
			form[name] = string(value)
		}
	case "application/json":
		var values map[string]json.RawMessage
		if err := json.NewDecoder(body).Decode(&values); err != nil {
			return nil, err
		}
		for name, value := range values {
			form[name] = strings.Trim(string(value), `"`)
		}
	case "application/x-www-form-urlencoded":
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(text))
		if err != nil {
			return nil, err
		}
		for name := range values {
			form[name] = values.Get(name)
		}
	}
	return form, nil
}

// check validates a message as Telegram does.
func check(form map[string]string) *Refusal {
	text := form["text"]
	if form["chat_id"] == "" {
		return &Refusal{Code: 400, Description: "Bad Request: chat_id is empty"}
	}
	if strings.EqualFold(form["parse_mode"], "HTML") {
		plain, _, err := plainText(text)
		if err != nil {
			return &Refusal{Code: 400, Description: "Bad Request: can't parse entities: " + err.Error()}
		}
		text = plain
	}
	switch {
	case strings.TrimSpace(text) == "":
		return &Refusal{Code: 400, Description: "Bad Request: message text is empty"}
	case units(text) > 4096:
		return &Refusal{Code: 400, Description: "Bad Request: message is too long"}
	}
	return nil
}

var (
	tag    = regexp.MustCompile(`<(/?)([a-zA-Z-]+)([^<>]*)>`)
	entity = regexp.MustCompile(`&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);`)
)

var knownTags = map[string]bool{
	"b": true, "strong": true, "i": true, "em": true, "u": true, "ins": true, "s": true, "strike": true, "del": true,
	"span": true, "tg-spoiler": true, "a": true, "tg-emoji": true, "code": true, "pre": true, "blockquote": true,
}

// span is a part of a text. Its numbers are in UTF-16 code units.
type span struct{ offset, length int }

// plainText parses text as Telegram does. It returns the text that people read, and its
// monospaced parts.
func plainText(text string) (plain string, code []span, err error) {
	var open []string
	var out strings.Builder
	length, began, rest := 0, 0, 0
	write := func(bare string) error {
		if strings.Contains(bare, "<") {
			return errors.New("Unsupported start tag")
		}
		bare = entity.ReplaceAllStringFunc(bare, html.UnescapeString)
		length += units(bare)
		out.WriteString(bare)
		return nil
	}
	for _, m := range tag.FindAllStringSubmatchIndex(text, -1) {
		if err := write(text[rest:m[0]]); err != nil {
			return "", nil, err
		}
		rest = m[1]
		name, opens := strings.ToLower(text[m[4]:m[5]]), m[2] == m[3]
		switch {
		case !knownTags[name]:
			return "", nil, fmt.Errorf("Unsupported start tag %q", name)
		case opens:
			open, began = append(open, name), length
		case len(open) == 0 || open[len(open)-1] != name:
			return "", nil, fmt.Errorf("Unmatched end tag %q", name)
		default:
			open = open[:len(open)-1]
			if name == "code" {
				code = append(code, span{began, length - began})
			}
		}
	}
	if len(open) > 0 {
		return "", nil, fmt.Errorf("Can't find end tag corresponding to start tag %q", open[len(open)-1])
	}
	if err := write(text[rest:]); err != nil {
		return "", nil, err
	}
	return out.String(), code, nil
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }
