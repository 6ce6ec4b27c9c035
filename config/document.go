package config

import (
	"fmt"
	"strings"
)

// Markdown is docs/settings.md: the table of settings, for people.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Settings\n\n<!-- Made of the table in config/settings.go: go test ./config -update -->\n\n" +
		"Every setting is an environment variable, and has its place in the YAML file that `WATCHDOG_CONFIG` names. The environment\n" +
		"wins over the file, the file over the default. A variable marked with `_FILE` can also be given as the path of a file with\n" +
		"the value (`WATCHDOG_TELEGRAM_TOKEN_FILE=/run/secrets/token`; in the YAML file `token_file`). An empty variable is as if it\n" +
		"were not set. Durations are Go durations (`30s`, `1h30m`), also `14d`. `watchdog config` shows what is in effect and why.\n\n" +
		"| variable | in the file | default | meaning |\n|---|---|---|---|\n")
	for i := range settings {
		s := &settings[i]
		name := "`" + s.name + "`"
		if s.secret {
			name += ", `…_FILE`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, code(s.path), code(s.presetShown()), s.doc)
	}
	b.WriteString("\nWhat the file alone can say (rules, dependencies, policies by signal, maintenance windows, thresholds) is shown in\n" +
		"[deploy/watchdog.example.yaml](../deploy/watchdog.example.yaml).\n")
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// EnvExample is deploy/.env.watchdog.example: every variable with its default,
// commented out but for those that everybody sets.
func EnvExample() string {
	var b strings.Builder
	b.WriteString("# Settings of the watchdog: copy this file to deploy/.env, which Compose reads by itself.\n" +
		"# Made of the table in config/settings.go: go test ./config -update\n\n" +
		"# The group that may read the Docker socket: stat -c %g /var/run/docker.sock\nDOCKER_GID=999\n")
	everybody := map[string]string{
		"WATCHDOG_ORCH_URL": "http://orchestrator:8000/metrics", "WATCHDOG_TELEGRAM_TOKEN": "", chatVariable: "",
	}
	for i := range settings {
		s := &settings[i]
		fmt.Fprintf(&b, "\n# %s\n", s.doc)
		if value, sets := everybody[s.name]; sets {
			fmt.Fprintf(&b, "%s=%s\n", s.name, value)
			continue
		}
		fmt.Fprintf(&b, "#%s=%s\n", s.name, s.preset)
	}
	return b.String()
}

// Variables lists the names of all variables, those of files included.
func Variables() []string {
	var names []string
	for i := range settings {
		names = append(names, settings[i].name)
		if settings[i].secret {
			names = append(names, settings[i].name+fileSuffix)
		}
	}
	return names
}
