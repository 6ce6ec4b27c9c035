// Package config makes the settings of environment and YAML file one typed value, and
// says of each where it came from. It reports every problem at once, by the name of
// the variable or by line and column, and never quotes a secret.
//
//	config.go    the typed value
//	settings.go  the table of settings: one row each, the one source of docs and examples
//	load.go      environment over file over default
//	yaml.go      reading a YAML tree with positions
//	sections.go  what the file alone can say: rules, dependencies, policies, windows
//	check.go     what must hold between settings
//	describe.go  the effective settings, for people
//
// It may import messages/secret and the YAML library.
package config
