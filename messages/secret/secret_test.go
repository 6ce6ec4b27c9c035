package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"orchestrator-watchdog/messages/secret"
)

// Every verb and encoder prints a secret as its mask, at any depth.
func TestNoVerbAndNoEncoderShowsTheValue(t *testing.T) {
	holder := struct {
		Name  string
		Token secret.Text
		Inner *struct{ T secret.Text }
	}{"bot", secret.New("hunter2"), &struct{ T secret.Text }{secret.New("hunter2")}}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		outputs = append(outputs, fmt.Sprintf(verb, holder), fmt.Sprintf(verb, *holder.Inner))
	}
	for _, out := range outputs {
		if strings.Contains(out, "hunter2") || strings.Contains(out, "68756e74657232") {
			t.Errorf("the secret shows in %s", out)
		}
	}
	if holder.Token.Reveal() != "hunter2" {
		t.Error("Reveal does not return the value")
	}
}
