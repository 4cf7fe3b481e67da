package main

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
)

// maxCertificateFile bounds a file with certificates or a key.
const maxCertificateFile = 1 << 20

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

// readKeyPair reads what two flags name, nil if that is nothing.
func readKeyPair(certFlag, cert, keyFlag, key string, log *slog.Logger) (*liveFile[*tls.Certificate], error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "":
		return nil, misuse(certFlag+" FILE", "%s needs %s, the certificate", keyFlag, certFlag)
	case key == "":
		return nil, misuse(keyFlag+" FILE", "%s needs %s, the key", certFlag, keyFlag)
	}
	pair := &liveFile[*tls.Certificate]{kind: "certificate", names: []string{cert, key}, limit: maxCertificateFile, log: log}
	pair.parse = func(files [][]byte) (*tls.Certificate, error) {
		c, err := tls.X509KeyPair(files[0], files[1])
		return &c, err
	}
	if err := pair.open(); err != nil {
		return nil, fail("both are PEM files, and belong together", "%s %s, %s %s: %w", certFlag, cert, keyFlag, key, err)
	}
	return pair, nil
}

// readAuthorities returns the authorities of this machine and those in a file, nil if no file is
// named.
func readAuthorities(flag, name string) (*x509.CertPool, error) {
	if name == "" {
		return nil, nil
	}
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
