package config

import (
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// trusting are the parts of the file with one server each, or several alike, that speak TLS.
var trusting = []struct {
	path string
	of   func(*Config) *field.TLS
}{
	{"telegram", func(c *Config) *field.TLS { return &c.Telegram.Trust }},
	{"alertmanager", func(c *Config) *field.TLS { return &c.AlertmanagerTrust }},
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

// trustRows makes a row of each field of TLS.
func trustRows(path string, of func(*Config) *field.TLS) []setting {
	var rows []setting
	for i, f := range new(field.TLS).Fields() {
		rows = append(rows, setting{
			path: path + "." + f.Name, preset: f.Preset, shown: f.Shown, example: f.Example, doc: f.Doc,
			set: func(c *Config, items []string) error { return of(c).Fields()[i].Set("", items[0]) },
		})
	}
	return rows
}
