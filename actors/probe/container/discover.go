package container

import "context"

// Found is a container as who looks around sees it.
type Found struct {
	Name    string // as signals name it
	Image   string
	Service string // of Compose; empty: none
	Running bool
}

// Discover lists the containers of an engine, by name. It asks by GET alone, as the probe does.
func Discover(ctx context.Context, e Endpoint) ([]Found, error) {
	d := &docker{endpoint: e}
	all, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	defer d.client.Close()
	var found []Found
	for _, s := range subjects(all) {
		found = append(found, Found{Name: s.name, Image: s.image, Service: s.labels["com.docker.compose.service"], Running: isRunning(s.state)})
	}
	return found, nil
}
