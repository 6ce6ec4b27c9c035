package config

import (
	"slices"
	"strings"
)

// Trust are the settings of whatever speaks TLS: how its certificate is verified, and
// which certificate of ours it is shown.
type Trust struct {
	CAFile             string // PEM file of the authorities; empty: the system's
	CertFile           string // PEM file of our client certificate; empty: none
	KeyFile            string // and of its key
	ServerName         string // that the certificate must be for; empty: the host of the address
	InsecureSkipVerify bool
}

// with adds the keys of TLS to those of a mapping.
func (t *Trust) with(known fields) fields {
	known["ca_file"] = set(&t.CAFile, plainText)
	known["cert_file"] = set(&t.CertFile, plainText)
	known["key_file"] = set(&t.KeyFile, plainText)
	known["server_name"] = set(&t.ServerName, plainText)
	known["insecure_skip_verify"] = set(&t.InsecureSkipVerify, boolean)
	return known
}

// trusting are the parts of the file with one server each, or several alike, that speak TLS.
var trusting = []struct {
	path string
	of   func(*Config) *Trust
}{
	{"orchestrator", func(c *Config) *Trust { return &c.Orchestrator.Trust }},
	{"telegram", func(c *Config) *Trust { return &c.Telegram.Trust }},
	{"alertmanager", func(c *Config) *Trust { return &c.AlertmanagerTrust }},
	{"docker", func(c *Config) *Trust { return &c.Docker.Trust }},
}

// withTrust adds the rows of TLS behind the others of each part that speaks it.
func withTrust(rows []setting) []setting {
	for _, part := range trusting {
		behind := 0
		for i := range rows {
			if strings.HasPrefix(rows[i].path, part.path+".") {
				behind = i + 1
			}
		}
		rows = slices.Insert(rows, behind, trustRows(part.path, part.of)...)
	}
	return rows
}

func trustRows(path string, of func(*Config) *Trust) []setting {
	return []setting{
		{path: path + ".ca_file", shown: "the system's", example: "/etc/watchdog/ca.pem", doc: "TLS: PEM file of the authorities to trust", set: text(func(c *Config) *string { return &of(c).CAFile })},
		{path: path + ".cert_file", example: "/etc/watchdog/cert.pem", doc: "TLS: PEM file of our client certificate, with its chain", set: text(func(c *Config) *string { return &of(c).CertFile })},
		{path: path + ".key_file", example: "/etc/watchdog/key.pem", doc: "TLS: PEM file of its key, without a passphrase", set: text(func(c *Config) *string { return &of(c).KeyFile })},
		{path: path + ".server_name", shown: "the host of the address", example: "server.example.org", doc: "TLS: the name that the certificate must be for", set: text(func(c *Config) *string { return &of(c).ServerName })},
		{path: path + ".insecure_skip_verify", preset: "false", doc: "TLS: take any certificate", set: flag(func(c *Config) *bool { return &of(c).InsecureSkipVerify })},
	}
}
