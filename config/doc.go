// Package config makes the settings of environment and YAML file one typed value, and
// says of each where it came from. It reports every problem at once, by the name of
// the variable or by line and column, and never quotes a secret.
//
//	config.go    the typed value
//	settings.go  the table of settings: one row each, the one source of docs and examples
//	setters.go   how a row's text becomes its value; scalars.go: the parsers of single values
//	load.go      environment over file over default
//	file.go      the file's tree, made of the table and of the sections
//	yaml.go      reading a YAML tree with positions
//	host.go rules.go dependencies.go policies.go windows.go    the sections
//	kinds.go     reading what the packages that use it declare, by config/field
//	check.go     what must hold between settings
//	content.go   what a reload changed, by name
//	secrets.go   what is secret in a text, and problems without it
//	describe.go  the effective settings and later problems, for people
//	document.go example.go sectiondocs.go    the documents made of the table
//
// It may import config/field, messages/secret and the YAML library.
package config
