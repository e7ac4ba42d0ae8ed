package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookAgain is how often the files of a certificate are looked at, at most.
const lookAgain = 10 * time.Second

// certificate is what a server shows over TLS. The files are read again when they
// have changed; ones that cannot be used change nothing. Safe for concurrent use.
type certificate struct {
	cert, key string // files
	log       *slog.Logger

	mu     sync.Mutex
	now    *tls.Certificate
	seen   time.Time    // when the files were last looked at
	stamps [2]time.Time // when they were changed, as of then
}

// loadCertificate reads the two files, in PEM.
func loadCertificate(cert, key string) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: slog.New(slog.DiscardHandler)}
	stamps, err := c.changed()
	if err != nil {
		return nil, err
	}
	now, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	c.now, c.stamps, c.seen = &now, stamps, time.Now()
	return c, nil
}

// changed is when the files were changed.
func (c *certificate) changed() (stamps [2]time.Time, err error) {
	for i, path := range []string{c.cert, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return stamps, fmt.Errorf("looking at %s: %w", path, reason(err))
		}
		stamps[i] = info.ModTime()
	}
	return stamps, nil
}

// get is for [tls.Config].
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.seen) >= lookAgain {
		c.seen = now
		c.renew()
	}
	return c.now, nil
}

// renew reads files that have changed.
func (c *certificate) renew() {
	stamps, err := c.changed()
	if err == nil && stamps == c.stamps {
		return
	}
	if err == nil {
		c.stamps = stamps // told once
		var next tls.Certificate
		if next, err = tls.LoadX509KeyPair(c.cert, c.key); err == nil {
			c.now = &next
			c.log.Info("the certificate is read again", "file", c.cert)
			return
		}
	}
	c.log.Warn("the new certificate cannot be used, the old one stays", "error", err)
}

// config is for a listener. WebSockets want HTTP/1.1.
func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
