package webhook

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/actors/notifier"
)

// form describes how a service is asked and what its answers mean, according to its documentation.
type form struct {
	kind       string   // its name in the settings
	keys       []string // its settings, besides url and those of TLS
	example    string   // of its settings
	name       string   // its name in errors
	remedy     string   // for a permanent failure
	method     string   // empty: POST
	token      string   // "HEADER: SCHEME ", where the token goes; SCHEME may be empty
	secretPath bool     // the last part of the URL's path is a secret
	pace       bool     // it is a chat, with a limit on messages a minute
	limit      int      // the longest text that it accepts, measured by size
	size       func(string) int
	escape     func(string) string // for title and text; nil: none
	address    func(*url.URL, *Settings, message) (*url.URL, error)
	header     func(http.Header, *Channel, message)
	body       func(*Settings, message) any // a string is sent as plain text, all else as JSON
	code       func([]byte) string          // the error code in the body of an answer
	means      map[string]verdict           // by code or, if that is not in it, by status
}

// forms lists all kinds.
var forms = []*form{
	{
		kind: "ntfy", keys: []string{"token", "priority", "tags", "click"},
		example: `{name: phone, ntfy: {url: "https://ntfy.example.org/oncall", tags: [web]}} # and token_file`,
		name:    "ntfy", remedy: "check url and token: they must allow to write to the topic", token: "Authorization: Bearer ",
		limit: 4096, size: func(text string) int { return len(text) }, // ntfy turns a longer text into an attachment
		header: func(h http.Header, c *Channel, m message) {
			h.Set("Title", m.title())
			h.Set("Priority", strconv.Itoa(urgency(m, cmp.Or(c.Priority, 5), 2)))
			h.Set("Tags", strings.Join(append(slices.Clone(c.Tags), m.values["severity"], strings.ToLower(m.values["news"])), ","))
			if c.Click != "" {
				h.Set("Click", c.click.fill(m.values, inURL))
			}
		},
		body: func(_ *Settings, m message) any { return cmp.Or(m.text(), m.title()) },
		code: codeIn("code"),
		means: map[string]verdict{
			"40007": forGood, "40009": forGood, "40010": forGood, // priority and topic
		},
	},
	{
		kind: "gotify", keys: []string{"token", "priority"},
		example: `{name: push, gotify: {url: "https://gotify.example.org", token: an-application-token}} # or token_file`,
		name:    "Gotify", remedy: "check url, and that token is that of an application", token: "X-Gotify-Key: ",
		limit: 4096, size: notifier.UTF16Length, address: below("message"),
		body: func(o *Settings, m message) any {
			return map[string]any{"title": m.title(), "message": cmp.Or(m.text(), m.title()), "priority": urgency(m, cmp.Or(o.Priority, 8), 2)}
		},
	},
	{
		kind: "slack", keys: nil,
		example:    `{name: ops, slack: {url: "https://hooks.slack.com/services/T0/B0/token"}} # or url_file`,
		secretPath: true, name: "Slack", remedy: "make a new incoming webhook, and set its url", pace: true,
		limit: 4000, size: notifier.UTF16Length, escape: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace,
		body: func(_ *Settings, m message) any {
			return map[string]any{"text": m.whole(), "mrkdwn": false, "unfurl_links": false, "unfurl_media": false}
		},
		code: func(body []byte) string { return strings.TrimSpace(string(body)) },
		means: map[string]verdict{
			"invalid_payload": forContent, "no_text": forContent, "missing_text_or_fallback_or_attachments": forContent, "msg_too_long": forContent,
			"user_not_found": forGood, "channel_not_found": forGood, "channel_is_archived": forGood, "action_prohibited": forGood,
			"posting_to_general_channel_denied": forGood, "no_service": forGood, "no_service_id": forGood, "no_active_hooks": forGood,
			"no_team": forGood, "team_disabled": forGood, "invalid_token": forGood,
		},
	},
	{
		kind: "discord", keys: nil,
		example:    `{name: guild, discord: {url: "https://discord.com/api/webhooks/1/token"}} # or url_file`,
		secretPath: true, name: "Discord", remedy: "make a new webhook in the settings of the channel, and set its url", pace: true,
		limit: 2000, size: notifier.UTF16Length, escape: escaping("\\*_~`|<>[]()#"),
		address: func(u *url.URL, _ *Settings, _ message) (*url.URL, error) {
			query := u.Query()
			query.Set("wait", "true") // otherwise Discord reports no error if it does not save the message
			with := *u
			with.RawQuery = query.Encode()
			return &with, nil
		},
		body: func(_ *Settings, m message) any {
			const noEmbeds, silent = 1 << 2, 1 << 12
			flags := noEmbeds
			if !m.rings {
				flags |= silent
			}
			return map[string]any{"content": m.whole(), "flags": flags, "allowed_mentions": map[string]any{"parse": []string{}}}
		},
		code: codeIn("code"),
		means: map[string]verdict{
			"10003": forGood, "10015": forGood, "50013": forGood, "50027": forGood, // channel, webhook, rights, token
			"50006": forContent, "50035": forContent, "50109": forContent, // empty, invalid form, invalid JSON
		},
	},
	{
		kind: "mattermost", keys: nil,
		example:    `{name: team, mattermost: {url: "https://chat.example.org/hooks/token"}} # or url_file`,
		secretPath: true, name: "Mattermost", remedy: "make a new incoming webhook, and set its url", pace: true,
		limit: 4000, size: notifier.UTF16Length, escape: func(text string) string {
			return strings.ReplaceAll(escaping("\\*_~`|<>[]()#")(text), "@", "@\u200b") // a broken mention notifies nobody
		},
		body: func(_ *Settings, m message) any { return map[string]any{"text": m.whole()} },
		code: codeIn("id"),
		means: map[string]verdict{
			"web.incoming_webhook.invalid.app_error": forGood, "web.incoming_webhook.disabled.app_error": forGood,
			"web.incoming_webhook.channel.app_error": forGood, "web.incoming_webhook.channel_locked.app_error": forGood,
			"web.incoming_webhook.permissions.app_error": forGood, "web.incoming_webhook.user.app_error": forGood,
		},
	},
	{
		kind: "matrix", keys: []string{"room", "token"},
		example: `{name: room, matrix: {url: "https://matrix.example.org", room: "!abc:example.org", token: an-access-token}} # or token_file`,
		name:    "Matrix", remedy: "check url, room (its id, such as !abc:example.org) and token, and that the user has joined the room", pace: true,
		method: http.MethodPut, token: "Authorization: Bearer ", limit: 8000, size: notifier.UTF16Length,
		address: func(u *url.URL, o *Settings, m message) (*url.URL, error) {
			// The path is escaped here, since the id of a room may hold a slash.
			return u.Parse(strings.TrimRight(u.EscapedPath(), "/") + "/_matrix/client/v3/rooms/" + url.PathEscape(o.Room) + "/send/m.room.message/" + m.id)
		},
		body: func(_ *Settings, m message) any {
			event := map[string]any{"msgtype": "m.notice", "body": m.whole(), "m.mentions": map[string]any{}}
			if m.rings {
				event["msgtype"] = "m.text" // clients do not ring for a notice
			}
			if m.html != "" {
				event["format"], event["formatted_body"] = "org.matrix.custom.html", strings.ReplaceAll(m.html, "\n", "<br>")
			}
			return event
		},
		code: codeIn("errcode"),
		means: map[string]verdict{
			"M_UNKNOWN_TOKEN": forGood, "M_MISSING_TOKEN": forGood, "M_FORBIDDEN": forGood, "M_NOT_FOUND": forGood, "M_UNRECOGNIZED": forGood,
			"M_USER_DEACTIVATED": forGood, "M_GUEST_ACCESS_FORBIDDEN": forGood, "M_INVALID_PARAM": forGood,
			"M_TOO_LARGE": forContent, "M_BAD_JSON": forContent, "M_NOT_JSON": forContent, "M_LIMIT_EXCEEDED": tooMany,
		},
	},
	{
		kind: "apprise", keys: []string{"tags"},
		example:    `{name: rest, apprise: {url: "http://apprise:8000/notify/watchdog", tags: [ops]}}`,
		secretPath: true, name: "Apprise", remedy: "check that url ends in /notify/KEY, and that there are services under that key (and tag)",
		limit: 4096, size: notifier.UTF16Length,
		body: func(o *Settings, m message) any {
			kind := map[string]string{"warning": "warning", "critical": "failure"}[m.values["severity"]]
			if m.over {
				kind = "success"
			}
			body := map[string]any{"title": m.title(), "body": cmp.Or(m.text(), m.title()), "type": kind, "format": "text"}
			if len(o.Tags) > 0 {
				body["tag"] = strings.Join(o.Tags, ",")
			}
			return body
		},
		means: map[string]verdict{"204": forGood, "424": soon}, // no service under that key; one of several services failed
	},
	{
		kind: "webhook", keys: []string{"headers", "body"},
		example: `{name: pager, webhook: {url: "https://pager.example.org/hook", headers: {X-Team: ops}, body: '{"summary": "{title}", "text": "{text}"}'}} # or url_file`,
		name:    "the webhook", remedy: "check url and headers", limit: 4096, size: notifier.UTF16Length,
	},
}

// urgency returns the first priority if the message rings, else the second.
func urgency(m message, rings, silent int) int {
	if m.rings {
		return rings
	}
	return silent
}

// below appends path to the URL.
func below(path string) func(*url.URL, *Settings, message) (*url.URL, error) {
	return func(u *url.URL, _ *Settings, _ message) (*url.URL, error) { return u.JoinPath(path), nil }
}

// escaping returns a function that puts a backslash before each special character.
func escaping(special string) func(string) string {
	return func(text string) string {
		var escaped strings.Builder
		for _, r := range text {
			if strings.ContainsRune(special, r) {
				escaped.WriteByte('\\')
			}
			escaped.WriteRune(r)
		}
		return escaped.String()
	}
}

// codeIn returns a function that reads a field of a JSON object; "" if there is none.
func codeIn(field string) func([]byte) string {
	return func(body []byte) string {
		var all map[string]json.RawMessage
		if json.Unmarshal(body, &all) != nil {
			return ""
		}
		return strings.Trim(string(all[field]), `"`)
	}
}

var errURL = errors.New("url is not an http or https URL")
