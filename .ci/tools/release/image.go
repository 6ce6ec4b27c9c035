package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nobody is the user of the image, the usual number of "nonroot", as in deploy/Dockerfile.
const nobody = 65532

// archive writes the image of one platform as an OCI archive. It also contains the manifest.json
// that `docker load` needs, so that every engine can load it.
func (r release) archive(p platform, binary string, authorities []byte) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	image, err := r.image(p, program, authorities)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	index, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if err := index.AppendImage(image, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: p.arch, Variant: p.variant}),
		layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "orchestrator-watchdog:" + r.version})); err != nil {
		return err
	}
	if err := r.forDocker(folder, image); err != nil {
		return err
	}
	return pack(folder, filepath.Join(r.out, fmt.Sprintf("watchdog-%s.oci.tar", p.name())))
}

// image builds the same image as deploy/Dockerfile, with labels.
func (r release) image(p platform, program, authorities []byte) (v1.Image, error) {
	content, err := contentOf(program, authorities)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return nil, err
	}
	labels := map[string]string{
		"org.opencontainers.image.title":       "orchestrator-watchdog",
		"org.opencontainers.image.description": "Watches one orchestrator, its host, its containers and its dependencies, and tells a Telegram chat",
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.revision":    r.revision,
	}
	return mutate.ConfigFile(image, &v1.ConfigFile{
		OS: "linux", Architecture: p.arch, Variant: p.variant,
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{inMemory(layer.DiffID())}},
		Config: v1.Config{
			User: fmt.Sprintf("%d:%d", nobody, nobody), Entrypoint: []string{"/watchdog"}, Cmd: []string{"run"}, Labels: labels,
			Healthcheck: &v1.HealthConfig{
				Test: []string{"CMD", "/watchdog", "healthcheck"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 10 * time.Second, Retries: 3,
			},
		},
	})
}

func inMemory(h v1.Hash, err error) v1.Hash {
	if err != nil {
		panic(err) // the layer is in memory
	}
	return h
}

// contentOf returns the only layer of the image, as a tar.
func contentOf(program, authorities []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range []struct {
		name    string
		mode    int64
		owner   int
		content []byte // nil: a folder
	}{
		{"etc/", 0o755, 0, nil}, {"etc/ssl/", 0o755, 0, nil}, {"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, authorities},
		{"var/", 0o755, 0, nil}, {"var/lib/", 0o755, 0, nil}, {"var/lib/watchdog/", 0o755, nobody, nil}, // a volume takes its owner from it
		{"watchdog", 0o755, 0, program},
	} {
		h := &tar.Header{Name: e.name, Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(e.content)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if e.content == nil {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}

// forDocker adds the manifest.json for `docker load`, which reads OCI archives only from version 25 on.
func (r release) forDocker(folder string, image v1.Image) error {
	config, err := image.ConfigName()
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	blob := func(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
	var paths []string
	for _, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			return err
		}
		paths = append(paths, blob(digest))
	}
	text, err := json.Marshal([]map[string]any{{"Config": blob(config), "RepoTags": []string{"orchestrator-watchdog:" + r.version}, "Layers": paths}})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "manifest.json"), text, 0o644)
}

// pack writes a folder as a tar, sorted by name and without times and owners.
func pack(folder, file string) error {
	var names []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(names)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, path := range names {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
