// Package discover makes a first YAML file of what is found on a host: what could be watched
// there, with a comment for each entry that says why. It is pure: the command looks around, asks
// what is proposed whether it answers, and prints.
package discover
