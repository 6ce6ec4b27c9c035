package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/docker/docker/client"
)

// explain words an error of the client, which names nowhere instead of the engine's address.
func (e Endpoint) explain(err error) string {
	var request *url.Error
	switch {
	case errors.Is(err, errRefused):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time from " + e.Host
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("permission denied at %s: add this user to the socket's group (group_add in the Compose file, DOCKER_GID in its .env)", e.Host)
	case client.IsErrConnectionFailed(err) && errors.As(err, &request):
		return fmt.Sprintf("no answer from %s: %v", e.Host, request.Err)
	case client.IsErrConnectionFailed(err):
		return fmt.Sprintf("nothing answers at %s: is the engine up, and is its socket mounted? Where there is none, WATCHDOG_DOCKER_HOST=off", e.Host)
	}
	return strings.ReplaceAll(err.Error(), nowhere, e.Host)
}
