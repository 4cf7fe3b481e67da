package main

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// maxCertificateFile bounds a file with certificates or a key.
	maxCertificateFile = 1 << 20

	// certificateRest is how long a certificate is used without a look at its
	// files.
	certificateRest = time.Second
)

// tlsFlags say with which certificate a server has TLS.
type tlsFlags struct {
	TLSCert string `xor:"tlscert" name:"tls-cert" placeholder:"FILE" help:"serve https with this certificate and its chain (PEM), and with a new one when the file changes"`
	TLSKey  string `xor:"tlskey" name:"tls-key" placeholder:"FILE" help:"key of the certificate (PEM)"`
}

// encrypted reports whether clients are served over TLS.
func (f *tlsFlags) encrypted() bool { return f.TLSCert != "" }

// config returns how clients are served over TLS, nil if they are not.
func (f *tlsFlags) config(log *slog.Logger) (*tls.Config, error) {
	pair, err := readKeyPair("--tls-cert", f.TLSCert, "--tls-key", f.TLSKey, log)
	if pair == nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get(), nil },
	}, nil
}

// A keyPair is a certificate and its key, from files that are read again when
// they have changed. What cannot be used then is said once, and changes nothing.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time
	files   [2]fs.FileInfo // of what was read last; nil if it may have been too early
	problem string         // with what was read last, or ""
}

// readKeyPair reads what two flags name, nil if that is nothing.
func readKeyPair(certFlag, cert, keyFlag, key string, log *slog.Logger) (*keyPair, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "":
		return nil, misuse(certFlag+" FILE", "%s needs %s, the certificate", keyFlag, certFlag)
	case key == "":
		return nil, misuse(keyFlag+" FILE", "%s needs %s, the key", certFlag, keyFlag)
	}
	p := &keyPair{cert: cert, key: key, log: log, looked: time.Now()}
	p.files = p.look(p.looked)
	var err error
	if p.current, err = p.read(); err != nil {
		return nil, fail("both are PEM files, and belong together", "%s %s, %s %s: %w", certFlag, cert, keyFlag, key, err)
	}
	return p, nil
}

// get returns the certificate. It is safe for concurrent use.
func (p *keyPair) get() *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.looked) < certificateRest {
		return p.current
	}
	p.looked = now
	files := p.look(now)
	if files[0] != nil && sameFile(files[0], p.files[0]) && sameFile(files[1], p.files[1]) {
		return p.current
	}
	p.files = files
	certificate, err := p.read()
	if err != nil {
		if p.problem != err.Error() {
			p.problem = err.Error()
			p.log.Warn("the certificate has changed and cannot be used: the one before is", "file", p.cert, "error", err)
		}
		return p.current
	}
	p.problem = ""
	if !certificate.Leaf.Equal(p.current.Leaf) {
		p.log.Info("another certificate is used", "file", p.cert, "until", certificate.Leaf.NotAfter)
	}
	p.current = certificate
	return p.current
}

// look returns the state of both files; nothing if one is missing, or so new that
// it could change again without another time.
func (p *keyPair) look(now time.Time) (files [2]fs.FileInfo) {
	for i, name := range []string{p.cert, p.key} {
		info, err := os.Stat(name)
		if err != nil || now.Sub(info.ModTime()).Abs() < coarseTime {
			return [2]fs.FileInfo{}
		}
		files[i] = info
	}
	return files
}

func (p *keyPair) read() (*tls.Certificate, error) {
	cert, err := readSmall(p.cert, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	key, err := readSmall(p.key, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &pair, nil
}

// readAuthorities returns the authorities of this machine and those in a file.
func readAuthorities(flag, name string) (*x509.CertPool, error) {
	data, err := readSmall(name, maxCertificateFile)
	if err != nil {
		return nil, fail("", "%s: %w", flag, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, fail("a PEM file starts with -----BEGIN CERTIFICATE-----", "%s: %s has no certificate", flag, name)
	}
	return pool, nil
}
