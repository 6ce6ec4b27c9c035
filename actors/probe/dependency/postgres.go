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

// Postgres is a PostgreSQL server that lets us in and answers SELECT 1.
type Postgres struct {
	// DSN is a URL or "key=value …" as libpq reads it, with its sslmode and sslrootcert.
	DSN      secret.Text
	peer.TLS // above what the DSN says
}

// Fields implements field.Settings.
func (d *Postgres) Fields() []field.Field {
	return append(d.TLS.Fields(), field.Secret("dsn", &d.DSN).Hiding(dsnPasswords)) // errors quote the password alone
}

// Check implements field.Settings.
func (d *Postgres) Check() []error {
	return missing("postgres needs a dsn or dsn_file", d.DSN.Reveal())
}

// String implements field.Settings.
func (d *Postgres) String() string { return "postgres " + secret.Mask }

// passwordInDSN is the password in a DSN of the form key=value.
var passwordInDSN = regexp.MustCompile(`(?i)\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// dsnPasswords gives the passwords in a DSN.
func dsnPasswords(dsn string) []string {
	found := secret.InURL(dsn)
	for _, m := range passwordInDSN.FindAllStringSubmatch(dsn, -1) {
		found = append(found, m[1], strings.Trim(m[1], "'"))
	}
	return found
}

// query of a check: it can change nothing, whatever the user may do.
const readOnlyQuery = "BEGIN READ ONLY; SELECT 1; ROLLBACK"

// maxLogin bounds what a server may send in one check, in bytes: an honest one sends some
// KiB, and a chain of certificates.
const maxLogin = 256 << 10

// checking marks the context of a check. pgconn dials once more by itself, to cancel a
// query whose connection broke: that dial has another context, and no one to wait for it.
type checking struct{}

func (d *Postgres) checked(Spec) (check, error) {
	config, err := pgconn.ParseConfig(d.DSN.Reveal())
	if err != nil {
		return check{}, notADSN(err)
	}
	// The trial's deadline bounds everything; a server cannot make us read a huge message.
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

// needsTLS tells whether no attempt of a configuration goes without TLS.
func needsTLS(config *pgconn.Config) bool {
	return config.TLSConfig != nil && !slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// notADSN says that a DSN cannot be used, without its text: what is malformed in it
// may be the password. A file that it names may be told.
func notADSN(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("its dsn names a file: %w", file)
	}
	return errors.New("its dsn is not understood: it has to be postgres://user:password@host:port/database?sslmode=… or host=… user=…")
}

// login connects with a configuration of this check's own, and asks.
func (d *Postgres) login(ctx context.Context, t *trial, config *pgconn.Config) error {
	var opened []net.Conn
	defer func() {
		for _, conn := range opened {
			_ = conn.Close() // whatever pgconn still does with it in the background ends
		}
	}()
	config.LookupFunc = func(ctx context.Context, host string) ([]string, error) { return peer.Resolve(ctx, host, t.trace) }
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if ctx.Value(checking{}) == nil {
			return nil, errors.New("the check is over")
		}
		conn, err := peer.Connect(ctx, network, addr, t.timeout)
		if err != nil {
			words := t.trace.Words(err)
			if !peer.Ours(err) { // without its cause: pgconn puts an error of its own in the place of a timeout
				words = errors.New(words.Error())
			}
			return nil, at("connect", words)
		}
		t.done("connect")
		opened = append(opened, conn)
		return peer.Limit(conn, maxLogin), nil
	}
	config.AfterNetConnect = t.secure
	t.cleaner = secret.NewCleaner(config.Password)
	d.watch(t, config)
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil && needsTLS(config) && !t.did("TLS") {
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
	_ = conn.Close(ctx) // it answered; how it takes the good-bye is no matter
	return nil
}

// readAll reads the results to their end, and keeps none of them.
func readAll(results *pgconn.MultiResultReader) error {
	for results.NextResult() {
		for rows := results.ResultReader(); rows.NextRow(); {
		}
	}
	return results.Close()
}

// secure makes the handshake, as a step of its own, of a connection that is to speak TLS.
func (t *trial) secure(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return conn, nil
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		name := secured.ConnectionState().ServerName
		if name == "" { // an address is no server name
			name = hostOf(conn.RemoteAddr().String())
		}
		return conn, at("TLS", t.trace.Explain(err, &tls.Config{RootCAs: rootsOf(config), ServerName: name}))
	}
	t.done("TLS")
	return conn, nil
}

// rootsOf are the authorities that a configuration trusts: those of all its attempts are
// the same.
func rootsOf(config *pgconn.Config) *x509.CertPool {
	for _, attempt := range secured(config) {
		return attempt.TLSConfig.RootCAs
	}
	return nil
}

// watch lets the trial see the handshakes of a configuration, which verifies as strictly
// as its sslmode asks.
func (d *Postgres) watch(t *trial, config *pgconn.Config) {
	for _, attempt := range secured(config) {
		attempt.TLSConfig.Time = t.now
		t.trace.Watch(attempt.TLSConfig)
	}
}

// secured are the attempts of a configuration that speak TLS.
func secured(config *pgconn.Config) []*pgconn.FallbackConfig {
	all := []*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}
	all = append(all, config.Fallbacks...)
	return slices.DeleteFunc(all, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// trust puts our TLS settings above those of the DSN. A setting that names an authority or a
// server asks for TLS, and for a certificate that is verified in full.
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

// refused puts an error of pgconn in plain words: its own text names the user, the
// database and the host of the DSN.
func (t *trial) refused(step string, err error) error {
	var (
		server *pgconn.PgError
		known  *peer.Error
	)
	switch {
	case errors.As(err, &server):
		return at(step, errors.New(t.cleaner.Clean(answerOf(server))))
	case errors.As(err, &known):
		return known
	case errors.Is(err, pgconn.ErrConnClosed):
		return t.failed(step, io.EOF)
	}
	if words := inWords(err, t.timeout); words != nil {
		return at(step, words)
	}
	return at(step, errors.New(t.cleaner.Clean(innermost(err))))
}

// quoted are the names that the server puts into its reasons: of the user, the host and the
// database, which are those of the DSN.
var quoted = regexp.MustCompile(`"[^"]*"`)

// answerOf says what the server answered: its own reason without the names in it, and its code.
func answerOf(e *pgconn.PgError) string {
	switch e.Code {
	case "28P01":
		return "it refuses the user or the password (28P01)"
	case "3D000":
		return "it has no such database (3D000)"
	}
	reason := quoted.ReplaceAllString(bounded(e.Message, maxRefusal), `"…"`)
	return fmt.Sprintf("it answers %s (%s)", reason, bounded(e.Code, 10))
}

// innermost is the text of the error that all others were wrapped around; of several
// that of the last attempt.
func innermost(err error) string {
	for {
		switch e := err.(type) { //nolint:errorlint // it walks the tree by hand
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			err = all[len(all)-1]
		case interface{ Unwrap() error }:
			inner := e.Unwrap()
			if inner == nil {
				return bounded(err.Error(), 200)
			}
			err = inner
		default:
			return bounded(err.Error(), 200)
		}
	}
}
