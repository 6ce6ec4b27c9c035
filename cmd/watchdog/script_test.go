package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/probe/container/containertest"
)

var update = flag.Bool("update", false, "write the expected outputs of the scripts")

// TestMain puts a watchdog into the PATH: the test binary runs as the watchdog when it is
// called by that name.
func TestMain(m *testing.M) {
	testscript.Main(containertest.Suite{M: m, Images: []string{watchdogImage}}, map[string]func(){"watchdog": main})
}

// The scripts in testdata/script test the command line: a comment gives the rule, and the lines
// below it show it. They use testscript's commands and those below. The environment has settings
// that keep a watchdog from using this machine, and the address of a fake Bot API.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			api := fakeapi.New()
			e.Defer(api.Close)
			e.Values["telegram"] = api
			e.Vars = append(e.Vars, "BOT_API="+api.URL(), "TOKEN="+fakeapi.Token,
				"WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_LISTEN=off", "WATCHDOG_HOST_LABEL=web-1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serve, "unused": unused, "telegram": telegramAnswers, "writes": writes, "chat": chatHolds, "await": await, "terminate": terminate,
		},
	})
}

// exits CODE PROGRAM ARGS… runs a program and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 1, "exits CODE PROGRAM [ARG…]")
	var failed *exec.ExitError
	code := 0
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("it ended with %d, want %s", code, args[0])
	}
}

// serve NAME STATUS FILE starts a server that answers every request with these, and puts its host:port into $NAME.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "serve NAME STATUS FILE")
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	body := ts.ReadFile(args[2])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.Listener.Addr().String())
}

// unused NAME puts a host:port into $NAME on which nothing listens.
func unused(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "unused NAME")
	server := httptest.NewServer(nil)
	server.Close()
	ts.Setenv(args[0], server.Listener.Addr().String())
}

// telegram FAULT makes the Bot API refuse everything from now on.
func telegramAnswers(ts *testscript.TestScript, neg bool, args []string) {
	faults := map[string]fakeapi.Fault{
		"blocked": fakeapi.Blocked, "unauthorized": fakeapi.Unauthorized, "chat-not-found": fakeapi.ChatNotFound, "reset": fakeapi.Reset{},
	}
	usage(ts, !neg && len(args) == 1 && faults[args[0]] != nil, "telegram blocked|unauthorized|chat-not-found|reset")
	ts.Value("telegram").(*fakeapi.Server).Always(faults[args[0]])
}

// writes CHAT TITLE adds an update: a message to the bot in that chat.
func writes(ts *testscript.TestScript, _ bool, args []string) {
	id, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	ts.Value("telegram").(*fakeapi.Server).Update(map[string]any{"message": map[string]any{
		"date": time.Now().Unix(), "chat": map[string]any{"id": id, "type": "supergroup", "title": args[1]},
	}})
}

// [!] chat PATTERN checks that a message in the chat matches the pattern.
func chatHolds(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 1, "[!] chat PATTERN")
	found := false
	all := ts.Value("telegram").(*fakeapi.Server).Messages()
	for _, m := range all {
		found = found || regexp.MustCompile(args[0]).MatchString(m.Plain)
	}
	if found == neg {
		ts.Fatalf("the chat contains %+v", all)
	}
}

// await PATTERN FILE waits until the file, which a background program writes, matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "await PATTERN FILE")
	wanted := regexp.MustCompile(args[0])
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		switch {
		case wanted.Match(text):
			return
		case time.Now().After(limit):
			ts.Fatalf("no %s in %q (%v)", wanted, text, err)
		}
	}
}

// terminate sends SIGTERM to the background programs, as Docker does.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 0, "terminate")
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

func usage(ts *testscript.TestScript, well bool, text string) {
	if !well {
		ts.Fatalf("usage: %s", text)
	}
}
