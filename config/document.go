package config

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Markdown returns docs/settings.md: the tables of settings and of kinds.
func Markdown(kinds Kinds) string {
	var b strings.Builder
	b.WriteString("# Settings\n\n<!-- Generated from the declarations of the settings: go test ./config -update -->\n\n" +
		"Every environment variable also has a place in the YAML file that `WATCHDOG_CONFIG` names. The environment\n" +
		"wins over the file, the file over the default. A variable marked with `_FILE` can also be set by the path of a file with\n" +
		"the value (`WATCHDOG_TELEGRAM_TOKEN_FILE=/run/secrets/token`; in the YAML file `token_file`). An empty variable counts as\n" +
		"not set. Durations are Go durations (`30s`, `1h30m`), also `14d`. `watchdog config` shows the effective settings and their origins.\n\n" +
		"| variable | in the file | default | meaning |\n|---|---|---|---|\n")
	for _, s := range kinds.rows() {
		name := code(s.Variable)
		if s.File {
			name += ", `…_FILE`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, code(s.Name), code(s.presetShown()), s.Doc)
	}
	b.WriteString("\n## Settings of the file only\n\n[deploy/watchdog.example.yaml](../deploy/watchdog.example.yaml) has an example of everything.\n")
	for _, section := range sectionDocs(kinds) {
		fmt.Fprintf(&b, "\n### `%s`\n\n%s.\n\n| key | default | meaning |\n|---|---|---|\n", section.path, section.doc)
		for _, k := range section.keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.key, k.preset, k.doc)
		}
	}
	inFiles, _, notes := aboutKinds(slices.Concat(kinds.Dependencies, kinds.Channels))
	_, speakTLS, _ := aboutKinds(kinds.Dependencies)
	b.WriteString("\nA secret below `dependencies` and `channels` can also come from a file: " + inFiles + ".\n\n" +
		"Everything that uses TLS (`orchestrator`, `docker`, `telegram`, `alertmanager`, every channel, and of the dependencies " + speakTLS + ")\n" +
		"has the same settings: `ca_file` (PEM file of the authorities to trust, instead of the system's),\n" +
		"`cert_file` and `key_file` (our client certificate, for servers that ask for one), `server_name` (the name that the certificate\n" +
		"must be for) and `insecure_skip_verify: true` (accept any certificate). A reload reads changed files again.\n" + notes)
	return b.String()
}

// aboutKinds lists the keys of secrets that can come from a file, the kinds that use TLS, and the
// notes of the kinds.
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

// everybody lists the variables that everybody sets.
var everybody = []string{prefix + "ORCH_URL", prefix + "TELEGRAM_TOKEN", prefix + "TELEGRAM_CHAT_ID"}

// EnvExample returns deploy/.env.watchdog.example: every variable with its default,
// commented out except those that everybody sets.
func EnvExample(kinds Kinds) string {
	var b strings.Builder
	b.WriteString("# Settings of the watchdog: copy this file to deploy/.env, which Compose reads.\n" +
		"# Generated from the declarations of the settings: go test ./config -update\n\n" +
		"# The files that `cd deploy && docker compose up -d` uses: add\n" +
		"# :compose.state.yaml, :compose.socket-proxy.yaml, or a file of your own\n" +
		"COMPOSE_FILE=compose.yaml\nCOMPOSE_PROJECT_NAME=watchdog\n\n" +
		"# This file; the watchdog gets all of it, so that it can warn of unknown variables\nENV_FILE=.env\n\n" +
		"# The group that may read the Docker socket: stat -c %g /var/run/docker.sock\nDOCKER_GID=999\n")
	for _, s := range kinds.rows() {
		switch {
		case s.Variable == "":
			continue
		case !slices.Contains(everybody, s.Variable):
			fmt.Fprintf(&b, "\n# %s\n#%s=%s\n", s.Doc, s.Variable, s.Preset)
		case s.File: // a secret: no example
			fmt.Fprintf(&b, "\n# %s\n%s=\n", s.Doc, s.Variable)
		default:
			fmt.Fprintf(&b, "\n# %s\n%s=%s\n", s.Doc, s.Variable, s.Example)
		}
	}
	return b.String()
}

// Fixed lists the settings of which a change takes effect only after a restart.
func (k Kinds) Fixed() []string {
	var names []string
	for _, s := range k.rows() {
		if s.Restart {
			names = append(names, s.id())
		}
	}
	return names
}

// Variables lists the names of all variables, including those with _FILE.
func (k Kinds) Variables() []string {
	var names []string
	for _, s := range k.rows() {
		if s.Variable != "" {
			names = append(names, s.Variable)
		}
		if s.Variable != "" && s.File {
			names = append(names, s.Variable+fileSuffix)
		}
	}
	return names
}
