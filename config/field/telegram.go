package field

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"orchestrator-watchdog/messages/secret"
)

var (
	tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]+$`)
	chatForm  = regexp.MustCompile(`^(?:-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,})$`)
)

// longestToken is several times the length of a real token. It is not part of tokenForm because a
// bounded repeat is compiled into as many copies.
const longestToken = 220

// BotToken parses the token of a Telegram bot.
func BotToken(s string) (secret.Text, error) {
	if len(s) > longestToken || !tokenForm.MatchString(s) {
		return secret.Text{}, errors.New("this is not a token of the form 123456:ABC-def that @BotFather gives (it is not shown here)")
	}
	return secret.New(s), nil
}

// Chat parses the id of a Telegram chat.
func Chat(s string) (string, error) {
	if !chatForm.MatchString(s) {
		return "", errors.New("a chat is a number such as -1001234567890, or the @name of a public channel")
	}
	return s, nil
}

// Topic parses the number of a topic in a Telegram forum group.
func Topic(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not the number of a topic", s)
	}
	return n, nil
}
