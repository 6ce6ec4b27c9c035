package telegram

import (
	"net/http"
	"net/url"
	"time"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// maxAnswer bounds what is read of an answer: a message is a few KiB.
const maxAnswer = 1 << 20

// newBot makes the bot without asking Telegram whether the token is right: an outage
// at the start must not keep the watchdog from starting.
func newBot(o Options) (*gotgbot.Bot, error) {
	transport := o.Transport
	if transport == nil {
		t, err := newTransport(o.Proxy, o.Trust)
		if err != nil {
			return nil, err
		}
		transport = t
	}
	bot, err := gotgbot.NewBot(o.Token.Reveal(), &gotgbot.BotOpts{
		DisableTokenCheck: true,
		BotClient: &gotgbot.BaseBotClient{
			Client: http.Client{
				Transport: peer.Bounded(transport, maxAnswer),
				// The token is in the path: it goes nowhere but to the configured server.
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			},
			// The deadline is the context's.
			DefaultRequestOpts: &gotgbot.RequestOpts{APIURL: o.APIURL, Timeout: -1},
		},
	})
	if err != nil {
		return nil, errTokenForm // the library's error quotes the token
	}
	return bot, nil
}

// newTransport goes through the proxy for Telegram alone, or the environment's.
func newTransport(proxy secret.Text, trust *peer.Trust) (*http.Transport, error) {
	o := peer.TransportOptions{Trust: trust, Proxy: peer.EnvironmentProxy, KeepAlive: true}
	if proxy.Set() {
		address, err := url.Parse(proxy.Reveal())
		if err != nil {
			return nil, errProxyForm // url's error quotes the address, password and all
		}
		o.Proxy = http.ProxyURL(address)
	}
	t := peer.NewTransport(o)
	t.ResponseHeaderTimeout = 10 * time.Second
	return t, nil
}
