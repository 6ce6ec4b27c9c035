package assembly

import (
	"crypto/sha256"
	"io"
	"os"
	"slices"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
)

// maxCertificates bounds what is read of a file of certificates.
const maxCertificates = 1 << 20

// sums stand in a spec for the content of files that are read when a probe is made: with
// a certificate that was renewed it is another one. A file that can't be read is reported
// when the probe is made.
func sums(paths ...string) [][sha256.Size]byte {
	all := make([][sha256.Size]byte, len(paths))
	for i, path := range paths {
		if file, err := os.Open(path); err == nil {
			text, _ := io.ReadAll(io.LimitReader(file, maxCertificates))
			all[i] = sha256.Sum256(text)
			_ = file.Close()
		}
	}
	return all
}

// Files lists the files that a configuration was read from or names: the YAML file, those of
// secrets, and those of TLS.
func Files(c *config.Config) []string {
	files := c.Files()
	for _, trust := range []field.TLS{config.Section[*orchestrator.Settings](c).TLS, c.Telegram.Trust, c.AlertmanagerTrust, config.Section[*container.Settings](c).TLS} {
		files = append(files, trust.Files()...)
	}
	for _, d := range c.Dependencies {
		files = append(files, certificates(d)...)
	}
	for _, ch := range c.Channels {
		if s, ok := ch.Settings.(notifier.Settings); ok {
			files = append(files, s.Files()...)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// certificates are the files that the TLS of a dependency reads.
func certificates(d config.Dependency) []string {
	if secured, ok := d.Settings.(interface{ Files() []string }); ok {
		return secured.Files()
	}
	return nil
}
