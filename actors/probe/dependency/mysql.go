package dependency

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

var mysqlKind = field.Kind{
	Name: "mysql", New: func() field.Settings { return new(MySQL) }, Form: `mysql: {dsn_file: /run/secrets/my_dsn}`,
	Keys:     "dsn of MySQL or MariaDB: user:password@tcp(host:port)/database, and ?tls=true, skip-verify or preferred",
	Examples: []string{`{name: shop, mysql: {dsn: "watchdog@tcp(shop-db:3306)/shop?tls=preferred"}} # or dsn_file`},
	Note:     "Those of `mysql` come before its `dsn`: with any of them the connection must use TLS.",
}

// MySQL is a MySQL or MariaDB server that must accept a login and answer SELECT 1.
type MySQL struct {
	DSN      secret.Text // user:password@tcp(host:port)/database?tls=…
	peer.TLS             // overrides the DSN
}

// Fields implements field.Settings.
func (d *MySQL) Fields() []field.Field {
	return append(d.TLS.Fields(), field.Secret("dsn", &d.DSN).Hiding(mysqlPasswords))
}

// Check implements field.Settings.
func (d *MySQL) Check() []error { return missing("mysql needs a dsn or dsn_file", d.DSN.Reveal()) }

// String implements field.Settings.
func (d *MySQL) String() string { return "mysql " + secret.Mask }

// mysqlPasswords returns the passwords in a DSN, even a malformed one.
func mysqlPasswords(dsn string) []string {
	found := secret.InURL(dsn) // somebody may have set a URL by mistake
	if end := strings.LastIndex(dsn, "@"); end >= 0 {
		_, password, _ := strings.Cut(dsn[:end], ":")
		found = append(found, password)
	}
	return found
}

// mysqlLogin is the check of a valid MySQL.
type mysqlLogin struct {
	config  *mysql.Config
	trust   *peer.Trust
	tls     bool // use TLS if the server offers it
	needTLS bool // fail if the server does not offer TLS
}

func (d *MySQL) newCheck(Spec) (check, error) {
	login, err := d.login()
	if err != nil {
		return check{}, err
	}
	return check{run: login.run, tls: login.needTLS}, nil
}

// login parses the DSN. Its error never quotes the DSN.
func (d *MySQL) login() (*mysqlLogin, error) {
	dsn, err := mysql.ParseDSN(d.DSN.Reveal())
	if err != nil || dsn.Net != "tcp" { // the error may quote the password
		return nil, errors.New("its dsn is not understood: it has to be user:password@tcp(host:port)/database, with ?tls=true where TLS is wanted")
	}
	login, err := d.secured(dsn.TLSConfig)
	if err != nil {
		return nil, err
	}
	// A login needs only these parameters of the DSN; the others are for applications.
	login.config = mysql.NewConfig()
	login.config.User, login.config.Passwd, login.config.Addr, login.config.DBName = dsn.User, dsn.Passwd, dsn.Addr, dsn.DBName
	login.config.AllowCleartextPasswords = dsn.AllowCleartextPasswords
	login.config.ConnectionAttributes = "program_name:" + peer.UserAgent
	login.config.Logger = new(mysql.NopLogger)
	return login, nil
}

// secured combines our TLS settings with tls=… of the DSN, which they override. Any TLS setting
// requires TLS; ca_file and server_name also require a verified certificate.
func (d *MySQL) secured(mode string) (*mysqlLogin, error) {
	settings, set := d.TLS, d.TLS != (peer.TLS{})
	if set && mode == "false" {
		return nil, errors.New("its TLS settings need TLS, and its dsn says tls=false")
	}
	if loose := mode == "skip-verify" || mode == "preferred"; loose && settings.CAFile == "" && settings.ServerName == "" {
		settings.InsecureSkipVerify = true
	}
	trust, err := peer.LoadTLS(settings)
	needed := set || mode == "true" || mode == "skip-verify"
	return &mysqlLogin{trust: trust, tls: needed || mode == "preferred", needTLS: needed}, err
}

// run logs in and sends a query. interrupt applies the deadline to the connection, so the
// driver needs no context.
func (l *mysqlLogin) run(ctx context.Context, t *trial) error {
	t.cleaner = secret.NewCleaner(l.config.Passwd)
	conn, err := peer.Dial(ctx, l.config.Addr, t.trace)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer peer.Interrupt(ctx, conn)()
	server, step := &mysqlConn{Conn: peer.MaxBytesConn(conn, maxLogin), raw: conn}, "login"
	if err := l.ask(ctx, t, server, &step); err != nil {
		return server.refused(t, step, err)
	}
	return nil
}

// ask is the part of run that uses the connection. It keeps the name of the current step in step.
func (l *mysqlLogin) ask(ctx context.Context, t *trial, server *mysqlConn, step *string) (err error) {
	defer func() {
		if p := recover(); p != nil { // the driver does not validate its input
			server.err, err = errNotMySQL, errNotMySQL
		}
	}()
	offersTLS, err := server.greeting()
	if err != nil {
		return err
	}
	config := l.config.Clone()
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) { return server, nil }
	switch {
	case l.tls && offersTLS:
		server.secure = func() (net.Conn, error) {
			secured, err := peer.Handshake(ctx, server.raw, l.trust, hostOf(l.config.Addr), t.trace)
			if err != nil {
				return nil, err
			}
			return peer.MaxBytesConn(secured, maxLogin), nil
		}
		config.Net = "unix" // the driver does not know of our TLS; over "unix" it sends passwords unencrypted
	case l.needTLS && !server.refuses():
		return at("TLS", errors.New("it offers no TLS"))
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	client, err := connector.Connect(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer client.Close()
	t.done(*step)
	*step = "query"
	if _, err := client.(driver.ExecerContext).ExecContext(context.WithoutCancel(ctx), "SELECT 1", nil); err != nil { // Exec discards the rows
		return err
	}
	t.done(*step)
	return nil
}

// refused words an error. It prefers an error of the connection to the driver's own, which says less.
func (c *mysqlConn) refused(t *trial, step string, err error) error {
	var (
		server *mysql.MySQLError
		known  *peer.StepError
	)
	switch {
	case errors.As(err, &server):
		return at(step, errors.New(t.cleaner.Clean(mysqlAnswer(server))))
	case errors.As(c.err, &known), errors.As(err, &known):
		return known
	case errors.Is(c.err, errNotMySQL):
		return at(step, c.err)
	case !c.greeted && (errors.Is(c.err, io.EOF) || errors.Is(c.err, syscall.ECONNRESET)):
		return at(step, fmt.Errorf("%w before its greeting: it may be starting up", t.trace.Explain(c.err)))
	case c.err != nil:
		return t.failed(step, c.err)
	}
	return at(step, errors.New(t.cleaner.Clean(peer.Line(err.Error(), maxRefusal))))
}

// mysqlWords explains the error codes of a server to the person who has to fix it.
var mysqlWords = map[uint16]string{
	1040: "it has too many connections, and takes no more", 1203: "its user has too many connections", 1226: "its user has used up its share",
	1044: "it refuses the user this database", 1045: "it refuses the user or the password", 1698: "it refuses the user or the password",
	1049: "it has no such database", 1053: "it is shutting down",
	1129: "it blocks this host after too many broken connections: run FLUSH HOSTS there", 1130: "it lets nobody in from this host",
	1820: "the password of its user has expired", 1862: "the password of its user has expired", 3118: "its user is locked", 4151: "its user is locked",
}

// mysqlQuoted matches the quoted names in a server's message: the user, host and database of
// the DSN.
var mysqlQuoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// mysqlAnswer returns the meaning of a server's error with its code. Without an entry in
// mysqlWords that is the server's message without the names in it.
func mysqlAnswer(e *mysql.MySQLError) string {
	words, known := mysqlWords[e.Number]
	if !known {
		words = "it answers " + mysqlQuoted.ReplaceAllString(peer.Line(e.Message, maxRefusal), "'…'")
	}
	return fmt.Sprintf("%s (%d)", words, e.Number)
}
