package telegram

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/messages/secret"
)

// maxAnswer bounds what is read of an answer: a message is a few KiB.
const maxAnswer = 1 << 20

// newBot makes the bot without asking Telegram whether the token is right: an outage
// at the start must not keep the watchdog from starting.
func newBot(o Options) (*gotgbot.Bot, error) {
	transport := o.Transport
	if transport == nil {
		t, err := newTransport(o.Proxy)
		if err != nil {
			return nil, err
		}
		transport = t
	}
	bot, err := gotgbot.NewBot(o.Token.Reveal(), &gotgbot.BotOpts{
		DisableTokenCheck: true,
		BotClient: &gotgbot.BaseBotClient{
			Client: http.Client{
				Transport: bounded{transport},
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
func newTransport(proxy secret.Text) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          2,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second,
	}
	if proxy.Set() {
		address, err := url.Parse(proxy.Reveal())
		if err != nil {
			return nil, errProxyForm // url's error quotes the address, password and all
		}
		t.Proxy = http.ProxyURL(address)
	}
	return t, nil
}

// bounded is a transport whose answers are no longer than maxAnswer.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
