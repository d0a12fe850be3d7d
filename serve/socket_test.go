package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestManyWhoSayNothingKeepNobodyOut holds far more connections open than the server has, of
// which some send half a request.
func TestManyWhoSayNothingKeepNobodyOut(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	p := w.serve("--listen", "127.0.0.1:0")
	host := strings.TrimPrefix(p.base(), "http://")
	for i := range 600 {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")) // it may be closed already
		}
	}
	for range 3 {
		r, err := http.Get(p.base() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("it answers %d", r.StatusCode)
		}
	}
}

// TestOtherMachinesEnterByTLSAndPassword opens the server to other machines as it wants to be
// opened, and enters with the password.
func TestOtherMachinesEnterByTLSAndPassword(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	w.write("password.txt", "correct horse battery\n")
	roots := w.certificate("cert.pem", "key.pem")
	p := w.serve("--listen", "0.0.0.0:0", "--password-file", "password.txt", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
	if !strings.HasPrefix(p.base(), "https://") {
		t.Fatalf("the address is %s", p.base())
	}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for word, want := range map[string]int{"wrong horse battery": http.StatusUnauthorized, "correct horse battery": http.StatusSeeOther} {
		got, err := client.PostForm(p.base()+"/session", url.Values{"token": {word}})
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("%q: %d, want %d", word, got.StatusCode, want)
		}
		for _, cookie := range got.Cookies() {
			if !cookie.Secure || !cookie.HttpOnly {
				t.Errorf("the cookie is %+v", cookie)
			}
		}
	}
	plain, err := http.Get(strings.Replace(p.base(), "https", "http", 1) + "/healthz")
	if err == nil {
		plain.Body.Close()
		if plain.StatusCode == http.StatusOK {
			t.Error("it answers without TLS")
		}
	}
}

// certificate writes a certificate for this machine, and returns it as the root to trust.
func (w *world) certificate(cert, key string) *x509.CertPool {
	w.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		w.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	w.write(key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	roots := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	roots.AddCert(parsed)
	return roots
}
