package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"orchestrator-watchdog/messages/secret"
)

// No problem shows a secret that was put in a wrong place.
func TestASecretInAWrongPlaceIsNotShown(t *testing.T) {
	const bot = "123456789:AAhunter2hunter2hunter2hunter2hunter2"
	for name, c := range map[string]struct {
		environ []string
		yaml    string
	}{
		"a token as a tick":              {environ: []string{"WATCHDOG_TICK=" + bot}},
		"a token as a chat":              {environ: []string{"WATCHDOG_TELEGRAM_CHAT_ID=" + bot}},
		"a token as the path of a file":  {environ: []string{"WATCHDOG_TELEGRAM_TOKEN_FILE=" + bot}},
		"a secret as the path of a file": {environ: []string{"WATCHDOG_ORCH_TOKEN_FILE=hunter2"}},
		"a known secret, elsewhere too":  {environ: []string{"WATCHDOG_ORCH_TOKEN=hunter2", "WATCHDOG_LISTEN=hunter2"}},
		"a known secret, quoted":         {environ: []string{"WATCHDOG_ORCH_TOKEN=hunter2\"\\é", "WATCHDOG_LISTEN=hunter2\"\\é"}},
		"a URL's user, in a wrong URL":   {environ: []string{"WATCHDOG_DOCKER_HOST=http://u:hunter2@docker"}},
		"a URL's user, in a path":        {environ: []string{"WATCHDOG_STATE_FILE=http://u:hunter2@state"}},
		"a URL that is none":             {environ: []string{"WATCHDOG_ORCH_URL=http://u:hunter2@[::1"}},
		"a wrong proxy":                  {environ: []string{"WATCHDOG_TELEGRAM_PROXY=ftp://u:hunter2@proxy"}},
		"a missing colon":                {yaml: "telegram: {token hunter2}\n"},
		"an open quote":                  {yaml: "telegram: {token: \"hunter2\n"},
		"a secret key that stands twice": {yaml: "hunter2: 1\nhunter2: 2\n"},
		"a wrong header":                 {yaml: "dependencies: [{name: a, http: {url: 'http://a', headers: {X-Key: \"hunter2\\n\"}}}]\n"},
		"a password that is a list":      {yaml: "dependencies: [{name: a, redis: {addr: 'a:1', password: [hunter2]}}]\n"},
		"a password as an address":       {yaml: "dependencies: [{name: a, redis: {addr: hunter2, password: hunter2}}]\n"},
		"a URL's token, elsewhere too":   {environ: []string{"WATCHDOG_ORCH_URL=http://orch/?access_token=hunter2", "WATCHDOG_LISTEN=hunter2"}},
		"a DSN's password as a name":     {yaml: "dependencies: [{postgres: {dsn: 'host=a password=hunter2'}, name: 'the hunter2'}]\n"},
		"that of another DSN":            {yaml: "dependencies: [{mysql: {dsn: 'u:hunter2@nowhere'}, name: 'the hunter2'}]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := yaml(c.yaml, c.environ...)
			if err == nil {
				t.Fatal("no problem")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret shows in: %s", err)
			}
		})
	}
}

// A secret is shown by no setting and no verb, and is in the list of secrets to mask.
func TestSecretsOfTheFileAreMaskedAndListed(t *testing.T) {
	c, warnings, err := load([]string{"WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_WITNESS_URLS=https://hunter2-user@witness"}, map[string]string{
		"/w.yaml": `
orchestrator: {url: "http://u:hunter2-orch@orch/metrics"}
heartbeat: {url_file: /beat}
dependencies:
  - {name: api, http: {url: "https://u:hunter2%2Durl@api/", bearer: hunter2-bearer, headers: {X-Key: hunter2-header}}}
  - {name: web, http: {url: "https://web/", user: u, password_file: /pw}}
  - {name: key, http: {url: "https://key/?keyspace=production&Api_Key=hunter2%2Bkey&token=hunter2-token"}}
  - {name: db3, postgres: {dsn: "postgres://db/x?user=u&password=hunter2-parameter&sslmode=disable"}}
  - {name: db, postgres: {dsn_file: /dsn}}
  - {name: db2, postgres: {dsn: "host=db password='hunter2 kv'"}}
  - {name: shop, mysql: {dsn: "hunter2-user:hunter2@my:sql@tcp(shop:3306)/hunter2-base"}}
  - {name: shop2, mysql: {dsn_file: /my}}
  - {name: cache, redis: {addr: "redis:6379", password_file: /redis}}
`,
		"/beat": "https://hc/hunter2-beat\n", "/pw": " hunter2-basic\n", "/dsn": "postgres://u:hunter2-dsn@db/x\n", "/my": "u:hunter2-my@tcp(shop)/",
		"/redis": "hunter2-redis",
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprint(warnings, c.Effective())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		shown += fmt.Sprintf(verb+verb, c, c.Dependencies)
	}
	if at := strings.Index(shown, "hunter2"); at >= 0 {
		t.Errorf("a secret shows: …%s…", shown[max(0, at-80):min(len(shown), at+40)])
	}
	if want := "https://key/?keyspace=production&Api_Key=" + secret.Mask + "&token=" + secret.Mask; !strings.Contains(shown, want) {
		t.Errorf("%q is not shown; only its secrets should be masked", want)
	}
	for _, want := range []string{
		"hunter2-orch", "hunter2-user", "https://hc/hunter2-beat", "hunter2-url", "hunter2%2Durl", "hunter2-bearer", "hunter2-header",
		"hunter2-basic", "postgres://u:hunter2-dsn@db/x", "hunter2-dsn", "hunter2 kv", "hunter2-redis",
		"hunter2@my:sql", "hunter2-my", "u:hunter2-my@tcp(shop)/", "hunter2%2Bkey", "hunter2+key", "hunter2-token", "hunter2-parameter",
	} {
		if !slices.Contains(c.Secrets(), want) {
			t.Errorf("%q is not among the secrets to mask", want)
		}
	}
}

// A secret may be given only once, in the file as in the environment.
func TestASecretIsGivenOnce(t *testing.T) {
	for _, text := range []string{
		"orchestrator: {token: a, token_file: /token}\n",
		"dependencies: [{name: a, redis: {addr: 'a:1', password: a, password_file: /token}}]\n",
		"dependencies: [{name: a, postgres: {dsn: a, dsn_file: /token}}]\n",
		"dependencies: [{name: a, http: {url: 'http://a', bearer: a, user: b, password: c}}]\n",
	} {
		_, _, err := load([]string{"WATCHDOG_CONFIG=/w.yaml"}, map[string]string{"/w.yaml": text, "/token": "x"})
		if err == nil || !strings.Contains(err.Error(), "keep one of the two") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A secret that can't be told from ordinary text is not searched for. One warning says so, without
// the secret.
func TestAnOrdinarySecretIsWarnedOf(t *testing.T) {
	for password, ordinary := range map[string]bool{"redis": true, "Level": true, "web": true, "x7!": true, "my-own-db": true, "web-1": true, "s3cret": false, "swordfish": false} {
		c, warnings, err := yaml("dependencies: [{name: my-own-db, redis: {addr: 'a:1', password: '"+password+"'}}]\n", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_ORCH_TOKEN=another-one")
		if err != nil {
			t.Fatal(err)
		}
		if searched := slices.Contains(c.Secrets(), password); searched == ordinary || !slices.Contains(c.Secrets(), "another-one") {
			t.Errorf("%s: among the %d secrets to mask: %t, want %t", password, len(c.Secrets()), searched, !ordinary)
		}
		said := slices.DeleteFunc(warnings, func(s string) bool { return !strings.Contains(s, "ordinary word") })
		if warned := len(said) == 1; warned != ordinary || warned && strings.Contains(said[0], "'"+password+"'") {
			t.Errorf("%s: the warnings %q", password, said)
		}
	}
}
