// Package config makes the settings of environment and YAML file one typed value, and
// says of each where it came from. It reports every problem at once, by the name of
// the variable or by line and column, and never quotes a secret.
//
// It may import config/field, messages/secret and the YAML library.
package config
