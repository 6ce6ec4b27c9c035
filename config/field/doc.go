// Package field is how a package that uses settings declares them, for the mechanism of
// config to read: each key of a mapping in the YAML file with its parser and what is secret
// in it, what must hold between keys, and what documents say.
//
// It knows neither YAML nor any actor. The packages that use settings import it, and so does
// config; supervisor/assembly hands the kinds of the former to the latter.
package field
