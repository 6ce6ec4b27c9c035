package field

// TLS are the settings of everything that uses TLS. The zero value trusts the system's
// authorities, expects the name that was dialled, and has no client certificate.
type TLS struct {
	CAFile             string // PEM file of the authorities to trust; empty: the system's
	CertFile           string // PEM file of our client certificate, with its chain
	KeyFile            string // PEM file of its key
	ServerName         string // the name that the certificate must be for; empty: the host that is dialled
	InsecureSkipVerify bool   // accept any certificate; its lifetime is still checked
}

// Fields returns the keys.
func (t *TLS) Fields() []Field {
	return []Field{
		Of("ca_file", &t.CAFile, Text).With(About{Shown: "the system's", Example: "/etc/watchdog/ca.pem", Doc: "TLS: PEM file of the authorities to trust"}),
		Of("cert_file", &t.CertFile, Text).With(About{Example: "/etc/watchdog/cert.pem", Doc: "TLS: PEM file of our client certificate, with its chain"}),
		Of("key_file", &t.KeyFile, Text).With(About{Example: "/etc/watchdog/key.pem", Doc: "TLS: PEM file of its key, without a passphrase"}),
		Of("server_name", &t.ServerName, Text).With(About{Shown: "the host of the address", Example: "server.example.org", Doc: "TLS: the name that the certificate must be for"}),
		Of("insecure_skip_verify", &t.InsecureSkipVerify, Bool).With(About{Preset: "false", Doc: "TLS: take any certificate"}),
	}
}

// Files lists the files that the settings name.
func (t TLS) Files() []string {
	var files []string
	for _, path := range []string{t.CAFile, t.CertFile, t.KeyFile} {
		if path != "" {
			files = append(files, path)
		}
	}
	return files
}
