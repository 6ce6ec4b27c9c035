package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Check requests /healthz from the watchdog that listens on the address. It returns an
// error unless the watchdog is healthy.
func Check(ctx context.Context, listen string) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(listen)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("WATCHDOG_LISTEN %q is not an address: %w", listen, err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the watchdog does not answer on %s: %w", listen, err)
	}
	defer resp.Body.Close()
	var health Health
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = json.Unmarshal(body, &health)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the watchdog is unhealthy (status %d): %s", resp.StatusCode, strings.Join(health.Reasons, "; "))
	}
	return nil
}

// reachable returns the address to connect to: loopback if the server listens on all addresses.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
