package dependency_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// A Redis server is up if it accepts the login and answers PING. With TLS, its certificate is
// judged. The server is real.
func TestARealRedis(t *testing.T) {
	now := time.Now()
	root := servertest.NewAuthority(t, "root", servertest.Left(now, 3650*day, 3000*day))
	plain, secured := servertest.Redis(t, "hunter2", root.Issue(t, servertest.Left(now, 90*day, 15*day), "127.0.0.1"))
	trust := peer.TLS{CAFile: root.File(t)}
	right := secret.New("hunter2")
	for name, c := range map[string]struct {
		redis dependency.Redis
		want  string
	}{
		"the password":           {dependency.Redis{Addr: plain, Password: right}, up},
		"the password, over TLS": {dependency.Redis{Addr: secured, Password: right, TLS: true, Trust: trust}, up},
		"the default user's":     {dependency.Redis{Addr: plain, User: "default", Password: right}, up},
		"a wrong password":       {dependency.Redis{Addr: plain, Password: secret.New("hunter3")}, "login failed: it refuses the user or the password (WRONGPASS invalid username-password pair or user is disabled.)"},
		"a wrong user":           {dependency.Redis{Addr: plain, User: "watch", Password: right}, "login failed: it refuses the user or the password (WRONGPASS invalid username-password pair or user is disabled.)"},
		"no password":            {dependency.Redis{Addr: plain}, "ping failed: it answers NOAUTH Authentication required."},
		"an unknown authority":   {dependency.Redis{Addr: secured, Password: right, TLS: true}, "TLS failed: the certificate was signed by an unknown authority"},
		"no TLS on a TLS port":   {dependency.Redis{Addr: secured, Password: right}, "login failed: "},
		"TLS on a plain port":    {dependency.Redis{Addr: plain, Password: right, TLS: true, Trust: trust}, "TLS failed: no answer within 600ms"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := wantDown(t, dependency.Spec{Target: &c.redis}, c.want)
			if strings.Contains(fmt.Sprint(seen), "hunter") {
				t.Errorf("the password shows in %v", seen)
			}
			if o := seen["dep_cert:db"]; c.want == up && c.redis.TLS && o.Level != messages.Warning {
				t.Errorf("got %+v, want a warning: a sixth of its lifetime is left", o)
			}
		})
	}
}

// A Redis server that accepts no more clients is down with its own reason.
func TestARedisServerThatIsFull(t *testing.T) {
	root := servertest.NewAuthority(t, "root", servertest.Left(time.Now(), 3650*day, 3000*day))
	plain, _ := servertest.Redis(t, "hunter2", root.Issue(t, servertest.Left(time.Now(), 90*day, 15*day), "127.0.0.1"), "--maxclients", "1")
	only, err := net.Dial("tcp", plain)
	if err != nil {
		t.Fatal(err)
	}
	defer only.Close()
	_, _ = only.Write([]byte("PING\r\n")) // after the answer the server counts this client
	if _, err := only.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	wantDown(t, dependency.Spec{Target: &dependency.Redis{Addr: plain, Password: secret.New("hunter2")}}, "login failed: it answers ERR max number of clients reached")
}

// However a Redis server fails, the check ends in time, names the step, and shows nothing that
// may be the password.
func TestHowARedisServerFails(t *testing.T) {
	for name, c := range map[string]struct{ addr, want string }{
		"nothing listens":        {servertest.Refusing(t), "connect failed: connection refused"},
		"packets are swallowed":  {servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"a reset at once":        {servertest.Listen(t, servertest.Reset("")), "failed: the connection was closed by the other side"},
		"it says nothing":        {servertest.Listen(t, servertest.Swallow), "login failed: no answer within 600ms"},
		"a reset":                {servertest.Listen(t, servertest.Reset("+O")), "login failed: the connection was closed by the other side"},
		"a reset before PONG":    {servertest.Listen(t, servertest.Reset("+OK\r\n")), "ping failed: the connection was closed by the other side"},
		"silence before PONG":    {servertest.Listen(t, servertest.Say("+OK\r\n")), "ping failed: no answer within 600ms"},
		"a slow answer":          {servertest.Listen(t, servertest.Drip("+", patience/10)), "login failed: no answer within 600ms"},
		"an answer without end":  {servertest.Listen(t, servertest.Endless("+", "x")), "login failed: its answer is not Redis"},
		"it still loads":         {servertest.Listen(t, servertest.Say("+OK\r\n-LOADING Redis is loading\r\n")), "ping failed: it answers LOADING"},
		"it repeats the command": {servertest.Listen(t, servertest.Say("-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n")), "login failed: it answers ERR unknown command 'AUTH'"},
		"it is not Redis":        {servertest.Listen(t, servertest.Say("220 hunter2 ESMTP\r\n")), "login failed: its answer is not Redis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			seen := wantDown(t, dependency.Spec{Target: &dependency.Redis{Addr: c.addr, Password: secret.New("hunter2")}}, c.want)
			if strings.Contains(fmt.Sprint(seen), "hunter2") {
				t.Errorf("the password shows in %v", seen)
			}
		})
	}
}
