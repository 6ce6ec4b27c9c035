package supervisor

import (
	"crypto/sha256"
	"io"
	"os"

	"orchestrator-watchdog/config"
)

// maxCertificates bounds what is read of a file of certificates.
const maxCertificates = 1 << 20

// sums stand in a spec for the content of files that are read when a probe is made: with
// a certificate that was renewed it is another one. What can't be read is a problem for
// whoever makes the probe.
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

// authorities are the files of those whom a dependency trusts.
func authorities(d config.Dependency) []string {
	var trust config.Trust
	switch {
	case d.HTTP != nil:
		trust = d.HTTP.Trust
	case d.TLS != nil:
		trust = d.TLS.Trust
	case d.Redis != nil:
		trust = d.Redis.Trust
	}
	if trust.CAFile == "" {
		return nil
	}
	return []string{trust.CAFile}
}
