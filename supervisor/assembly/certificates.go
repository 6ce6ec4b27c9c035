package assembly

import (
	"crypto/sha256"
	"io"
	"os"
	"slices"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
)

// maxCertificates is how much of a file with certificates is read, in bytes.
const maxCertificates = 1 << 20

// sums returns the checksums of files, for a Spec: a renewed certificate makes another Spec. A file
// that can't be read is ignored here, since making the probe reports it.
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

// Files returns the files that the configuration depends on: the YAML file, the files of secrets,
// and the files of TLS.
func Files(c *config.Config) []string {
	files := c.Files()
	for _, trust := range []field.TLS{config.Section[*orchestrator.Settings](c).TLS, ofTelegram(c).TLS, config.Section[*alertmanager.Variables](c).TLS, config.Section[*container.Settings](c).TLS} {
		files = append(files, trust.Files()...)
	}
	for _, d := range c.Dependencies {
		files = append(files, certificates(d.Settings)...)
	}
	for _, ch := range c.Channels {
		if s, ok := ch.Settings.(notifier.Settings); ok {
			files = append(files, s.Files()...)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// certificates returns the files that the TLS settings of a dependency name.
func certificates(s field.Settings) []string {
	if secured, ok := s.(interface{ Files() []string }); ok {
		return secured.Files()
	}
	return nil
}
