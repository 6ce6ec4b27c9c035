package config

// check holds what must hold between settings, and warns of what is off.
func (l *loader) check() {
	c := l.config
	if !c.Enabled {
		return
	}
	if c.Telegram.Token.Set() && len(c.Telegram.ChatIDs) == 0 {
		l.fail("WATCHDOG_TELEGRAM_CHAT_ID: a token is set, and no chat to alert")
	}
	if !c.Telegram.Token.Set() && !l.refused("WATCHDOG_TELEGRAM_TOKEN") {
		l.warn("no WATCHDOG_TELEGRAM_TOKEN: notifications go to the log alone")
	}
	if c.Orchestrator.URL == "" {
		l.warn("no WATCHDOG_ORCH_URL: the orchestrator is not watched")
	}
}

// refused tells whether a variable was given and is not well, which is said already.
func (l *loader) refused(name string) bool {
	return l.given[name] != "" || l.given[name+fileSuffix] != ""
}
