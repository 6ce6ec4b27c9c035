package field_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// What is read takes the place of the default, whole; what is refused leaves it.
func TestWhatIsReadReplacesTheDefault(t *testing.T) {
	one, list, all := "default", []string{"default"}, map[string]string{"a": "default"}
	for name, f := range map[string]field.Field{
		"value": field.Of("value", &one, field.Name), "list": field.ListOf("list", &list, field.Name), "map": field.MapOf("map", &all, field.Text, field.Name),
	} {
		if err := f.Set("b", "two words"); err == nil || one != "default" || !slices.Equal(list, []string{"default"}) || all["a"] != "default" {
			t.Fatalf("%s: %v; %q, %q, %q", name, err, one, list, all)
		}
	}
	first, second, third := field.Of("value", &one, field.Name), field.ListOf("list", &list, field.Name), field.MapOf("map", &all, field.Text, field.Name)
	if err := errors.Join(first.Set("", "x"), second.Set("", "x"), second.Set("", "y"), third.Set("b", "x"), third.Set("c", "y")); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"b": "x", "c": "y"}; one != "x" || !slices.Equal(list, []string{"x", "y"}) || !reflect.DeepEqual(all, want) {
		t.Errorf("got %q, %q, %q", one, list, all)
	}
}

// A secret is one as a whole, with what else is secret in it, and can come from a file.
func TestASecret(t *testing.T) {
	var text secret.Text
	f := field.Secret("dsn", &text).Hiding(secret.InURL)
	if err := f.Set("", "http://u:hunter2@x"); err != nil || text.Reveal() != "http://u:hunter2@x" || !f.File {
		t.Errorf("got %q, %v", text.Reveal(), err)
	}
	for _, want := range []string{"http://u:hunter2@x", "hunter2"} {
		if found := f.Secrets("http://u:hunter2@x"); !slices.Contains(found, want) {
			t.Errorf("%q is not in %q", want, found)
		}
	}
}

// Every part of the TLS settings has its key, and is set by it alone.
func TestEveryPartOfTLSHasItsKey(t *testing.T) {
	fields := new(field.TLS).Fields()
	if n := reflect.TypeFor[field.TLS]().NumField(); n != len(fields) {
		t.Fatalf("%d keys for %d parts", len(fields), n)
	}
	for i := range fields {
		var tls field.TLS
		f := tls.Fields()[i]
		if err := f.Set("", "true"); err != nil || reflect.ValueOf(tls).Field(i).IsZero() {
			t.Errorf("%s: %+v, %v", f.Name, tls, err)
		}
	}
}
