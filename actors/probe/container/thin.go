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
	// maxContainers bounds the containers of a list.
	maxContainers = 10_000
	// maxEntry bounds one entry of a list with its labels, in bytes.
	maxEntry = 1 << 20
	// maxText bounds each text that is kept of a container, in bytes.
	maxText = 1 << 10
)

// thin reduces the list of containers, entry by entry, to what the probe needs. The client would
// decode every entry to a large structure, and the engine decides how many there are and what they
// contain.
type thin struct {
	body    *limited
	decoder *json.Decoder
	ready   bytes.Buffer // JSON that waits to be read
	begun   bool
	entries int
	err     error // the error after ready
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

// more puts the next part of the list into ready.
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
	t.body.read = 0 // the limit is per entry
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

// unexpected turns an EOF within the list into io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // the decoder returns it unwrapped
		return io.ErrUnexpectedEOF
	}
	return err
}

// relevant returns the labels of Docker and of the watchdog.
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

// short shortens a text to maxText, and makes it one line that is safe to show anywhere.
func short(text string) string { return peer.Line(beginning(text, maxText), maxText) }

// beginning returns a copy of the first bytes of a text, so that the whole text can be freed.
func beginning(text string, most int) string { return strings.Clone(text[:min(len(text), most)]) }
