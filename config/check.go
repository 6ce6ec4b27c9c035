package config

import "slices"

// NoOrchestrator is the warning that the orchestrator is not watched, which check does not
// repeat: it lists what is off.
const NoOrchestrator = "no " + prefix + "ORCH_URL: the orchestrator is not watched"

// check holds what must hold between settings, and warns of what is off.
func (l *loader) check() {
	c := l.config
	if !c.Enabled {
		return
	}
	const token, chats = prefix + "TELEGRAM_TOKEN", prefix + "TELEGRAM_CHAT_ID"
	if c.Telegram.Token.Set() && len(c.Telegram.ChatIDs) == 0 && !l.refused(chats) && !c.hasChannel("telegram") {
		l.fail("%s: a token is set, and no chat to alert", chats)
	}
	if !c.Telegram.Token.Set() && !l.refused(token) && !c.hasChannel("") {
		l.warn("no %s: notifications go to the log alone", token)
	}
	if !c.IsSet(prefix+"ORCH_URL") && !l.refused(prefix+"ORCH_URL") {
		l.warn("%s", NoOrchestrator)
	}
}

// hasChannel tells whether the file lists a channel of the kind; empty: of any.
func (c *Config) hasChannel(kind string) bool {
	return slices.ContainsFunc(c.Channels, func(ch Channel) bool { return ch.Kind != "" && (kind == "" || ch.Kind == kind) })
}

// refused tells whether a variable was set and is not well, which is said already.
func (l *loader) refused(name string) bool {
	return l.env[name] != "" || l.env[name+fileSuffix] != ""
}
