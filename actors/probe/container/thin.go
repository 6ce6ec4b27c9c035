package container

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/api/types/container"

	"orchestrator-watchdog/actors/peer"
)

const (
	// maxContainers is how many containers are read of one list.
	maxContainers = 10_000
	// maxEntry is the longest entry of a list, in bytes: its labels are in it.
	maxEntry = 1 << 20
	// maxText is the longest text of a container that is kept, in bytes.
	maxText = 1 << 10
)

// thin reads the list of containers entry by entry, and hands on what the probe needs of
// each: the client makes a large structure of every entry, and the engine decides how many
// there are and what is in them.
type thin struct {
	body    *limited
	decoder *json.Decoder
	ready   bytes.Buffer // JSON that was not read yet
	begun   bool
	entries int
	err     error // that ends the list
}

func newThin(body *limited) *thin { return &thin{body: body, decoder: json.NewDecoder(body)} }

// Read implements io.Reader.
func (t *thin) Read(p []byte) (int, error) {
	for t.ready.Len() == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.err = t.more()
	}
	return t.ready.Read(p)
}

// Close implements io.Closer.
func (t *thin) Close() error { return t.body.Close() }

// more reads the next piece of the list.
func (t *thin) more() error {
	if !t.begun {
		return t.begin()
	}
	if !t.decoder.More() {
		if _, err := t.decoder.Token(); err != nil {
			return unexpected(err)
		}
		t.ready.WriteByte(']')
		return io.EOF
	}
	if t.entries == maxContainers {
		return fmt.Errorf("%w: more than %d containers", errTooLong, maxContainers)
	}
	if t.entries > 0 {
		t.ready.WriteByte(',')
	}
	t.entries++
	return t.entry()
}

func (t *thin) begin() error {
	token, err := t.decoder.Token()
	if err != nil {
		return unexpected(err)
	}
	if token != json.Delim('[') {
		return fmt.Errorf("its list of containers begins with %v", token)
	}
	t.ready.WriteByte('[')
	t.begun = true
	return nil
}

func (t *thin) entry() error {
	t.body.read = 0 // the bound is that of one entry
	var full struct {
		ID, State, Status, Image, ImageID string
		Names                             []string
		Created                           int64
		Labels                            map[string]string
	}
	if err := t.decoder.Decode(&full); err != nil {
		return unexpected(err)
	}
	return json.NewEncoder(&t.ready).Encode(container.Summary{
		ID: short(full.ID), Names: []string{short(ownName(full.Names, full.ID))}, State: short(full.State), Status: short(full.Status),
		Image: short(full.Image), ImageID: short(full.ImageID), Created: full.Created, Labels: relevant(full.Labels),
	})
}

// unexpected makes an error of an end within the list.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // the decoder gives it bare, at the end of what it reads
		return io.ErrUnexpectedEOF
	}
	return err
}

// relevant are the labels by which a container is named or watched.
func relevant(labels map[string]string) map[string]string {
	var few map[string]string
	for name, value := range labels {
		if len(value) > maxText || !strings.HasPrefix(name, "com.docker.") && !strings.HasPrefix(name, "watchdog.") || len(name) > maxText {
			continue
		}
		if few == nil {
			few = make(map[string]string)
		}
		few[name] = short(value)
	}
	return few
}

// short is the beginning of a text that is kept, in one line that can be shown anywhere: names
// become those of signals.
func short(text string) string { return peer.Line(beginning(text, maxText), maxText) }

// beginning is that of a text, in memory of its own: the whole text can go.
func beginning(text string, most int) string { return strings.Clone(text[:min(len(text), most)]) }
