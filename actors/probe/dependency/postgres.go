package dependency

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

var postgresKind = field.Kind{
	Name: "postgres", New: func() field.Settings { return new(Postgres) }, Form: `postgres: {dsn_file: /run/secrets/pg_dsn}`,
	Keys:     "dsn: a URL, or key=value as libpq reads it",
	Examples: []string{`{name: db, postgres: {dsn: "host=db user=watchdog dbname=orchestrator sslmode=require"}} # or dsn_file`},
	Note: "Those of `postgres` come before its `dsn`: with `ca_file` or `server_name` the connection must use TLS, and the certificate\n" +
		"is verified in full.",
}

// Postgres is a PostgreSQL server that must accept a login and answer SELECT 1.
type Postgres struct {
	// DSN is a URL or "key=value …" as in libpq, including sslmode and sslrootcert.
	DSN      secret.Text
	peer.TLS // overrides the DSN
}

// Fields implements field.Settings.
func (d *Postgres) Fields() []field.Field {
	return append(d.TLS.Fields(), field.Secret("dsn", &d.DSN).Hiding(dsnPasswords))
}

// Check implements field.Settings.
func (d *Postgres) Check() []error {
	return missing("postgres needs a dsn or dsn_file", d.DSN.Reveal())
}

// String implements field.Settings.
func (d *Postgres) String() string { return "postgres " + secret.Mask }

// passwordInDSN matches the passwords in a DSN of the form key=value.
var passwordInDSN = regexp.MustCompile(`(?i)\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// dsnPasswords returns the passwords in a DSN.
func dsnPasswords(dsn string) []string {
	found := secret.InURL(dsn)
	for _, m := range passwordInDSN.FindAllStringSubmatch(dsn, -1) {
		found = append(found, m[1], strings.Trim(m[1], "'"))
	}
	return found
}

// readOnlyQuery can change nothing, whatever privileges the user has.
const readOnlyQuery = "BEGIN READ ONLY; SELECT 1; ROLLBACK"

// maxLogin bounds what a server may send in one check, in bytes. A normal server sends a few
// KiB and a chain of certificates.
const maxLogin = 256 << 10

// checking is the key that marks the context of a check. pgconn also dials by itself to cancel a
// query whose connection broke. Nobody waits for that dial; its context lacks the mark.
type checking struct{}

func (d *Postgres) newCheck(Spec) (check, error) {
	config, err := pgconn.ParseConfig(d.DSN.Reveal())
	if err != nil {
		return check{}, notADSN(err)
	}
	// The context's deadline bounds the connect, and maxLogin the length of a message.
	config.ConnectTimeout, config.MaxProtocolMessageBodyLen = 0, maxLogin
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = peer.UserAgent
	}
	if err := d.trust(config); err != nil {
		return check{}, err
	}
	return check{run: func(ctx context.Context, t *trial) error {
		return d.login(context.WithValue(ctx, checking{}, true), t, config.Copy())
	}, tls: needsTLS(config)}, nil
}

// needsTLS reports whether all attempts of a configuration use TLS.
func needsTLS(config *pgconn.Config) bool {
	return config.TLSConfig != nil && !slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// notADSN returns the error for an unusable DSN. It does not quote the DSN: the malformed part
// may be the password. It may name a file that the DSN names.
func notADSN(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("its dsn names a file: %w", file)
	}
	return errors.New("its dsn is not understood: it has to be postgres://user:password@host:port/database?sslmode=… or host=… user=…")
}

// login connects and sends a query. It changes config, so each check passes its own copy.
func (d *Postgres) login(ctx context.Context, t *trial, config *pgconn.Config) error {
	var opened []net.Conn
	defer func() {
		for _, conn := range opened {
			_ = conn.Close() // ends what pgconn still does with it in the background
		}
	}()
	config.LookupFunc = func(ctx context.Context, host string) ([]string, error) { return peer.Resolve(ctx, host, t.trace) }
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if ctx.Value(checking{}) == nil {
			return nil, errors.New("the check is over")
		}
		conn, err := peer.Connect(ctx, network, addr, t.timeout)
		if err != nil {
			words := t.trace.Explain(err)
			if !peer.IsLocal(err) { // drop the cause: pgconn would replace a timeout by its own error
				words = errors.New(words.Error())
			}
			return nil, at("connect", words)
		}
		t.done("connect")
		opened = append(opened, conn)
		return peer.MaxBytesConn(conn, maxLogin), nil
	}
	config.AfterNetConnect = t.secure
	t.cleaner = secret.NewCleaner(config.Password)
	d.watch(t, config)
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil && needsTLS(config) && !t.hasDone("TLS") {
		return t.refused("TLS", err)
	}
	if err != nil {
		return t.refused("login", err)
	}
	t.done("login")
	if err := readAll(conn.Exec(ctx, readOnlyQuery)); err != nil {
		return t.refused("query", err)
	}
	t.done("query")
	_ = conn.Close(ctx) // the server has answered; an error of the close does not matter
	return nil
}

// readAll reads and discards all results.
func readAll(results *pgconn.MultiResultReader) error {
	for results.NextResult() {
		for rows := results.ResultReader(); rows.NextRow(); {
		}
	}
	return results.Close()
}

// secure does the handshake of a TLS connection as a separate step. It leaves others unchanged.
func (t *trial) secure(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return conn, nil
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		name := secured.ConnectionState().ServerName
		if name == "" { // the server is set by its address
			name = hostOf(conn.RemoteAddr().String())
		}
		return conn, at("TLS", t.trace.ExplainHandshake(err, &tls.Config{RootCAs: rootsOf(config), ServerName: name}))
	}
	t.done("TLS")
	return conn, nil
}

// rootsOf returns the authorities that a configuration trusts. All its attempts have the same.
func rootsOf(config *pgconn.Config) *x509.CertPool {
	for _, attempt := range secured(config) {
		return attempt.TLSConfig.RootCAs
	}
	return nil
}

// watch makes the trial record the handshakes of a configuration. Verification stays as strict
// as its sslmode says.
func (d *Postgres) watch(t *trial, config *pgconn.Config) {
	for _, attempt := range secured(config) {
		attempt.TLSConfig.Time = t.now
		t.trace.Instrument(attempt.TLSConfig)
	}
}

// secured returns the attempts of a configuration that use TLS.
func secured(config *pgconn.Config) []*pgconn.FallbackConfig {
	all := []*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}
	all = append(all, config.Fallbacks...)
	return slices.DeleteFunc(all, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// trust applies our TLS settings, which override the DSN. ca_file and server_name require TLS
// and a fully verified certificate.
func (d *Postgres) trust(config *pgconn.Config) error {
	trust, err := peer.LoadTLS(d.TLS)
	if err != nil {
		return err
	}
	all := secured(config)
	if d.TLS != (peer.TLS{}) && len(all) == 0 {
		return errors.New("its TLS settings need TLS, and its dsn says sslmode=disable")
	}
	strict := d.CAFile != "" || d.ServerName != ""
	for _, attempt := range all {
		c, ours := attempt.TLSConfig, trust.Config(attempt.Host)
		if ours.InsecureSkipVerify || strict {
			c.InsecureSkipVerify, c.VerifyPeerCertificate, c.ServerName = ours.InsecureSkipVerify, nil, ours.ServerName
		}
		if d.CAFile != "" {
			c.RootCAs = ours.RootCAs
		}
		if d.CertFile != "" {
			c.Certificates, c.GetClientCertificate = nil, ours.GetClientCertificate
		}
	}
	if strict {
		config.Host, config.Port, config.TLSConfig, config.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:]
	}
	return nil
}

// refused words an error of pgconn, whose own text names the user, the database and the host of
// the DSN.
func (t *trial) refused(step string, err error) error {
	var (
		server *pgconn.PgError
		known  *peer.StepError
	)
	switch {
	case errors.As(err, &server):
		return at(step, errors.New(t.cleaner.Clean(answerOf(server))))
	case errors.As(err, &known):
		return known
	case errors.Is(err, pgconn.ErrConnClosed):
		return t.failed(step, io.EOF)
	}
	if words := peer.ExplainKnown(err, t.timeout); words != nil {
		return at(step, words)
	}
	return at(step, errors.New(t.cleaner.Clean(innermost(err))))
}

// quoted matches the quoted names in a server's message: the user, host and database of the DSN.
var quoted = regexp.MustCompile(`"[^"]*"`)

// answerOf returns the server's message without the names in it, and its code.
func answerOf(e *pgconn.PgError) string {
	switch e.Code {
	case "28P01":
		return "it refuses the user or the password (28P01)"
	case "3D000":
		return "it has no such database (3D000)"
	}
	reason := quoted.ReplaceAllString(peer.Line(e.Message, maxRefusal), `"…"`)
	return fmt.Sprintf("it answers %s (%s)", reason, peer.Line(e.Code, 10))
}

// innermost returns the text of the innermost wrapped error. Of several attempts it takes the last.
func innermost(err error) string {
	for {
		switch e := err.(type) { //nolint:errorlint // it walks the tree itself
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			err = all[len(all)-1]
		case interface{ Unwrap() error }:
			inner := e.Unwrap()
			if inner == nil {
				return peer.Line(err.Error(), 200)
			}
			err = inner
		default:
			return peer.Line(err.Error(), 200)
		}
	}
}
