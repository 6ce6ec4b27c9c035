package operator

import (
	"testing"
	"time"
)

// Parse accepts only commands for this bot.
func TestParse(t *testing.T) {
	for text, want := range map[string]Command{
		"/status":                        {Action: Status},
		"/STATUS@Watchdog_Bot":           {Action: Status},
		" /why  dep_down:db ":            {Action: Why, Key: "dep_down:db"},
		"/ack":                           {Action: Ack},
		"/ack db":                        {Action: Ack, Key: "db"},
		"/silence dep_*:db 2h moving it": {Action: Silence, Glob: "dep_*:db", For: 2 * time.Hour, Reason: "moving it"},
		"/silence 2h":                    {Action: Silence, For: 2 * time.Hour},
		"/silence 2h moving it":          {Action: Silence, For: 2 * time.Hour, Reason: "moving it"},
		"/silence 3d":                    {Action: Silence, For: 72 * time.Hour},
		"/unsilence s3":                  {Action: Unsilence, ID: "s3"},
		"/unsilence all":                 {Action: Unsilence, ID: "all", All: true},
		"/chart host_memory 24h":         {Action: Chart, Key: "host_memory", For: 24 * time.Hour},
		"/start":                         {Action: Help},
		"/dance":                         {Action: Unknown},
	} {
		if got, ok := Parse(text, "watchdog_bot"); !ok || got != want {
			t.Errorf("%q: %+v, %t; want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "hello", "/", "/status@another_bot", "see /status", "/st-atus"} {
		if got, ok := Parse(text, "watchdog_bot"); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range []string{"/silence", "/silence dep_*", "/silence dep_* soon", "/silence * 31d", "/silence * 0s", "/unsilence", "/unsilence s1 s2", "/chart x 1s"} {
		if got, ok := Parse(text, ""); !ok || got.Problem == "" {
			t.Errorf("%q: %+v, %t; want a problem", text, got, ok)
		}
	}
}

// The problem of any command is one line of bounded length.
func FuzzParse(f *testing.F) {
	f.Add("/silence dep_*:db 2h moving it")
	f.Add("/ack\u202e<b>@x \x1b[31m")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := Parse(text, "watchdog_bot")
		if ok && len(OneLine("%v", c.Problem).String()) > maxLine+10 {
			t.Errorf("%q: %q", text, c.Problem)
		}
	})
}
