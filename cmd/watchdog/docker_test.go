package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	dockerimage "github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/probe/container/containertest"
	"orchestrator-watchdog/actors/worker"
)

// ward is a watchdog over some containers of the real engine. Its tick is a minute, so
// what it tells sooner was triggered by an event.
type ward struct {
	*daemon
	t      testing.TB
	engine *client.Client
	socket *containertest.Proxy
	chat   *fakeapi.Server
	prefix string
}

var wards atomic.Int64 // numbers wards, so that no two watch the same names

// watched is the YAML file of a ward; PREFIX is replaced by the prefix of its containers.
const watched = "containers: {include: ['PREFIX*']}\n"

func watchContainers(t testing.TB, settings ...string) *ward {
	t.Helper()
	return watchEngine(t, containertest.Engine(t), containertest.NewProxy(t), watched, settings...)
}

func watchEngine(t testing.TB, engine *client.Client, socket *containertest.Proxy, text string, settings ...string) *ward {
	t.Helper()
	w := &ward{t: t, engine: engine, socket: socket, chat: chat(t), prefix: fmt.Sprintf("wd%d-%d-", os.Getpid(), wards.Add(1))}
	containertest.Image(t, w.engine)
	file := filepath.Join(t.TempDir(), "watchdog.yaml")
	must(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "PREFIX", w.prefix)), 0o600))
	settings = append(telegramSettings(w.chat), append([]string{
		"WATCHDOG_DOCKER_HOST=" + w.socket.Host, "WATCHDOG_CONFIG=" + file, "WATCHDOG_TICK=1m", "WATCHDOG_GROUP_WAIT=1s",
	}, settings...)...)
	w.daemon = start(t, settings...)
	w.logged("observation", func(l map[string]any) bool { return l["signal"] == "docker_down" && l["state"] == "ok" })
	return w
}

// name returns the full name of a container that this watchdog watches.
func (w *ward) name(short string) string { return w.prefix + short }

func (w *ward) run(short string, change func(*container.Config, *container.HostConfig), args ...string) (id string) {
	w.t.Helper()
	return containertest.Run(w.t, w.engine, w.name(short), change, args...)
}

func (w *ward) remove(id string) {
	w.t.Helper()
	if err := w.engine.ContainerRemove(w.t.Context(), id, container.RemoveOptions{Force: true}); err != nil {
		w.t.Fatal(err)
	}
}

// hears waits for as many messages as lines, and compares their first lines, in which names have no
// prefix.
func (w *ward) hears(lines ...string) []fakeapi.Message {
	w.t.Helper()
	got := wait(w.t, w.chat, len(lines))
	for i, m := range got {
		if line := strings.ReplaceAll(m.FirstLine(), w.prefix, ""); i >= len(lines) || line != lines[i]+" · web-1" {
			w.t.Errorf("message %d is %q, want them to be %q\n%s", i+1, line, lines, m.Plain)
		}
	}
	return got
}

// fence lets one more container crash. What was not told before that alert will not be told.
func (w *ward) fence(before ...string) {
	w.t.Helper()
	w.run("fence", nil, "exit", "9")
	w.hears(append(before, "🔴 ALERT container_down:fence")...)
}

func (w *ward) waitEnded(id string) { w.t.Helper(); containertest.Ended(w.t, w.engine, id) }

// A crash is told in the chat. When the container runs again, the recovery replies.
func TestACrashOnTheRealEngineIsTold(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	id := w.run("web", nil, "exit", "3")
	first := w.hears("🔴 ALERT container_down:web")[0]
	if !strings.Contains(first.Plain, "exited with code 3: docker logs --tail 50 "+w.name("web")) || first.Silent {
		t.Errorf("got %+v", first)
	}
	if !strings.Contains(first.Plain, "\nimage "+containertest.Image(t, w.engine)+", since ") {
		t.Errorf("no image in\n%s", first.Plain)
	}
	w.remove(id)
	w.run("web", nil, "run") // re-created under its name: the signal is the same
	if m := w.hears("🔴 ALERT container_down:web", "🟢 RECOVERED container_down:web")[1]; m.ReplyTo != first.ID || strings.Contains(m.Plain, "gone") {
		t.Errorf("got %+v, want the recovery as a reply to %d", m, first.ID)
	}
	if code, took := w.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
}

// When the orchestrator does not answer, the alert gives the state of its container, found by the name
// in the URL. The later of the two messages names the same container and replies to the first.
func TestTheOrchestratorsContainerIsInTheAlert(t *testing.T) {
	t.Parallel()
	engine := containertest.Engine(t)
	name := fmt.Sprintf("wd%d-orchestrator", os.Getpid())
	containertest.Image(t, engine)
	containertest.Ended(t, engine, containertest.Run(t, engine, name, nil, "exit", "3"))
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST="+containertest.NewProxy(t).Host, "WATCHDOG_ORCH_URL=http://"+name+":8000/metrics", "WATCHDOG_ORCH_DOWN_TICKS=30")...)
	first, second := find(t, api, "ALERT container_down:"+name), find(t, api, "ALERT orch_down")
	if !strings.Contains(second.Plain, "\nits container "+name+": exited with code 3") || strings.Contains(second.Plain, "docker logs") {
		t.Errorf("got\n%s", second.Plain)
	}
	if line := "\nthe same container as in container_down:" + name; first.ID == second.ID || second.ReplyTo != first.ID || !strings.Contains(second.Plain, line) {
		t.Errorf("message %d replies to %d, not to %d, or does not say %q:\n%s", second.ID, second.ReplyTo, first.ID, line, second.Plain)
	}
	d.stop()
}

// After a stop of the orchestrator's container, the alert of the orchestrator says that the container
// was asked to stop. The stop itself is not told.
func TestAStopOfTheOrchestratorsContainerIsInTheAlert(t *testing.T) {
	t.Parallel()
	engine := containertest.Engine(t)
	name := fmt.Sprintf("wd%d-stopped-orchestrator", os.Getpid())
	containertest.Image(t, engine)
	id := containertest.Run(t, engine, name, nil, "run", "143")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST="+containertest.NewProxy(t).Host, "WATCHDOG_ORCH_URL=http://127.0.0.1:1/metrics", "WATCHDOG_ORCH_DOWN_TICKS=30",
		"WATCHDOG_CONFIG="+newSettingsFile(t, "orchestrator: {container: "+name+"}\n").path)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "docker_down" && l["state"] == "ok" })
	must(t, engine.ContainerStop(t.Context(), id, container.StopOptions{}))
	if m := find(t, api, "ALERT orch_down"); !strings.Contains(m.Plain, "\nits container "+name+": exited with code 143") || !strings.Contains(m.Plain, "after it was asked to stop") {
		t.Errorf("got\n%s", m.Plain)
	}
	d.stop()
}

// The alert about a container that was re-created with another image says so.
func TestAnotherImageIsInTheAlertAfterIt(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	id := w.run("web", nil, "run")
	w.logged("observation", func(l map[string]any) bool { return l["signal"] == "container_down:"+w.name("web") })
	image := containertest.Image(t, w.engine)
	other := strings.SplitN(image, ":", 2)[0] + ":" + strings.TrimSuffix(w.prefix, "-")
	made, err := w.engine.ContainerCommit(t.Context(), id, container.CommitOptions{Reference: other})
	must(t, err)
	t.Cleanup(func() {
		_, _ = w.engine.ImageRemove(context.WithoutCancel(t.Context()), made.ID, dockerimage.RemoveOptions{Force: true})
	})
	w.remove(id)
	w.run("web", func(c *container.Config, _ *container.HostConfig) { c.Image = other }, "exit", "3")
	m := w.hears("🔴 ALERT container_down:web")[0]
	if line := w.name("web") + " was made anew with the image " + other + " instead of " + image; !strings.Contains(m.Plain, "\nbefore it, at ") || !strings.Contains(m.Plain, line) {
		t.Errorf("no line %q in\n%s", line, m.Plain)
	}
	w.stop()
}

// With log lines switched on, the alert contains the end of the container's log, folded and with
// secrets masked.
func TestTheEndOfTheLogIsInTheAlert(t *testing.T) {
	t.Parallel()
	proxy := containertest.NewProxy(t)
	proxy.Logs = true
	w := watchEngine(t, containertest.Engine(t), proxy, watched, "WATCHDOG_CONTAINERS_LOG_LINES=3")
	w.run("web", nil, "log", "3", "one", "two", "PASSWORD=hunter2", "<three>")
	m := w.hears("🔴 ALERT container_down:web")[0]
	if !strings.Contains(m.Text, "\n<blockquote expandable>two\nPASSWORD=***\n&lt;three&gt;</blockquote>\n") {
		t.Errorf("got\n%s", m.Text)
	}
	w.stop()
}

// On Podman a crash is told as on Docker. A stop, which Podman does not always report, alerts nobody,
// whatever the code.
func TestPodmanIsWatched(t *testing.T) {
	t.Parallel()
	podman := containertest.NewPodman(t)
	w := watchEngine(t, podman.Client, containertest.NewProxyTo(t, podman.Host), watched)
	second := 1
	for short, args := range map[string][]string{"web": {"run", "143"}, "db": {"run", "2"}, "deaf": {"deaf"}} {
		if err := w.engine.ContainerStop(t.Context(), w.run(short, nil, args...), container.StopOptions{Timeout: &second}); err != nil {
			t.Fatal(err)
		}
	}
	w.run("job", nil, "exit", "3")
	if m := w.hears("🔴 ALERT container_down:job")[0]; !strings.Contains(m.Plain, "exited with code 3: podman logs --tail 50 "+w.name("job")) {
		t.Errorf("got %+v", m)
	}
	w.fence("🔴 ALERT container_down:job")
}

// These are no crashes: a stop (even one that ends with 137 after its timeout), a kill, a pause, a
// removal, and a job that is done.
func TestWhatAnOperatorDoesIsNotTold(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	second := 1
	for short, do := range map[string]func(id string) error{
		"stopped":   func(id string) error { return w.engine.ContainerStop(t.Context(), id, container.StopOptions{}) },
		"restarted": func(id string) error { return w.engine.ContainerRestart(t.Context(), id, container.StopOptions{}) },
		"killed":    func(id string) error { return w.engine.ContainerKill(t.Context(), id, "KILL") },
		"paused":    func(id string) error { return w.engine.ContainerPause(t.Context(), id) },
		"removed": func(id string) error {
			return w.engine.ContainerRemove(t.Context(), id, container.RemoveOptions{Force: true})
		},
	} {
		if err := do(w.run(short, nil, "run")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.engine.ContainerStop(t.Context(), w.run("deaf", nil, "deaf"), container.StopOptions{Timeout: &second}); err != nil {
		t.Fatal(err)
	}
	w.waitEnded(w.run("job", nil, "exit", "0"))
	w.fence()
}

// An OOM kill that ends a container is told once, as container_down.
func TestAKillForMemoryIsToldOnce(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	w.waitEnded(w.run("hog", func(_ *container.Config, h *container.HostConfig) {
		h.Memory, h.MemorySwap = 24<<20, 24<<20
	}, "eat"))
	if m := w.hears("🔴 ALERT container_down:hog")[0]; !strings.Contains(m.Plain, "killed for memory") {
		t.Errorf("got %q", m.Plain)
	}
	w.fence("🔴 ALERT container_down:hog")
}

// An OOM kill of an expected container that is also a dependency is two alerts: container_down and
// dep_down.
func TestAKillForMemoryOfADependencyIsTwoMessages(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	w := watchEngine(t, containertest.Engine(t), containertest.NewProxy(t), "containers: {include: ['PREFIX*'], expect: [PREFIXhog]}\ndependencies: [{name: db, interval: 1s, tcp: {addr: '"+address+"'}}]\n",
		"WATCHDOG_STARTUP_GRACE=1s")
	w.run("hog", func(_ *container.Config, h *container.HostConfig) {
		h.Memory, h.MemorySwap, h.NetworkMode = 48<<20, 48<<20, "host"
	}, "serve", address)
	w.logged("observation", func(l map[string]any) bool { return l["signal"] == "dep_down:db" && l["state"] == "ok" })
	w.logged("observation", func(l map[string]any) bool {
		return l["signal"] == "container_memory:"+w.name("hog") && l["state"] == "ok"
	})
	before := len(w.chat.Messages())
	if resp, err := http.Get("http://" + address + "/eat"); err == nil {
		_ = resp.Body.Close()
	}
	find(t, w.chat, "ALERT container_down:"+w.name("hog"))
	find(t, w.chat, "ALERT dep_down:db")
	w.run("fence", nil, "exit", "1")
	find(t, w.chat, "ALERT container_down:"+w.name("fence"))
	var told []string
	for _, m := range w.chat.Messages()[before:] {
		for line := range strings.Lines(m.Plain) {
			if head := heads.FindString(line); head != "" {
				told = append(told, head)
			}
		}
	}
	slices.Sort(told)
	if want := []string{"ALERT container_down:" + w.name("fence"), "ALERT container_down:" + w.name("hog"), "ALERT dep_down:db"}; !slices.Equal(told, want) {
		t.Errorf("got %q, want %q", told, want)
	}
}

// heads matches the heads of messages.
var heads = regexp.MustCompile(`(?:ALERT|WORSE|STILL|RECOVERED|FLAPPING|EVENT|MISSED) \S+`)

// A crash loop is told as container_restarting, even if the container runs at each reading.
func TestACrashLoopIsTold(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	w.run("loop", func(_ *container.Config, h *container.HostConfig) {
		h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyAlways}
	}, "exit", "1")
	m := find(t, w.chat, "ALERT container_restarting:"+w.name("loop"))
	if !strings.Contains(m.Plain, "times within 20 min, last ") || !m.Silent {
		t.Errorf("got %+v", m)
	}
	for _, m := range w.chat.Messages() {
		if strings.Contains(m.Plain, "RECOVERED") {
			t.Errorf("a recovery between two crashes: %q", m.Plain)
		}
	}
}

// A container whose healthcheck fails is told, and its recovery.
func TestAHealthcheckIsToldBothWays(t *testing.T) {
	t.Parallel()
	w := watchContainers(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "well")
	be := func(well bool) {
		if well {
			_ = os.WriteFile(file, nil, 0o600)
		} else {
			_ = os.Remove(file)
		}
	}
	be(true)
	w.run("web", func(c *container.Config, h *container.HostConfig) {
		h.Binds = []string{folder + ":/state:ro"}
		c.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "/app", "healthy", "/state/well"}, Interval: time.Second, Retries: 1}
	}, "run")
	w.logged("observation", func(l map[string]any) bool {
		return l["signal"] == "container_unhealthy:"+w.name("web") && l["state"] == "ok"
	})
	be(false)
	m := w.hears("🟡 ALERT container_unhealthy:web")[0]
	if !strings.Contains(m.Plain, "its healthcheck fails: not well: ") || !m.Silent {
		t.Errorf("got %+v", m)
	}
	be(true)
	w.hears("🟡 ALERT container_unhealthy:web", "🟢 RECOVERED container_unhealthy:web")
}

// The signal of a removed container is told as gone.
func TestTheSignalOfARemovedContainerIsGone(t *testing.T) {
	t.Parallel()
	w := watchContainers(t, "WATCHDOG_TICK=1s")
	id := w.run("web", nil, "exit", "3")
	w.hears("🔴 ALERT container_down:web")
	w.remove(id)
	if m := w.hears("🔴 ALERT container_down:web", "🟢 RECOVERED container_down:web")[1]; !strings.Contains(m.Plain, "gone") {
		t.Errorf("got %q", m.Plain)
	}
}

// The signal of a renamed container continues under its new name: it is one trouble.
func TestTheSignalOfARenamedContainerMoves(t *testing.T) {
	t.Parallel()
	w := watchContainers(t, "WATCHDOG_TICK=1s")
	id := w.run("web", nil, "exit", "3")
	w.hears("🔴 ALERT container_down:web")
	if err := w.engine.ContainerRename(t.Context(), id, w.name("shop")); err != nil {
		t.Fatal(err)
	}
	w.fence("🔴 ALERT container_down:web") // the trouble is the same: nothing new is told
	w.remove(id)
	if m := w.hears("🔴 ALERT container_down:web", "🔴 ALERT container_down:fence", "🟢 RECOVERED container_down:shop")[2]; m.ReplyTo == 0 {
		t.Errorf("got %+v, want a reply to the alert", m)
	}
}

// A container of Compose keeps its signal when Compose re-creates it, and `docker-compose down` is
// no crash.
func TestAServiceOfCompose(t *testing.T) {
	t.Parallel()
	needCompose(t)
	w := watchContainers(t)
	file := filepath.Join(t.TempDir(), "compose.yaml")
	compose := func(args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "docker-compose", append([]string{"-p", w.prefix + "shop", "-f", file}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("docker-compose %q: %v\n%s", args, err, out)
		}
	}
	serve := func(command string) {
		t.Helper()
		text := "version: '3.7'\nservices:\n  web: {image: '" + containertest.Image(t, w.engine) + "', command: " + command + ", network_mode: none}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		compose("up", "-d")
	}
	t.Cleanup(func() { _ = exec.Command("docker-compose", "-p", w.prefix+"shop", "-f", file, "down", "-t", "0").Run() })
	serve("[exit, '3']")
	first := w.hears("🔴 ALERT container_down:shop_web_1")[0]
	serve("[run]")
	if m := w.hears("🔴 ALERT container_down:shop_web_1", "🟢 RECOVERED container_down:shop_web_1")[1]; m.ReplyTo != first.ID || strings.Contains(m.Plain, "gone") {
		t.Errorf("got %+v, want the recovery as a reply to %d", m, first.ID)
	}
	serve("[run, again]") // re-created while it is ok
	compose("down", "-t", "1")
	w.fence("🔴 ALERT container_down:shop_web_1", "🟢 RECOVERED container_down:shop_web_1")
}

// span returns the time between the first and the last event raised.
func (w *ward) span() time.Duration {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var first, last time.Time
	for _, l := range w.log {
		if l["msg"] != "raised" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(l["ts"]))
		must(w.t, err)
		if first.IsZero() {
			first = at
		}
		last = at
	}
	return last.Sub(first)
}

// Many containers that die at the same moment are one digest.
func TestSixtyDeathsAreOneDigest(t *testing.T) {
	w := watchContainers(t)
	const many = 60
	folder := t.TempDir()
	var ids [many]string
	for i := range ids {
		ids[i] = containertest.Create(t, w.engine, w.name(fmt.Sprintf("worker-%02d", i)), func(_ *container.Config, h *container.HostConfig) {
			h.Binds = []string{folder + ":/state:ro"}
		}, "exitwhen", "1", "/state/now")
	}
	var failed [many]error
	worker.Each(6, many, func(i int) { failed[i] = w.engine.ContainerStart(t.Context(), ids[i], container.StartOptions{}) })
	if err := errors.Join(failed[:]...); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	if err := os.WriteFile(filepath.Join(folder, "now"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	told := func(messages []fakeapi.Message) (all string) {
		for _, m := range messages {
			all += m.Plain + "\n"
		}
		return all
	}
	messages, err := w.chat.Wait(t.Context(), func(m []fakeapi.Message) bool {
		return strings.Count(told(m), "ALERT container_down:"+w.name("worker-")) >= many
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range many {
		if n := strings.Count(told(messages), fmt.Sprintf("ALERT container_down:%sworker-%02d", w.prefix, i)); n != 1 {
			t.Errorf("worker-%02d was told %d times", i, n)
		}
	}
	for _, m := range messages {
		t.Log(m.FirstLine(), m.At.Sub(at).Round(time.Millisecond))
	}
	// On a busy machine the engine may report the sixty ends over some seconds. The news of each
	// second may be a message of its own.
	if most := 3 + int(w.span().Seconds()); len(messages) > most {
		t.Errorf("sixty deaths were %d messages, want at most %d", len(messages), most)
	}
}

// A cut event stream and an engine that refuses connections cost time but no news: what happened
// meanwhile is told when the socket is back.
func TestACutSocketLosesNothing(t *testing.T) {
	t.Parallel()
	w := watchContainers(t, "WATCHDOG_TICK=5s")
	w.socket.Refuse(true)
	w.socket.Cut()
	w.logged("events_lost", nil)
	w.run("web", nil, "exit", "3")
	w.hears("🔴 ALERT docker_down")
	w.socket.Refuse(false)
	w.logged("events_back", nil)
	find(t, w.chat, "RECOVERED docker_down")
	find(t, w.chat, "ALERT container_down:"+w.name("web"))
	if n := w.count("events_lost"); n != 1 {
		t.Errorf("the lost stream was logged %d times", n)
	}
}

// The socket proxy of the Compose file passes every request of the watchdog. The test applies the
// proxy's patterns as the proxy does: whole paths by method.
func TestThroughTheSocketProxyOfTheComposeFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/deploy/compose.socket-proxy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	allowed := make(map[string]*regexp.Regexp)
	for _, found := range regexp.MustCompile(`- -allow(GET|HEAD)=(.*)`).FindAllStringSubmatch(strings.ReplaceAll(string(text), "${SOCKET_PROXY_MORE:-}", ""), -1) {
		allowed[found[1]] = regexp.MustCompile("^" + found[2] + "$") // anchored, as the proxy does
	}
	inner := containertest.NewProxy(t)
	engine := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "docker" },
		FlushInterval: -1,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", strings.TrimPrefix(inner.Host, "unix://"))
		}},
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pattern := allowed[r.Method]; pattern == nil || !pattern.MatchString(r.URL.Path) {
			t.Errorf("the socket proxy would refuse %s %s", r.Method, r.URL.Path)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		engine.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	defer proxy.CloseClientConnections()
	w := watchContainers(t, "WATCHDOG_DOCKER_HOST=tcp://"+proxy.Listener.Addr().String())
	w.run("web", func(_ *container.Config, h *container.HostConfig) { h.Memory = 64 << 20 }, "exit", "3", "3s")
	w.hears("🔴 ALERT container_down:web")
	asked := strings.Join(inner.Requests(), "\n")
	for _, path := range []string{"/_ping", "/events", "/containers/json", "/stats"} {
		if !strings.Contains(asked, path) {
			t.Errorf("%s was not asked for:\n%s", path, asked)
		}
	}
	w.stop()
}

// The restart of an engine is told as docker_down and its recovery. Nothing is told of its
// containers, which it ended itself, and they are watched as before.
func TestAnEngineThatIsRestarted(t *testing.T) {
	t.Parallel()
	engine := containertest.NewPrivateEngine(t)
	containertest.Run(t, engine.Client, "web", func(_ *container.Config, h *container.HostConfig) {
		h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyAlways}
	}, "run")
	containertest.Run(t, engine.Client, "job", nil, "run")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST="+engine.Host, "WATCHDOG_TICK=2s")...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "container_down:job" && l["state"] == "ok" })
	engine.Stop(t)
	find(t, api, "ALERT docker_down")
	engine.Start(t)
	find(t, api, "RECOVERED docker_down")
	d.logged("events_back", nil)
	containertest.Run(t, engine.Client, "fence", nil, "exit", "9")
	find(t, api, "ALERT container_down:fence")
	if got := api.Messages(); len(got) != 3 {
		for _, m := range got {
			t.Log(m.Plain)
		}
		t.Errorf("%d messages, want 3", len(got))
	}
}

// A missing socket is docker_down, and everything else goes on.
func TestNoSocketIsDockerDown(t *testing.T) {
	orch, api := newOrchestrator(t), chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST=unix://"+t.TempDir()+"/none.sock", "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	if m := wait(t, api, 1)[0]; m.FirstLine() != "🔴 ALERT docker_down · web-1" {
		t.Errorf("got %+v", m)
	}
	d.stop()
}
