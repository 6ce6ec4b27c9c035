// Package config reads the settings from the environment and the YAML file into one typed value,
// and records where each came from. It reports every problem at once, by the name of
// the variable or by line and column, and never quotes a secret.
//
// It may import config/field, messages/secret and the YAML library.
package config
