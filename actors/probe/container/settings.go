package container

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Settings are the settings of the probe.
type Settings struct {
	Endpoint          // no host: no probe
	Include  []string // globs of names; empty: all
	Exclude  []string
	Expect   []string // names that must exist and run
	LogLines int      // last lines of a container's log in an alert about it; 0: none
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	all := []field.Field{
		field.Of("docker.host", &s.Host, engineHost).By("WATCHDOG_DOCKER_HOST").With(field.About{Preset: "unix:///var/run/docker.sock", Doc: "off: no container probe; tcp:// for a socket proxy"}),
	}
	return append(append(all, field.Below("docker", s.TLS.Fields())...),
		field.ListOf("containers.expect", &s.Expect, field.Name).By("WATCHDOG_CONTAINERS_EXPECT").With(field.About{Example: "orchestrator,db", Doc: "names that must exist and run: container_missing otherwise"}),
		field.Of("containers.log_lines", &s.LogLines, logLines).By("WATCHDOG_CONTAINERS_LOG_LINES").With(field.About{Preset: "0", Restart: true, Doc: "opt-in: so many last lines of a container's log in the alert about it"}),
		field.ListOf("containers.include", &s.Include, namePattern).With(field.About{Shown: "every container", Example: "*", Doc: "patterns of the names that are watched"}),
		field.ListOf("containers.exclude", &s.Exclude, namePattern).With(field.About{Example: "tmp-*", Doc: "patterns of the names that are not watched, even if they are included"}),
	)
}

// engineHost parses the host of the engine; "off" becomes empty.
func engineHost(s string) (string, error) {
	if strings.EqualFold(s, "off") {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "unix" || u.Path == "") && (u.Scheme != "tcp" && u.Scheme != "https" || u.Port() == "") {
		return "", errors.New("this is neither unix:///path/to/docker.sock, tcp://host:port, https://host:port nor off")
	}
	return s, nil
}

// namePattern parses a glob of names.
func namePattern(s string) (string, error) {
	if _, err := path.Match(s, ""); err != nil {
		return "", fmt.Errorf("%q is not a pattern: a [ needs its ]", s)
	}
	return s, nil
}

func logLines(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 50 {
		return 0, fmt.Errorf("%q is not a whole number from 0 to 50", s)
	}
	return n, nil
}
