package dependency

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

var redisKind = field.Kind{
	Name: "redis", New: func() field.Settings { return new(Redis) }, Form: `redis: {addr: "redis:6379"}`, Keys: "addr, user, password, tls",
	Examples: []string{`{name: cache, redis: {addr: "redis:6379", tls: true}} # and password_file`},
	Note:     "Those of `redis` need `tls: true`.",
}

// Redis is a Redis server that must answer PING.
type Redis struct {
	Addr     string // host:port
	User     string // ACL user; empty: the default user
	Password secret.Text
	TLS      bool
	Trust    peer.TLS // needs TLS to be set
}

// Fields implements field.Settings.
func (d *Redis) Fields() []field.Field {
	return append(d.Trust.Fields(),
		field.Of("addr", &d.Addr, field.HostPort), field.Of("user", &d.User, field.Text),
		field.Secret("password", &d.Password), field.Of("tls", &d.TLS, field.Bool))
}

// Check implements field.Settings.
func (d *Redis) Check() []error {
	problems := missing("redis needs an addr", d.Addr)
	if !d.TLS && d.Trust != (peer.TLS{}) {
		problems = append(problems, errors.New("ca_file, cert_file, key_file, server_name and insecure_skip_verify need tls: true"))
	}
	return problems
}

// String implements field.Settings.
func (d *Redis) String() string { return "redis " + d.Addr }

// Files returns the files that the TLS settings name.
func (d *Redis) Files() []string { return d.Trust.Files() }

// maxReply bounds all replies of one check, in bytes.
const maxReply = 4 << 10

func (d *Redis) newCheck(Spec) (check, error) {
	if err := checkAddr(d.Addr); err != nil {
		return check{}, err
	}
	trust, err := peer.LoadTLS(d.Trust)
	if err != nil {
		return check{}, err
	}
	cleaner := secret.NewCleaner(d.Password.Reveal())
	return check{run: func(ctx context.Context, t *trial) error {
		t.cleaner = cleaner
		conn, err := peer.Dial(ctx, d.Addr, t.trace)
		if err != nil {
			return err
		}
		defer conn.Close()
		defer peer.Interrupt(ctx, conn)()
		if d.TLS {
			if conn, err = peer.Handshake(ctx, conn, trust, hostOf(d.Addr), t.trace); err != nil {
				return err
			}
		}
		return d.ping(t, conn)
	}, tls: d.TLS}, nil
}

// ping logs in, if a password is set, and sends PING.
func (d *Redis) ping(t *trial, conn net.Conn) error {
	replies := bufio.NewReader(io.LimitReader(conn, maxReply))
	if d.Password.Set() {
		login := []string{"AUTH", d.Password.Reveal()}
		if d.User != "" {
			login = []string{"AUTH", d.User, d.Password.Reveal()}
		}
		reply, err := call(conn, replies, login...)
		if err != nil {
			return t.failed("login", err)
		}
		if reply != "+OK" {
			return at("login", t.refusal(reply))
		}
		t.done("login")
	}
	reply, err := call(conn, replies, "PING")
	if err != nil {
		return t.failed("ping", err)
	}
	if reply != "+PONG" {
		return at("ping", t.refusal(reply))
	}
	t.done("ping")
	return nil
}

// call sends a command and reads one line of its reply.
func call(conn net.Conn, replies *bufio.Reader, words ...string) (string, error) {
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(conn, command.String()); err != nil {
		return "", err
	}
	line, err := replies.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		return "", errors.New("its answer is not Redis")
	}
	return strings.TrimRight(line, "\r\n"), err
}

// maxRefusal bounds the part of a server's message that is shown, in bytes.
const maxRefusal = 200

// refusal returns the error for an unexpected reply, with the server's reason.
func (t *trial) refusal(reply string) error {
	reason, isError := strings.CutPrefix(reply, "-")
	code, _, _ := strings.Cut(reason, " ")
	if !isError || !isCode(code) {
		return errors.New("its answer is not Redis")
	}
	// A server that does not know AUTH repeats its arguments, and so the password.
	reason, _, _ = strings.Cut(reason, ", with args")
	reason = peer.Line(t.cleaner.Clean(reason), maxRefusal)
	if code == "WRONGPASS" {
		return fmt.Errorf("it refuses the user or the password (%s)", reason)
	}
	return fmt.Errorf("it answers %s", reason)
}

// isCode reports whether a word has the form of a Redis error code, such as ERR or NOAUTH.
func isCode(word string) bool {
	return word != "" && len(word) <= 20 && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
