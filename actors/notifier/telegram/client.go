package telegram

import (
	"net/http"
	"net/url"
	"time"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// maxAnswer is how many bytes of an answer are read at most. A message has a few KiB.
const maxAnswer = 1 << 20

// newBot makes the bot without checking the token with Telegram: an outage must not keep the
// watchdog from starting.
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
				Transport: peer.DecodingTransport(transport, maxAnswer),
				// The token is in the path and must reach no other server.
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

// newTransport returns a transport that uses the proxy for Telegram or, if there is none, the
// environment's proxy.
func newTransport(proxy secret.Text, trust *peer.Trust) (*http.Transport, error) {
	o := peer.TransportOptions{Trust: trust, Proxy: peer.EnvironmentProxy, KeepAlive: true}
	if proxy.Set() {
		address, err := url.Parse(proxy.Reveal())
		if err != nil {
			return nil, errProxyForm // the error of url.Parse quotes the password
		}
		o.Proxy = http.ProxyURL(address)
	}
	t := peer.NewTransport(o)
	t.ResponseHeaderTimeout = 10 * time.Second
	return t, nil
}
