// Command release builds a release: a static binary and an image archive for each
// platform, a bill of materials, release notes and checksums. The same source gives the same
// bytes: nothing depends on the time, the folder or the machine of the build.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// platform is a target of the build.
type platform struct {
	arch, variant string
	env           []string
}

func (p platform) name() string { return "linux-" + p.arch + p.variant }

var platforms = []platform{
	{arch: "amd64", env: []string{"GOARCH=amd64", "GOAMD64=v1"}},
	{arch: "arm64", env: []string{"GOARCH=arm64", "GOARM64=v8.0"}},
	{arch: "arm", variant: "v7", env: []string{"GOARCH=arm", "GOARM=7"}},
}

// release is the source and the destination of a release.
type release struct {
	source            string // folder of the project
	out               string // folder of the release
	version, revision string
	only              string // one platform; empty: all
}

func main() {
	var r release
	flag.StringVar(&r.source, "source", ".", "folder of the project")
	flag.StringVar(&r.out, "out", "bin/release", "folder of the release; it is emptied first")
	flag.StringVar(&r.version, "version", "", "of the release")
	flag.StringVar(&r.revision, "revision", "", "commit that it is built from")
	flag.StringVar(&r.only, "only", "", "one platform, such as linux-amd64; empty: all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := r.make(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func (r release) make(ctx context.Context) error {
	if r.version == "" || r.revision == "" {
		return errors.New("set -version and -revision")
	}
	var err error
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	authorities, err := r.output(ctx, filepath.Join(r.source, ".ci/tools"), nil, "go", "run", "./authorities")
	if err != nil {
		return err
	}
	binary := ""
	for _, p := range platforms {
		if r.only != "" && r.only != p.name() {
			continue
		}
		binary = filepath.Join(r.out, "watchdog-"+p.name())
		if err := r.build(ctx, p, binary); err != nil {
			return err
		}
		if err := r.archive(p, binary, authorities); err != nil {
			return fmt.Errorf("image for %s: %w", p.name(), err)
		}
	}
	if binary == "" {
		return fmt.Errorf("there is no platform %q", r.only)
	}
	if err := r.materials(ctx, binary); err != nil {
		return err
	}
	if err := r.notes(); err != nil {
		return err
	}
	return r.sums()
}

// build builds the static binary.
func (r release) build(ctx context.Context, p platform, binary string) error {
	flags := fmt.Sprintf("-s -w -buildid= -X main.version=%s -X main.revision=%s", r.version, r.revision)
	_, err := r.output(ctx, r.source, append([]string{"CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=-mod=readonly"}, p.env...),
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", binary, "./cmd/watchdog")
	return err
}

// output runs a program and returns its standard output. Its error includes the standard error.
func (r release) output(ctx context.Context, folder string, env []string, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = folder, append(os.Environ(), env...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

// sums writes SHA256SUMS of all files, in the format of sha256sum.
func (r release) sums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var lines []string
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(content), e.Name()))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(strings.Join(lines, "")), 0o644)
}
