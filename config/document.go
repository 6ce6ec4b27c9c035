package config

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Markdown is docs/settings.md: the tables of settings and of kinds, for people.
func Markdown(kinds Kinds) string {
	var b strings.Builder
	b.WriteString("# Settings\n\n<!-- Made of the table in config/settings.go: go test ./config -update -->\n\n" +
		"Every setting is an environment variable, and has its place in the YAML file that `WATCHDOG_CONFIG` names. The environment\n" +
		"wins over the file, the file over the default. A variable marked with `_FILE` can also be given as the path of a file with\n" +
		"the value (`WATCHDOG_TELEGRAM_TOKEN_FILE=/run/secrets/token`; in the YAML file `token_file`). An empty variable is as if it\n" +
		"were not set. Durations are Go durations (`30s`, `1h30m`), also `14d`. `watchdog config` shows what is in effect and why.\n\n" +
		"| variable | in the file | default | meaning |\n|---|---|---|---|\n")
	for _, s := range kinds.rows() {
		name := code(s.name)
		if s.file {
			name += ", `…_FILE`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, code(s.path), code(s.presetShown()), s.doc)
	}
	b.WriteString("\n## What the file alone can say\n\nAn example of everything: [deploy/watchdog.example.yaml](../deploy/watchdog.example.yaml).\n")
	for _, section := range sectionDocs(kinds) {
		fmt.Fprintf(&b, "\n### `%s`\n\n%s.\n\n| key | default | meaning |\n|---|---|---|\n", section.path, section.doc)
		for _, k := range section.keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.key, k.preset, k.doc)
		}
	}
	inFiles, _, notes := aboutKinds(slices.Concat(kinds.Dependencies, kinds.Channels))
	_, speakTLS, _ := aboutKinds(kinds.Dependencies)
	b.WriteString("\nA secret below `dependencies` and `channels` can stand in a file too: " + inFiles + ".\n\n" +
		"Whatever speaks TLS (`orchestrator`, `docker`, `telegram`, `alertmanager`, every channel, and of the dependencies " + speakTLS + ")\n" +
		"takes the same settings: `ca_file` (PEM file of the authorities to trust, in the place of the system's),\n" +
		"`cert_file` and `key_file` (our client certificate, for servers that ask for one), `server_name` (the name that the certificate\n" +
		"must be for) and `insecure_skip_verify: true` (take any certificate). Files that change are read anew at a reload.\n" + notes)
	return b.String()
}

// aboutKinds lists the keys of secrets that can come from a file, and the kinds that speak
// TLS, with all that the kinds have to say beside.
func aboutKinds(kinds []field.Kind) (inFiles, speakTLS, notes string) {
	var secrets, secured []string
	for _, kind := range kinds {
		for _, f := range kind.New().Fields() {
			if key := code(f.Name + "_file"); f.File && !slices.Contains(secrets, key) {
				secrets = append(secrets, key)
			}
			if f.Name == "ca_file" {
				secured = append(secured, code(kind.Name))
			}
		}
		if kind.Note != "" {
			notes += kind.Note + "\n"
		}
	}
	return strings.Join(secrets, ", "), strings.Join(secured, ", "), notes
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// everybody are the variables that everybody sets.
var everybody = []string{prefix + "ORCH_URL", prefix + "TELEGRAM_TOKEN", prefix + "TELEGRAM_CHAT_ID"}

// EnvExample is deploy/.env.watchdog.example: every variable with its default,
// commented out but for those that everybody sets.
func EnvExample(kinds Kinds) string {
	var b strings.Builder
	b.WriteString("# Settings of the watchdog: copy this file to deploy/.env, which Compose reads by itself.\n" +
		"# Made of the table in config/settings.go: go test ./config -update\n\n" +
		"# What `cd deploy && docker compose up -d` installs, changes and upgrades: add\n" +
		"# :compose.state.yaml, :compose.socket-proxy.yaml, or a file of your own\n" +
		"COMPOSE_FILE=compose.yaml\nCOMPOSE_PROJECT_NAME=watchdog\n\n" +
		"# This file, handed to the watchdog whole: it names a variable that it does not know\nENV_FILE=.env\n\n" +
		"# The group that may read the Docker socket: stat -c %g /var/run/docker.sock\nDOCKER_GID=999\n")
	for _, s := range kinds.rows() {
		switch {
		case s.name == "":
			continue
		case !slices.Contains(everybody, s.name):
			fmt.Fprintf(&b, "\n# %s\n#%s=%s\n", s.doc, s.name, s.preset)
		case s.file: // it is nobody's but the reader's
			fmt.Fprintf(&b, "\n# %s\n%s=\n", s.doc, s.name)
		default:
			fmt.Fprintf(&b, "\n# %s\n%s=%s\n", s.doc, s.name, s.example)
		}
	}
	return b.String()
}

// Variables lists the names of all variables, those of files included.
func (k Kinds) Variables() []string {
	var names []string
	for _, s := range k.rows() {
		if s.name != "" {
			names = append(names, s.name)
		}
		if s.name != "" && s.file {
			names = append(names, s.name+fileSuffix)
		}
	}
	return names
}
