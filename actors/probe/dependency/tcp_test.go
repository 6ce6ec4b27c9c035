package dependency_test

import (
	"net"
	"testing"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
)

type conn = net.Conn

// A TCP dependency is up if it accepts a connection, whatever happens afterwards.
func TestATCPDependency(t *testing.T) {
	for name, c := range map[string]struct{ addr, want string }{
		"it accepts connections":   {servertest.Listen(t, servertest.Swallow), up},
		"it closes them at once":   {servertest.Listen(t, func(conn) {}), up},
		"nothing listens":          {servertest.Refusing(t), "connect failed: connection refused"},
		"packets are swallowed":    {servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"a name that is not there": {"no-such-name.invalid:25", "resolve failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			wantDown(t, dependency.Spec{Target: &dependency.TCP{Addr: c.addr}}, c.want)
		})
	}
}
