package dependency

import "orchestrator-watchdog/config/field"

// Kinds is the table of kinds: a new one is a file with its Target, and a name here.
var Kinds = []field.Kind{httpKind, postgresKind, mysqlKind, redisKind, tcpKind, tlsKind, dnsKind}

// Target is what is checked: the settings of one of the Kinds.
type Target interface {
	field.Settings
	// checked makes the check of a target. Its error says which setting to fix, and holds no
	// secret.
	checked(s Spec) (check, error)
}
