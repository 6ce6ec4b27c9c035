// Package field declares settings in the packages that use them: each key of a mapping in the
// YAML file with its parser, what is secret in it, constraints between keys, and documentation.
// Package config reads settings by these declarations.
//
// It knows neither YAML nor any actor. supervisor/assembly passes the declarations of the packages
// that use settings to config.
package field
