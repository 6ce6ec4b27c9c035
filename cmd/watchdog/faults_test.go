package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/probe/container/containertest"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
)

// hears waits until the chat has as many items of news as wanted, and compares them with the wanted
// ones, in order.
func hears(t testing.TB, api *fakeapi.Server, wanted ...string) []item {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	messages, err := api.Wait(ctx, func(m []fakeapi.Message) bool { return len(itemsOf(m)) >= len(wanted) })
	items := itemsOf(messages)
	var told []string
	for _, i := range items {
		told = append(told, i.news)
	}
	if err != nil || !slices.Equal(told, wanted) {
		for _, m := range messages {
			t.Log(m.Plain)
		}
		t.Fatalf("the chat was told %q, want %q", told, wanted)
	}
	return items
}

// ends stops the daemon, and checks that it told nothing more and did not panic.
func (d *daemon) ends(api *fakeapi.Server, wanted ...string) {
	d.t.Helper()
	code, _ := d.stop()
	hears(d.t, api, wanted...)
	if code != exitWell || d.count("actor_panicked") > 0 {
		d.t.Errorf("exit code %d:\n%s", code, d.written())
	}
}

// observes waits until a signal is observed in a state.
func (d *daemon) observes(signal, state string) {
	d.t.Helper()
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == signal && l["state"] == state })
}

// After a stop of longer than ten ticks, counts start over and nothing false is told. What broke
// meanwhile is told once.
func TestAStoppedProcessTellsTheTruthOnce(t *testing.T) {
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_ORCH_DOWN_TICKS=4", "WATCHDOG_TICK=500ms", "WATCHDOG_LOG_OBSERVATIONS=all")...)
	d.observes("orch_down", "ok")
	fails := func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "critical" }
	stops := func(meanwhile http.HandlerFunc) {
		must(t, d.cmd.Process.Signal(syscall.SIGSTOP))
		orch.answers(meanwhile)
		time.Sleep(6 * time.Second)
		must(t, d.cmd.Process.Signal(syscall.SIGCONT))
	}
	orch.answers(broken)
	d.loggedTimes(3, "observation", fails)
	stops(broken) // three failures before it, and one after
	d.loggedAnew("observation", fails)
	orch.answers(envelope(1))
	for range 3 {
		d.loggedAnew("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	}
	hears(t, api)
	stops(broken)
	hears(t, api, "ALERT orch_down")
	orch.answers(envelope(1))
	hears(t, api, "ALERT orch_down", "RECOVERED orch_down")
	d.ends(api, "ALERT orch_down", "RECOVERED orch_down")
}

// A process without a free file descriptor can ask nobody. The signals are unknown, and nothing is
// told. With descriptors again, it tells what is true.
func TestDescriptorsThatAreExhausted(t *testing.T) {
	t.Parallel()
	containertest.Engine(t)
	orch, api, engine, idle := newOrchestrator(t), chat(t), containertest.NewProxy(t), servertest.Listen(t, servertest.Swallow)
	config := filepath.Join(t.TempDir(), "w.yaml")
	var text strings.Builder
	fmt.Fprintf(&text, "witness: {urls: [%q]}\nsignals: {'dep_*': {mute: true}, 'container_*': {mute: true}}\ndependencies:\n", orch.URL)
	all := []string{"orch_down", "docker_down", "watchdog_offline"}
	for name, kind := range map[string]string{
		"web": `http: {url: "http://%s/"}`, "port": `tcp: {addr: %q}`, "name": `http: {url: "http://names.test/%s"}`,
		"pg": `postgres: {dsn: "postgres://u@%s/d?sslmode=disable"}`, "my": `mysql: {dsn: "u@tcp(%s)/"}`, "cache": `redis: {addr: %q}`, "cert": `tls: {addr: %q}`,
		"dns": `dns: {host: a.test, server: %q}`,
	} {
		fmt.Fprintf(&text, "- {name: %s, timeout: 2s, %s}\n", name, fmt.Sprintf(kind, idle))
		all = append(all, "dep_down:"+name)
	}
	must(t, os.WriteFile(config, []byte(text.String()), 0o600))
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_CONFIG="+config, "WATCHDOG_TELEGRAM_COMMANDS=false",
		"WATCHDOG_DOCKER_HOST="+engine.Host, "GODEBUG=netdns=go")...) // the resolver of the static binary
	for _, signal := range all[:3] {
		d.observes(signal, "ok")
	}
	pid := d.cmd.Process.Pid
	var before unix.Rlimit
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before))
	limit := func(most uint64) {
		must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: most, Max: before.Max}, nil))
	}
	limit(3)
	engine.Cut() // because it reuses its connections
	for _, signal := range all {
		d.observes(signal, "unknown")
	}
	orch.answers(broken) // not noticed yet
	limit(before.Cur)
	hears(t, api, "ALERT orch_down")
	orch.answers(envelope(1))
	d.ends(api, "ALERT orch_down")
}

// A closed standard output does not end the watch.
func TestALogThatIsClosed(t *testing.T) {
	t.Parallel()
	orch, api, settings := down(t)
	reader, writer, err := os.Pipe()
	must(t, err)
	cmd := exec.Command("watchdog")
	cmd.Env = append([]string{
		"WATCHDOG_TICK=100ms", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_LISTEN=off", "WATCHDOG_CONTROL=off",
		"WATCHDOG_GROUP_WAIT=100ms", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LOG_OBSERVATIONS=all",
	}, settings...)
	cmd.Stdout = writer
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	must(t, errors.Join(writer.Close(), reader.Close()))
	hears(t, api, "ALERT orch_down")
	orch.answers(envelope(1))
	hears(t, api, "ALERT orch_down", "RECOVERED orch_down")
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// When the socket is removed and another one appears at its path, docker_down is told, and its
// recovery. What happened meanwhile is told when the engine answers again.
func TestTheDockerSocketIsReplaced(t *testing.T) {
	t.Parallel()
	w := watchContainers(t, "WATCHDOG_TICK=500ms")
	path := strings.TrimPrefix(w.socket.Host, "unix://")
	must(t, os.Remove(path))
	w.socket.Cut()
	hears(t, w.chat, "ALERT docker_down")
	w.run("web", nil, "exit", "3")
	must(t, os.Rename(strings.TrimPrefix(containertest.NewProxy(t).Host, "unix://"), path))
	told := []string{"ALERT docker_down", "ALERT container_down:" + w.name("web"), "RECOVERED docker_down"} // ringing news goes first
	hears(t, w.chat, told...)
	w.ends(w.chat, told...)
}

// nameServer starts a name server that resolves the names of the test to 127.0.0.1.
func nameServer(t *testing.T, address string) (stop func()) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", address)
	if err != nil {
		t.Skipf("SKIPPED: needs permission for port 53: %v", err)
	}
	known := servertest.Records{
		"orchestrator.test.": {&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}},
		"telegram.test.":     {&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}},
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); known.Serve(conn) }()
	stop = func() { _ = conn.Close(); <-stopped }
	t.Cleanup(stop)
	return stop
}

// While names don't resolve, neither the orchestrator nor the chat can be reached. The trouble is
// told afterwards as one MISSED that names the cause.
func TestNamesThatDoNotResolve(t *testing.T) {
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	named := func(url, name string) string { return strings.Replace(url, "127.0.0.1", name, 1) }
	resolver := fmt.Sprintf("127.9.%d.%d", os.Getpid()>>8&255, os.Getpid()&255)
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	must(t, os.WriteFile(conf, []byte("nameserver "+resolver+"\noptions timeout:1 attempts:1\n"), 0o644))
	stop := nameServer(t, resolver+":53")
	d := startBy(t, []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec watchdog`, conf},
		append(telegramSettings(api), "WATCHDOG_TELEGRAM_API_URL="+named(api.URL(), "telegram.test"), "WATCHDOG_ORCH_URL="+named(orch.URL, "orchestrator.test"), "WATCHDOG_TELEGRAM_COMMANDS=false")...)
	d.observes("orch_down", "ok")
	stop()
	d.logged("raised", nil)
	d.logged("send_failed", nil)
	nameServer(t, resolver+":53")
	d.logged("recovered", nil)
	if i := hears(t, api, "MISSED orch_down")[0]; !strings.Contains(i.message.Plain, "does not resolve") {
		t.Errorf("got\n%s", i.message.Plain)
	}
	orch.answers(broken)
	hears(t, api, "MISSED orch_down", "ALERT orch_down")
	d.ends(api, "MISSED orch_down", "ALERT orch_down")
}

// hang mounts a file system that never answers on a directory, like the mount of a dead file
// server. It is a FUSE server that never reads a request.
func hang(t *testing.T, dir string) (end func()) {
	t.Helper()
	server, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: needs FUSE: %v", err)
	}
	if err := syscall.Mount("watchdog-test", dir, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", server.Fd())); err != nil {
		t.Skipf("SKIPPED: needs the right to mount FUSE: %v", err)
	}
	end = func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH); _ = server.Close() } // pending calls get an error
	t.Cleanup(end)
	return end
}

// A disk of the state that hangs, from the start or later, delays nothing: there is one warning, and
// news does not wait for it. When the disk answers again, the state is saved again.
func TestAStateDiskThatHangs(t *testing.T) {
	t.Parallel()
	for name, atStart := range map[string]bool{"from the start": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			orch, api := newOrchestrator(t), chat(t)
			var end func()
			if atStart {
				end = hang(t, dir)
			}
			d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_STATE_FILE="+dir+"/state")...)
			d.observes("orch_down", "ok")
			if !atStart {
				end = hang(t, dir)
			}
			orch.answers(broken)
			hears(t, api, "ALERT orch_down")
			orch.answers(envelope(1))
			hears(t, api, "ALERT orch_down", "RECOVERED orch_down")
			end()
			orch.answers(broken)
			hears(t, api, "ALERT orch_down", "RECOVERED orch_down", "ALERT orch_down")
			untilKept(t, dir+"/state", func(s snapshot) bool { return s.there && len(s.pending) == 0 }, "what was told")
			d.ends(api, "ALERT orch_down", "RECOVERED orch_down", "ALERT orch_down")
		})
	}
}

// With a twentieth of a CPU the watchdog is slow but correct: nothing is told of healthy peers, and
// a failure is told.
func TestAStarvedProcessor(t *testing.T) {
	containertest.Engine(t)
	image(t)
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	file := filepath.Join(t.TempDir(), "watchdog.yaml")
	var text strings.Builder
	text.WriteString("signals: {'watchdog_*': {mute: true}}\ndependencies:\n")
	for n := range 20 {
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		t.Cleanup(s.Close)
		fmt.Fprintf(&text, "- {name: d%d, http: {url: %q}}\n", n, s.URL)
	}
	must(t, os.WriteFile(file, []byte(text.String()), 0o644))
	shippedContainer(t, file, 0.05, append(telegramSettings(api), "WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_TICK=1s", "WATCHDOG_LISTEN=off", "WATCHDOG_HOST_LABEL=web-1",
		"WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_ORCH_URL="+orch.URL))
	time.Sleep(5 * time.Second)
	hears(t, api)
	orch.answers(broken)
	hears(t, api, "ALERT orch_down")
	orch.answers(envelope(1))
	hears(t, api, "ALERT orch_down", "RECOVERED orch_down")
}
