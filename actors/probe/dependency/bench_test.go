package dependency_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/dependency"
)

// serverVariable makes the test binary run the server of a benchmark, so that the CPU time of
// the server is not counted.
const serverVariable = "DEPENDENCY_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) == "" {
		os.Exit(m.Run())
	}
	s := httptest.NewServer(answer(200, `{"status":"pass"}`))
	_, _ = io.WriteString(os.Stdout, s.URL+"\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark ends
}

// server starts the server of a benchmark in a separate process and returns its URL.
func server(b *testing.B) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"=1")
	stdin, errIn := cmd.StdinPipe()
	stdout, errOut := cmd.StdoutPipe()
	if errIn != nil || errOut != nil {
		b.Fatal(errIn, errOut)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = stdin.Close(), cmd.Wait() })
	url := make([]byte, 100)
	n, err := stdout.Read(url)
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(url[:n]))
}

// cpu returns the CPU time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// measure reports the CPU time of 1,000 calls.
func measure(b *testing.B, call func() error) {
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-began).Milliseconds())*1000/float64(b.N), "cpu-ms/1000")
}

// The loop that BenchmarkHTTPCheck is compared with: a check may take 1.3 times its CPU time.
func BenchmarkBareNetHTTP(b *testing.B) {
	url := server(b)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	measure(b, func() error {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	})
}

func BenchmarkHTTPCheck(b *testing.B) {
	p, err := dependency.New(spec(dependency.Spec{Timeout: 5 * time.Second, Target: &dependency.HTTP{URL: server(b)}}))
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() error {
		_, err := p.Observe(b.Context())
		return err
	})
}

// The memory that an idle probe of a dependency holds.
func BenchmarkIdleProbes(b *testing.B) {
	const many = 1000
	url := server(b)
	probes := make([]probe.Probe, 0, many)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		probes = probes[:0]
		for range many {
			p, err := dependency.New(spec(dependency.Spec{Timeout: 5 * time.Second, Target: &dependency.HTTP{URL: url}}))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := p.Observe(b.Context()); err != nil {
				b.Fatal(err)
			}
			probes = append(probes, p)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "heap-B/probe")
	runtime.KeepAlive(probes)
}
