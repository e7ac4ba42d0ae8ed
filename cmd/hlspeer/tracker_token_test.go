package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// certified writes a certificate of this machine and its key, over those that are
// there, and gives what it is known by.
func certified(t *testing.T, dir string, serial int64) (certFile, keyFile string, cert *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(serial, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, cert
}

// TestTrackerSecured: a tracker over TLS lets in who comes with a key that
// 'tracker token' has made, as long as that is good.
func TestTrackerSecured(t *testing.T) {
	t.Parallel()
	secret := written(t, "a-secret-of-thirty-two-characters\nan-older-one-of-as-many-characters\n")
	certFile, keyFile, cert := certified(t, t.TempDir(), 1)
	ctx, cancel := context.WithCancel(t.Context())
	out := lineWriter{make(chan string, 4)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"tracker", "--listen", "127.0.0.1:0", "--log-level", "error", "--key-secret-file", secret, "--tls-cert", certFile, "--tls-key", keyFile,
		}, out, io.Discard)
	}()
	var line string
	select {
	case line = <-out.lines:
	case code := <-ended:
		t.Fatalf("ended with %d", code)
	}
	_, base := addressOf(t, line, false)
	if !strings.HasPrefix(base, "https://127.0.0.1:") {
		t.Fatalf("the tracker is at %s", base)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	const channel = "https://h/live.m3u8"
	token := func(args ...string) string {
		got := execute(t.Context(), append([]string{"tracker", "token", "--secret-file", secret}, args...)...)
		if got.code != exitDone {
			t.Fatalf("%q: %+v", args, got)
		}
		return strings.TrimSpace(got.stdout)
	}
	mine := token("--channel", channel)
	hash := strings.Split(mine, ".")[2]
	for key, want := range map[string]int{
		token(): 200, mine: 200, token("--channel", "https://h/other.m3u8"): 403, "free": 403, mine[:len(mine)-1]: 403,
	} {
		answer, err := client.Get(base + "/announce?info_hash=" + hash + "&channel=" + url.QueryEscape(channel) + "&key=" + key)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: status %d, want %d", key, answer.StatusCode, want)
		}
	}
	cancel()
	if code := <-ended; code != exitDone {
		t.Errorf("ended with %d", code)
	}
}

// TestTrackerTokenFaults: what cannot make a key, or serve.
func TestTrackerTokenFaults(t *testing.T) {
	t.Parallel()
	short, empty, secret := written(t, "short\n"), written(t, "\n"), written(t, "a-secret-of-thirty-two-characters")
	certFile, keyFile, _ := certified(t, t.TempDir(), 1)
	_, otherKey, _ := certified(t, t.TempDir(), 2)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"tracker", "token"}, "--secret-file is missing"},
		{[]string{"tracker", "token", "--secret-file", short}, "less than 16"},
		{[]string{"tracker", "token", "--secret-file", empty}, "no secret in it"},
		{[]string{"tracker", "token", "--secret-file", secret + "-gone"}, "no such file"},
		{[]string{"tracker", "token", "--secret-file", secret, "--expires", "-1h"}, "--expires"},
		{[]string{"tracker", "token", "--secret-file", secret, "--expires", "1000000h"}, "--expires"},
		{[]string{"tracker", "--key-secret-file", short}, "--key-secret-file"},
		{[]string{"tracker", "--key-secret-file", empty}, "no secret in it"},
		{[]string{"tracker", "--tls-cert", certFile}, "--tls-key"},
		{[]string{"tracker", "--tls-key", keyFile}, "--tls-cert"},
		{[]string{"tracker", "--tls-cert", certFile, "--tls-key", otherKey}, "--tls-cert"},
		{[]string{"tracker", "--tls-cert", empty, "--tls-key", keyFile}, "--tls-cert"},
		{[]string{"tracker", "--tls-cert", certFile + "-gone", "--tls-key", keyFile}, "no such file"},
	} {
		got := execute(t.Context(), tt.args...)
		if got.code != exitUsage || !strings.Contains(got.stderr, tt.want) || strings.Contains(got.stderr, "short\n") {
			t.Errorf("%q: %+v", tt.args, got)
		}
	}
}

// TestCertificateRenewed: files that have changed are read again; while they are
// of no use, the old certificate stays.
func TestCertificateRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		certFile, keyFile, _ := certified(t, dir, 1)
		c, err := loadCertificate(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		shows := func(when string, want int64) {
			t.Helper()
			got, err := c.config().GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := got.Leaf.SerialNumber.Int64(); n != want {
				t.Errorf("%s: certificate %d, want %d", when, n, want)
			}
		}
		certified(t, dir, 2)
		shows("at once", 1)
		time.Sleep(lookAgain)
		shows("later", 2)
		if err := os.WriteFile(certFile, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookAgain)
		shows("half written", 2)
		certified(t, dir, 3)
		time.Sleep(lookAgain)
		shows("whole again", 3)
		if err := os.Remove(keyFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookAgain)
		shows("gone", 3)
	})
}
