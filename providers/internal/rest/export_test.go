package rest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
)

// Trust makes paid calls accept a server's own certificate.
func (c *Client) Trust(certificate *x509.Certificate) {
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	if t, ok := c.paid.(*http.Transport); ok {
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
}
