package config_test

import (
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

// The hint for a variable ignores the prefix, and knows the names of other tools.
func TestHintOfAVariable(t *testing.T) {
	for name, want := range map[string]string{
		"WATCHDOG_INTERVAL": "WATCHDOG_TICK", "WATCHDOG_TIKC": "WATCHDOG_TICK", "WATCHDOG_TELEGRAM_CHATID": "WATCHDOG_TELEGRAM_CHAT_ID",
		"WATCHDOG_BOT_TOKEN": "WATCHDOG_TELEGRAM_TOKEN", "WATCHDOG_XYZZYX": "",
	} {
		_, warnings, _ := assembly.Load(config.Source{Environ: []string{name + "=1"}})
		if got := strings.Join(warnings, "\n"); !strings.Contains(got, "did you mean "+want+"?") && (want != "" || strings.Contains(got, "did you mean")) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The error about a single value in the place of a mapping shows the right form.
func TestAKindThatIsASingleValue(t *testing.T) {
	err := loadText("dependencies: [{name: db, tcp: 'db:5432'}]\n")
	if err == nil || !strings.Contains(err.Error(), `this has to be a mapping, as tcp: {addr: "db:5432"}`) {
		t.Errorf("got %v", err)
	}
}

// Quotes around the value of a variable are ignored, with a warning. The variable of the Compose file
// causes no warning.
func TestQuotesOfAnEnvFile(t *testing.T) {
	c, warnings, err := assembly.Load(config.Source{Environ: []string{`WATCHDOG_CONTAINERS_EXPECT="a,b"`, "WATCHDOG_IMAGE=x"}})
	if err != nil || strings.Join(config.Section[*container.Settings](c).Expect, "|") != "a|b" {
		t.Errorf("got %q (%v)", config.Section[*container.Settings](c).Expect, err)
	}
	if got := strings.Join(warnings, "\n"); !strings.Contains(got, "WATCHDOG_CONTAINERS_EXPECT are ignored") || strings.Contains(got, "WATCHDOG_IMAGE") {
		t.Errorf("got %s", got)
	}
}
