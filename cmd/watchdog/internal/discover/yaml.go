package discover

import (
	"fmt"
	"path"
	"strings"

	"orchestrator-watchdog/actors/probe/container"
)

// Mount is a mounted file system of the host.
type Mount struct{ Path, Type string }

// Host is what was found.
type Host struct {
	Containers []container.Found
	Mounts     []Mount
	Problems   []string // what could not be looked at
}

// guess is how a kind of server, which the name of its image tells, can be checked.
type guess struct {
	images []string
	check  string // in YAML; NAME stands for the container's
	deeper string // one that takes a password, as a comment; empty: none
}

var guesses = []guess{
	{[]string{"postgres", "postgis", "timescaledb", "pgvector"}, `tcp: {addr: "NAME:5432"}`, `postgres: {dsn_file: /run/secrets/NAME_dsn}`},
	{[]string{"mysql", "mariadb", "percona"}, `tcp: {addr: "NAME:3306"}`, `mysql: {dsn_file: /run/secrets/NAME_dsn}`},
	{[]string{"redis", "valkey", "keydb"}, `redis: {addr: "NAME:6379"}`, `redis: {addr: "NAME:6379", password_file: /run/secrets/NAME}`},
	{[]string{"rabbitmq"}, `tcp: {addr: "NAME:5672"}`, ""},
	{[]string{"mongo", "mongodb"}, `tcp: {addr: "NAME:27017"}`, ""},
	{[]string{"elasticsearch", "opensearch"}, `http: {url: "http://NAME:9200"}`, ""},
	{[]string{"minio"}, `http: {url: "http://NAME:9000/minio/health/live"}`, ""},
	{[]string{"gitea"}, `http: {url: "http://NAME:3000/api/healthz"}`, ""},
	{[]string{"nginx", "caddy", "httpd", "traefik"}, `http: {url: "http://NAME"}`, ""},
}

// orchestrators are images of which the container is likely the one to be watched.
var orchestrators = []string{"airflow", "temporal", "prefect", "dagster", "nomad", "orchestrator", "n8n", "kestra"}

// YAML writes the file.
func YAML(h Host) string {
	var b strings.Builder
	b.WriteString("# What could be watched here, as a start: read it, take out what does not matter, and set\n" +
		"# WATCHDOG_CONFIG to where you keep it. Nothing was written and nothing was changed.\n" +
		"# `watchdog config` says whether it is valid, `watchdog check` what it would see.\n")
	for _, p := range h.Problems {
		fmt.Fprintf(&b, "# %s\n", comment(p))
	}
	b.WriteString("\n")
	writeOrchestrator(&b, h.Containers)
	writeContainers(&b, h.Containers)
	writeDependencies(&b, h.Containers)
	writeMounts(&b, h.Mounts)
	return b.String()
}

func writeOrchestrator(b *strings.Builder, all []container.Found) {
	for _, c := range all {
		if is(c, orchestrators) {
			fmt.Fprintf(b, "orchestrator:\n  url: %q # this looks like one; say where its /metrics is\n\n", "http://"+c.Name+":8000/metrics")
			return
		}
	}
	b.WriteString("# orchestrator:\n#   url: http://orchestrator:8000/metrics\n\n")
}

func writeContainers(b *strings.Builder, all []container.Found) {
	var running []string
	for _, c := range all {
		if c.Running {
			running = append(running, fmt.Sprintf("%q", c.Name))
		}
	}
	if len(running) == 0 {
		b.WriteString("# containers: {expect: [orchestrator, db]} # names that must exist and run\n\n")
		return
	}
	fmt.Fprintf(b, "containers:\n  # These run now. A name that is listed must exist and run; all others are watched for crashes as well.\n  expect: [%s]\n\n", strings.Join(running, ", "))
}

func writeDependencies(b *strings.Builder, all []container.Found) {
	wrote := false
	for _, c := range all {
		g, ok := guessOf(c)
		if !ok {
			continue
		}
		if !wrote {
			b.WriteString("dependencies: # guessed from the images; the names have to resolve where the watchdog runs\n")
			wrote = true
		}
		fmt.Fprintf(b, "  - {name: %q, %s} # %s\n", c.Name, strings.ReplaceAll(g.check, "NAME", c.Name), comment(c.Image))
		if g.deeper != "" {
			fmt.Fprintf(b, "  # or, with its password: {name: %q, %s}\n", c.Name, strings.ReplaceAll(g.deeper, "NAME", c.Name))
		}
	}
	if wrote {
		b.WriteString("\n")
	}
}

func writeMounts(b *strings.Builder, mounts []Mount) {
	if len(mounts) == 0 {
		return
	}
	b.WriteString("host:\n  # Of a container, these have to be mounted read-only, as label=path: \"/data=/host/root/data\".\n  mounts:\n")
	for _, m := range mounts {
		fmt.Fprintf(b, "    - %q # %s\n", m.Path, comment(m.Type))
	}
}

func guessOf(c container.Found) (guess, bool) {
	for _, g := range guesses {
		if is(c, g.images) {
			return g, true
		}
	}
	return guess{}, false
}

// is tells whether the last part of the image's name, without its tag, is or begins with one of
// these.
func is(c container.Found, images []string) bool {
	image, _, _ := strings.Cut(path.Base(c.Image), ":")
	image, _, _ = strings.Cut(image, "@")
	for _, name := range images {
		if image == name || strings.HasPrefix(image, name+"-") {
			return true
		}
	}
	return false
}

// comment is text from outside as one line of a comment.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
