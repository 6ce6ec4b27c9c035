package email

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// eximConfig accepts mail for every recipient except nobody@, refuses grey@ temporarily, and
// refuses mail with the word viagra permanently. It offers logins only on encrypted connections,
// and requires one except on its open port.
const eximConfig = `
exim_path = /usr/sbin/exim4
primary_hostname = mail.example.org
spool_directory = DIR/spool
log_file_path = DIR/log/%s
pid_file_path = DIR/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = OPEN : SUBMIT : IMPLICIT
tls_on_connect_ports = IMPLICIT
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
keep_environment =
begin acl
rcpt:
  deny    condition = ${if eq{$local_part}{nobody}}
          message = nobody of that name
  defer   condition = ${if eq{$local_part}{grey}}
          message = greylisted
  accept  condition = ${if eq{$received_port}{OPEN}}
  accept  authenticated = *
  deny    message = authentication required
data:
  deny    condition = ${if match{$message_body}{viagra}}
          message = looks like spam
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = DIR/mail
  envelope_to_add
  batch_max = 100
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{w}}{eq{$auth3}{hunter2-and-more}}}}
  server_set_id = $auth2
`

// exim is a private mail server on loopback.
type exim struct {
	t                      *testing.T
	dir                    string
	open, submit, implicit string // addresses of its ports
}

func startExim(t *testing.T) *exim {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	program, err := exec.LookPath("exim4")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("exim4 is missing: install Debian's exim4-daemon-light")
	case err != nil:
		t.Skip("exim4 is missing: install Debian's exim4-daemon-light to run this test")
	case os.Getuid() != 0:
		t.Skip("exim4 accepts the option -C only from root")
	}
	// Not t.TempDir: the mail server's user needs access.
	dir, err := os.MkdirTemp("", "exim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	_ = os.Chmod(dir, 0o755)
	for _, name := range []string{"spool", "log", "mail"} {
		at := filepath.Join(dir, name)
		if err := os.Mkdir(at, 0o777); err != nil {
			t.Fatal(err)
		}
		_ = os.Chmod(at, 0o777)
	}
	e := &exim{t: t, dir: dir, open: unusedAddress(t), submit: unusedAddress(t), implicit: unusedAddress(t)}
	certificate(t, dir)
	config := strings.NewReplacer("DIR", dir, "OPEN", portOf(e.open), "SUBMIT", portOf(e.submit), "IMPLICIT", portOf(e.implicit)).Replace(eximConfig)
	path := filepath.Join(dir, "exim.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-bdf", "-C", path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Cancel(); _ = cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", e.implicit)
		if err == nil {
			_ = conn.Close()
			return e
		}
		if time.Now().After(deadline) {
			t.Fatalf("exim4 does not listen; it says %s", said.String())
		}
	}
}

// mails waits for n mails in all mailboxes, and returns them in the order of their arrival.
func (e *exim) mails(n int) []string {
	e.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		paths, _ := filepath.Glob(filepath.Join(e.dir, "mail", "new", "*"))
		if len(paths) >= n {
			var all []string
			for _, path := range paths {
				text, _ := os.ReadFile(path)
				all = append(all, string(text))
			}
			return all
		}
		if time.Now().After(deadline) {
			logged, _ := os.ReadFile(filepath.Join(e.dir, "log", "main"))
			e.t.Fatalf("%d mails, want %d; exim4 logged\n%s", len(paths), n, logged)
		}
	}
}

func unusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// certificate writes a certificate for 127.0.0.1, and its key.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A real mail server accepts mail with STARTTLS, with TLS from the first byte, and unencrypted. The
// mail arrives unchanged, and the recovery is in the thread of the alert.
func TestARealMailServer(t *testing.T) {
	e := startExim(t)
	ca := filepath.Join(e.dir, "cert.pem")
	secured := channelTo(t, e.submit, "tls", "starttls", "ca_file", ca, "user", "w", "password", password)
	n := alert("dep_down:db", "refused: <b>日本</b>\n.a line with a dot\n"+strings.Repeat("long ", 500))
	sent, err := secured.Send(t.Context(), batch(n))
	if err != nil {
		t.Fatal(err)
	}
	first := read(t, e.mails(1)[0])
	if to := first.header.Get("Envelope-To"); !strings.Contains(to, "ops@example.org") || !strings.Contains(to, "dev@example.org") {
		t.Errorf("the mail came to %s", to)
	}
	plain := first.parts["text/plain"]
	if first.subject != "🔴 ALERT dep_down:db · web-1" || !strings.Contains(plain, "\nrefused: <b>日本</b>\n.a line with a dot\nlong long ") {
		t.Errorf("%q\n%q", first.subject, plain)
	}

	n.News, n.Level, n.Seq, n.ReplyTo = messages.Recovered, messages.OK, 8, sent.MessageID
	if _, err := channelTo(t, e.implicit, "tls", "implicit", "ca_file", ca, "user", "w", "password", password).Send(t.Context(), batch(n)); err != nil {
		t.Fatal(err)
	}
	if _, err := channelTo(t, e.open).Send(t.Context(), batch(n)); err != nil {
		t.Fatal(err)
	}
	for _, text := range e.mails(3)[1:] {
		if over := read(t, text); over.header.Get("In-Reply-To") != first.header.Get("Message-Id") || over.subject != "🟢 RECOVERED dep_down:db · web-1" {
			t.Errorf("%q replies to %q, want %q", over.subject, over.header.Get("In-Reply-To"), first.header.Get("Message-Id"))
		}
	}
}

// Each refusal by a real mail server leads to the right failure: certificates, passwords, a missing
// login, one recipient, all recipients temporarily, and content.
func TestARealMailServerRefuses(t *testing.T) {
	e := startExim(t)
	ca := filepath.Join(e.dir, "cert.pem")
	login := []string{"ca_file", ca, "user", "w", "password", password}
	for name, c := range map[string]struct {
		addr               string
		settings           []string
		detail             string
		want               string // part of the error; empty: the mail is sent
		permanent, content bool
	}{
		"an authority that is not trusted": {e.submit, []string{"tls", "starttls"}, "", "(STARTTLS): the certificate was signed by an unknown authority", false, false},
		"a certificate of another name":    {e.implicit, []string{"tls", "implicit", "ca_file", ca, "server_name", "mail.example.org"}, "", `the certificate is for 127.0.0.1, not for "mail.example.org"`, false, false},
		"TLS where there is none yet":      {e.submit, []string{"tls", "implicit", "ca_file", ca}, "", "it does not speak TLS there", false, false},
		"a wrong password":                 {e.submit, []string{"tls", "starttls", "ca_file", ca, "user", "w", "password", "hunter3-hunter3"}, "", "(login): 535", true, false},
		"no login without TLS":             {e.submit, []string{"user", "w", "password", password}, "", "offers no supported login", true, false},
		"no login":                         {e.submit, []string{"tls", "starttls", "ca_file", ca}, "", "(recipient): 550 authentication required", true, false},
		"one recipient":                    {e.submit, append([]string{"tls", "starttls", "to", "nobody@example.org"}, login...), "", "", false, false},
		"content":                          {e.open, nil, "viagra", "(content): 550 looks like spam", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			ch := channelTo(t, c.addr, c.settings...)
			_, err := ch.Send(t.Context(), batch(alert("dep_down:db", c.detail)))
			if c.want == "" {
				if err != nil || fmt.Sprint(ch.reported) != "map[nobody@example.org:The mail server refuses nobody@example.org: 550 nobody of that name]" {
					t.Errorf("%v, told %v", err, ch.reported)
				}
				return
			}
			var f *notifier.Failure
			if !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) || f.Permanent != c.permanent || f.Content != c.content || strings.Contains(err.Error(), "hunter") {
				t.Errorf("got %+v, want %s", err, c.want)
			}
		})
	}
	ch := channelTo(t, e.open)
	grey, _ := address("grey@example.org")
	ch.To = append(ch.To[:0:0], grey)
	var f *notifier.Failure
	if _, err := ch.Send(t.Context(), batch(alert("dep_down:db", ""))); !errors.As(err, &f) || f.Permanent || !strings.Contains(err.Error(), "451 greylisted") {
		t.Errorf("got %v", err)
	}
}
