package operator

import (
	"testing"
	"time"
)

// Parse accepts only commands for this bot.
func TestParse(t *testing.T) {
	for text, want := range map[string]Command{
		"/status":                        {Do: Status},
		"/STATUS@Watchdog_Bot":           {Do: Status},
		" /why  dep_down:db ":            {Do: Why, Key: "dep_down:db"},
		"/ack":                           {Do: Ack},
		"/ack db":                        {Do: Ack, Key: "db"},
		"/silence dep_*:db 2h moving it": {Do: Silence, Glob: "dep_*:db", For: 2 * time.Hour, Reason: "moving it"},
		"/silence 2h":                    {Do: Silence, For: 2 * time.Hour},
		"/silence 2h moving it":          {Do: Silence, For: 2 * time.Hour, Reason: "moving it"},
		"/silence 3d":                    {Do: Silence, For: 72 * time.Hour},
		"/unsilence s3":                  {Do: Unsilence, ID: "s3"},
		"/unsilence all":                 {Do: Unsilence, ID: "all", All: true},
		"/chart host_memory 24h":         {Do: Chart, Key: "host_memory", For: 24 * time.Hour},
		"/start":                         {Do: Help},
		"/dance":                         {Do: Unknown},
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
		if ok && len(One("%v", c.Problem).String()) > maxLine+10 {
			t.Errorf("%q: %q", text, c.Problem)
		}
	})
}
