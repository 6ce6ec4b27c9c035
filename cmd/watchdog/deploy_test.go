package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The stacks for Swarm are valid for Compose, which reads the same format, and give the watchdog no
// more privileges than it needs.
func TestTheStacksForSwarm(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	needCompose(t)
	for file, wants := range map[string][]string{
		"stack.yaml":        {"replicas: 1"},
		"stack.global.yaml": {"mode: global", "WATCHDOG_HOST_LABEL: '{{.Node.Hostname}}'", "uid: '65532'"},
	} {
		cmd := exec.Command("docker-compose", "-f", root+"/deploy/swarm/"+file, "config")
		cmd.Env = append(os.Environ(), "WATCHDOG_NODE=node-1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
			continue
		}
		for _, want := range append(wants, "read_only: true", "cap_drop:", "user: 65532:", "/run/secrets/watchdog_telegram_token", "/root:/host/root:ro", "/proc:/host/proc:ro") {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: %s is not in\n%s", file, want, out)
			}
		}
	}
}

// The manifest for Kubernetes has only known fields with valid types, and gives the watchdog no more
// privileges than it needs.
func TestTheFileForKubernetes(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	const file = root + "/deploy/kubernetes/daemonset.yaml"
	check := exec.Command("go", "test", "-C", root+"/.ci/kubernetes", "-count=1", "./...")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	must(t, err)
	for _, want := range []string{
		"runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "capabilities: {drop: [ALL]}", "seccompProfile: {type: RuntimeDefault}",
		"automountServiceAccountToken: false", "fieldPath: spec.nodeName", "mountPath: /host/proc, readOnly: true", "mountPath: /host/root, readOnly: true", "hostPath: {path: /root,", "defaultMode: 0440",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, mustNot := range []string{"hostNetwork", "hostPID", "privileged: true", "docker.sock", "{path: /,"} {
		if strings.Contains(string(text), mustNot) {
			t.Errorf("%s must not be there", mustNot)
		}
	}
}

// The example configuration for Alertmanager is valid.
func TestTheExampleForAlertmanager(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	amtool, err := exec.LookPath("amtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("amtool is not installed: apt-get install prometheus-alertmanager")
		}
		t.Skip("SKIPPED: needs amtool")
	}
	if out, err := exec.Command(amtool, "check-config", root+"/deploy/alertmanager/alertmanager.yml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
