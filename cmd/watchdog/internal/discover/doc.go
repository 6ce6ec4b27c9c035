// Package discover makes a first YAML file of what is found on a host: what could be watched
// there, with comments. It is pure; the command looks around and prints.
package discover
