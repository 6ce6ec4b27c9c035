package config

// check holds what must hold between settings, and warns of what is off.
func (l *loader) check() {
	c := l.config
	if !c.Enabled {
		return
	}
	const token, chats = prefix + "TELEGRAM_TOKEN", prefix + "TELEGRAM_CHAT_ID"
	if c.Telegram.Token.Set() && len(c.Telegram.ChatIDs) == 0 && !l.refused(chats) {
		l.fail("%s: a token is set, and no chat to alert", chats)
	}
	if !c.Telegram.Token.Set() && !l.refused(token) {
		l.warn("no %s: notifications go to the log alone", token)
	}
	if c.Orchestrator.URL == "" && !l.refused(prefix+"ORCH_URL") {
		l.warn("no %sORCH_URL: the orchestrator is not watched", prefix)
	}
}

// refused tells whether a variable was set and is not well, which is said already.
func (l *loader) refused(name string) bool {
	return l.env[name] != "" || l.env[name+fileSuffix] != ""
}
