package dependency

import "orchestrator-watchdog/config/field"

// Kinds lists the kinds of dependency. To add one, write a file with its Target and list it here.
var Kinds = []field.Kind{httpKind, postgresKind, mysqlKind, redisKind, tcpKind, tlsKind, dnsKind}

// Target is a dependency to check: the settings of one of the Kinds.
type Target interface {
	field.Settings
	// newCheck creates the check of a target. Its error says which setting to fix, and contains
	// no secret.
	newCheck(s Spec) (check, error)
}
