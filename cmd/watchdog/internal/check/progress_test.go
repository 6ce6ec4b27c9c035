package check

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A quick pass prints nothing. A longer one rewrites one line, and clears it at the end.
func TestProgressIsOneLine(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, 80)
	p.Waiting([]string{"docker"}, 400*time.Millisecond)
	p.Waiting(nil, time.Second)
	p.Done()
	if out.Len() != 0 {
		t.Errorf("a quick pass prints %q", out.String())
	}
	p.Waiting([]string{"dep:x", "docker"}, 3400*time.Millisecond)
	p.Waiting([]string{"docker"}, 4*time.Second)
	p.Done()
	if got, want := out.String(), "\rwaiting for dep:x, docker … 3s\x1b[K\rwaiting for docker … 4s\x1b[K\r\x1b[K"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The line names as many probes as fit, and counts the rest.
func TestProgressFitsItsLine(t *testing.T) {
	probes := []string{"dep:aaaaaaaaaa", "dep:bbbbbbbbbb", "dep:\x1b[2J" + strings.Repeat("c", 100)}
	for width, want := range map[int]string{
		200: "waiting for dep:aaaaaaaaaa, dep:bbbbbbbbbb, dep:\ufffd[2J" + strings.Repeat("c", 100) + " … 1s",
		79:  "waiting for dep:aaaaaaaaaa, dep:bbbbbbbbbb and 1 more … 1s",
		50:  "waiting for dep:aaaaaaaaaa and 2 more … 1s",
		40:  "waiting for 3 probes … 1s",
	} {
		if got := waitingLine(probes, time.Second, width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}
