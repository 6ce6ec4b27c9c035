package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// engine is a fake Docker engine with running containers on which nothing happens.
type engine struct {
	host   string
	server *http.Server
	folder string
	list   []map[string]any
}

func newEngine(ctx context.Context, containers int) (*engine, error) {
	folder, err := os.MkdirTemp("", "watchdog-bench")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "docker.sock")
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	e := &engine{host: "unix://" + path, folder: folder}
	for i := range containers {
		e.list = append(e.list, map[string]any{
			"Id": fmt.Sprintf("%064x", i+1), "Names": []string{fmt.Sprintf("/web-%d", i)}, "Image": "web:1", "ImageID": "sha256:" + strings.Repeat("0", 64),
			"State": "running", "Status": "Up 2 hours", "Created": 1700000000, "Labels": map[string]string{},
		})
	}
	e.server = &http.Server{Handler: http.HandlerFunc(e.answer), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = e.server.Serve(l) }()
	return e, nil
}

func (e *engine) close() {
	_ = e.server.Close()
	_ = os.RemoveAll(e.folder)
}

func (e *engine) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	w.Header().Set("Content-Type", "application/json")
	path := r.URL.Path[strings.Index(r.URL.Path[1:], "/")+1:]
	switch {
	case strings.HasSuffix(r.URL.Path, "/_ping"):
	case path == "/events":
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		if r.URL.Query().Get("until") == "" {
			<-r.Context().Done()
		}
	case path == "/containers/json":
		_ = json.NewEncoder(w).Encode(e.list)
	case strings.HasSuffix(path, "/json"):
		e.inspect(w, strings.Split(path, "/")[2])
	default:
		http.NotFound(w, r)
	}
}

func (e *engine) inspect(w http.ResponseWriter, id string) {
	for _, c := range e.list {
		if c["Id"] == id {
			_ = json.NewEncoder(w).Encode(map[string]any{
				"Id": id, "Name": c["Names"].([]string)[0], "Image": c["ImageID"], "Created": "2026-01-01T00:00:00Z", "RestartCount": 0,
				"State":      map[string]any{"Status": "running", "Running": true, "StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
				"HostConfig": map[string]any{"RestartPolicy": map[string]any{"Name": "always"}}, "Config": map[string]any{"Image": "web:1"},
			})
			return
		}
	}
	http.NotFound(w, nil)
}
