package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A channel that refuses permanently is told on every other channel, and shown in the status and the
// metrics.
func TestAChannelThatRefusesIsToldOnTheOthers(t *testing.T) {
	api, listen := chat(t), freeAddress(t)
	api.Always(fakeapi.Blocked)
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_LISTEN="+listen)...)
	failed := d.logged("send_failed", nil)
	if failed["channel"] != "telegram" || failed["permanent"] != true || failed["retry_in_ms"] != float64(300_000) {
		t.Errorf("got %v", failed)
	}
	d.logged("notification", func(l map[string]any) bool {
		return l["signal"] == "watchdog_delivery:telegram" && l["news"] == "ALERT"
	})
	var status struct {
		Channels []struct {
			Name      string
			Pending   int
			LastError string `json:"last_error"`
		}
	}
	if err := json.Unmarshal([]byte(get(t, "http://"+listen+"/status")), &status); err != nil {
		t.Fatal(err)
	}
	if ch := status.Channels[1]; ch.Name != "telegram" || ch.Pending != 1 || !strings.Contains(ch.LastError, "unblock the bot") {
		t.Errorf("got %+v", status.Channels)
	}
	metrics := get(t, "http://"+listen+"/metrics")
	for _, want := range []string{`watchdog_outbox_pending{channel="telegram"} 1`, `watchdog_signal_announced{signal="watchdog_delivery:telegram"} 2`, `watchdog_notifications_total{channel="telegram",outcome="failed"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	// A stop does not retry a channel that refused, because it would refuse again.
	if code, took := d.stop(); code != 0 || took > 5*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
}

// A stop sends what it can within 8 s, and the process exits within 10 s, even if the channel hangs.
func TestAStopInTheMiddleOfAQueue(t *testing.T) {
	for name, c := range map[string]struct {
		fault fakeapi.Fault
		want  int
	}{
		"Telegram asked for two seconds": {fakeapi.TooMany(2), 1},
		"Telegram hangs":                 {fakeapi.Hang{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := chat(t)
			if c.want == 0 {
				api.Always(c.fault)
			} else {
				api.Fail(c.fault)
			}
			d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL=http://"+freeAddress(t))...)
			d.logged("raised", nil)
			if c.want > 0 {
				d.logged("send_failed", nil)
			}
			code, took := d.stop()
			if code != 0 || took > 10*time.Second || len(api.Messages()) != c.want {
				t.Errorf("exit code %d after %s, %d messages, want %d", code, took, len(api.Messages()), c.want)
			}
		})
	}
}

// Whatever Telegram answers, nothing that the process writes or serves contains the token.
func TestNothingThatIsWrittenHoldsTheToken(t *testing.T) {
	for name, fault := range map[string]fakeapi.Fault{
		"401": fakeapi.Unauthorized, "403": fakeapi.Blocked, "400": fakeapi.ChatNotFound, "429": fakeapi.TooMany(60),
		"502": fakeapi.Page{Status: 502}, "reset": fakeapi.Reset{}, "half": fakeapi.Half{}, "500": fakeapi.ServerError,
		"quoted": fakeapi.Refusal{Code: 400, Description: "no " + fakeapi.Token}, "migrated": fakeapi.Migrated(-100777),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, listen := chat(t), freeAddress(t)
			api.Always(fault)
			d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_LISTEN="+listen, "WATCHDOG_LOG_LEVEL=debug")...)
			d.logged("send_failed", nil)
			served := get(t, "http://"+listen+"/status") + get(t, "http://"+listen+"/metrics")
			_ = d.cmd.Process.Kill()
			<-d.ended
			if strings.Contains(d.written()+served, fakeapi.Token) {
				t.Errorf("the token is in:\n%s", d.written()+served)
			}
		})
	}
}

// watchdog runs one command of the watchdog, and returns its output and exit code.
func watchdog(t *testing.T, settings []string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.Command("watchdog", args...)
	cmd.Env = append([]string{"WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off"}, settings...)
	text, _ := cmd.CombinedOutput()
	return string(text), cmd.ProcessState.ExitCode()
}

// A message that is refused for its content does not stop others: the alerts of other signals
// arrive, and every other channel names the refused one.
func TestARefusedMessageStopsNoOther(t *testing.T) {
	api := chat(t)
	api.Refuse("poison")
	config := filepath.Join(t.TempDir(), "w.yaml")
	dead := freeAddress(t)
	text := "dependencies:\n"
	for _, name := range []string{"poison", "other", "third"} {
		text += fmt.Sprintf("  - {name: %s, tcp: {addr: %q}}\n", name, dead)
	}
	text += "signals: {\"dep_*\": {severity: critical}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+config)...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := api.Wait(ctx, func(all []fakeapi.Message) bool {
		names := func(key string) bool {
			return slices.ContainsFunc(all, func(m fakeapi.Message) bool { return strings.Contains(m.Plain, key) })
		}
		return names("dep_down:other") && names("dep_down:third")
	}); err != nil {
		t.Fatal(err)
	}
	d.logged("notification", func(l map[string]any) bool {
		return l["signal"] == "watchdog_delivery:telegram" && l["news"] == "ALERT" && strings.Contains(l["detail"].(string), "ALERT of dep_down:poison can't be told there")
	})
	d.stop()
}

// A drill sends an alert and its recovery as a reply; both say that they are a drill.
func TestADrill(t *testing.T) {
	api := chat(t)
	cmd := exec.Command("watchdog", "notify-test", "--drill")
	cmd.Env = append(telegramSettings(api), "WATCHDOG_HOST_LABEL=web-1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "telegram: the alert arrived after ") || !strings.Contains(string(out), "its route: everything, at once") {
		t.Errorf("%v: %s", err, out)
	}
	m := api.Messages()
	if len(m) != 2 || !strings.Contains(m[0].Plain, "🔴 ALERT watchdog_drill · web-1\nDRILL: ") || m[0].Silent {
		t.Fatalf("got %+v", m)
	}
	if !strings.Contains(m[1].Plain, "RECOVERED") || !strings.Contains(m[1].Plain, "DRILL") || m[1].ReplyTo != m[0].ID || !m[1].Silent {
		t.Errorf("got %+v", m[1])
	}
}

// notify-test says per channel what happened and, on failure, what to fix.
func TestNotifyTestSaysWhatToFix(t *testing.T) {
	api := chat(t)
	out, code := watchdog(t, telegramSettings(api), "notify-test")
	if code != exitWell || !strings.Contains(out, "telegram: sent") || !strings.Contains(api.Messages()[0].Plain, "TEST") {
		t.Errorf("exit code %d: %s", code, out)
	}
	api.Always(fakeapi.ChatNotFound)
	out, code = watchdog(t, telegramSettings(api), "notify-test")
	if code != exitNotWell || !strings.Contains(out, "chat not found") || !strings.Contains(out, "to fix: there is no chat -1001 for this bot: send /start") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code = watchdog(t, nil, "notify-test"); code != exitNotWell || !strings.Contains(out, "WATCHDOG_TELEGRAM_TOKEN") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if strings.Contains(out, fakeapi.Token) {
		t.Error("the token is printed")
	}
}
