// Package discover writes a first YAML file for what was found on a host, with comments that say
// why each entry is there. It is pure: the command collects the data, checks the proposals, and
// prints.
package discover
