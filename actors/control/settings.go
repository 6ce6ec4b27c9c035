package control

import (
	"fmt"
	"net"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Settings are the settings of the control socket.
type Settings struct{ name string } // as it is set; empty: it is not

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.Of("control", &s.name, socketName).By("WATCHDOG_CONTROL").With(field.About{Shown: "@watchdog-9465", Example: "@watchdog-9465", Restart: true, Doc: "name of the local control socket: abstract, no file; the default ends in the port of WATCHDOG_LISTEN; off: none"})}
}

// Name returns the name of the socket; empty: there is none. The default ends in the port of the
// own endpoints, so that two watchdogs of one network namespace have two. listen is the address of
// these endpoints, or empty.
func (s *Settings) Name(listen string) string {
	switch {
	case strings.EqualFold(s.name, "off"):
		return ""
	case s.name != "":
		return s.name
	case listen == "":
		return "@watchdog"
	}
	_, port, _ := net.SplitHostPort(listen) // its parser has checked it
	return "@watchdog-" + port
}

// socketName parses the name of an abstract Unix socket; Linux takes at most 107 bytes.
func socketName(s string) (string, error) {
	if strings.EqualFold(s, "off") {
		return s, nil
	}
	if len(s) < 2 || len(s) > 107 || s[0] != '@' || strings.ContainsFunc(s, field.IsBlank) {
		return "", fmt.Errorf("%q is not the name of an abstract socket, such as @watchdog-9465: an @ and up to 106 bytes without spaces; or off", s)
	}
	return s, nil
}
