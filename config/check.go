package config

import "slices"

// NoOrchestrator is the warning that the orchestrator is not watched. `watchdog check` does not show
// it, because it lists what is off anyway.
const NoOrchestrator = "no " + prefix + "ORCH_URL: the orchestrator is not watched"

// check checks constraints between settings, and warns of what is off.
func (l *loader) check() {
	c := l.config
	if !c.Enabled {
		return
	}
	const token, chats = prefix + "TELEGRAM_TOKEN", prefix + "TELEGRAM_CHAT_ID"
	if c.IsSet(token) && !c.IsSet(chats) && !l.refused(chats) && !c.hasChannel("telegram") {
		l.fail("%s: a token is set, but no chat to alert", chats)
	}
	if !c.IsSet(token) && !l.refused(token) && !c.hasChannel("") {
		l.warn("no %s: notifications go only to the log", token)
	}
	if !c.IsSet(prefix+"ORCH_URL") && !l.refused(prefix+"ORCH_URL") {
		l.warn("%s", NoOrchestrator)
	}
}

// hasChannel reports whether the file lists a channel of the kind; empty: of any kind.
func (c *Config) hasChannel(kind string) bool {
	return slices.ContainsFunc(c.Channels, func(ch Channel) bool { return ch.Kind != "" && (kind == "" || ch.Kind == kind) })
}

// refused reports whether a variable was set but refused, which is a problem already.
func (l *loader) refused(name string) bool {
	return l.env[name] != "" || l.env[name+fileSuffix] != ""
}
