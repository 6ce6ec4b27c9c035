package telegramtest

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

// readForm reads the parameters in any of the ways that Telegram takes.
func readForm(r *http.Request) (map[string]string, error) {
	form := make(map[string]string)
	body := io.LimitReader(r.Body, 1<<20)
	// To its very end: net/http notices that a client has gone only then.
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
			form[part.FormName()] = string(value)
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

// check refuses what Telegram refuses.
func check(form map[string]string) *Refusal {
	text := form["text"]
	if form["chat_id"] == "" {
		return &Refusal{Code: 400, Description: "Bad Request: chat_id is empty"}
	}
	if strings.EqualFold(form["parse_mode"], "HTML") {
		plain, err := plainText(text)
		if err != nil {
			return &Refusal{Code: 400, Description: "Bad Request: can't parse entities: " + err.Error()}
		}
		text = plain
	}
	switch {
	case strings.TrimSpace(text) == "":
		return &Refusal{Code: 400, Description: "Bad Request: message text is empty"}
	case len(utf16.Encode([]rune(text))) > 4096:
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

// plainText is the text that people read, or why Telegram can't parse it.
func plainText(text string) (string, error) {
	var open []string
	for _, m := range tag.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[2])
		switch {
		case !knownTags[name]:
			return "", fmt.Errorf("Unsupported start tag %q", name)
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return "", fmt.Errorf("Unmatched end tag %q", name)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("Can't find end tag corresponding to start tag %q", open[len(open)-1])
	}
	bare := tag.ReplaceAllString(text, "")
	if strings.Contains(bare, "<") {
		return "", fmt.Errorf("Unsupported start tag")
	}
	return entity.ReplaceAllStringFunc(bare, html.UnescapeString), nil
}
