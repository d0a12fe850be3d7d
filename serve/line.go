package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Line is where a server answers, and how others reach it.
type Line struct {
	Listen       string // an address; empty: this machine alone, at the usual port or another free one
	PasswordFile string
	Cert, Key    string // files of a certificate and its key
	Behind       bool   // a proxy takes the calls, by TLS
}

// usualAddress is where a server answers that was told nothing.
const usualAddress = "127.0.0.1:8710"

// leastPassword is how many characters a password has at least.
const leastPassword = 8

// Open opens the address, and completes the options by it. Beyond this machine it wants a
// password, and a line that others cannot read.
func (l Line) Open(ctx context.Context, o *Options) (net.Listener, error) {
	if err := l.vet(o); err != nil {
		return nil, err
	}
	o.Secure = l.Behind || l.Cert != ""
	var at net.ListenConfig
	listener, err := at.Listen(ctx, "tcp", cmp.Or(l.Listen, usualAddress))
	if err != nil && l.Listen == "" {
		listener, err = at.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, unusable(err, "choose another address for --listen")
	}
	if host, _, _ := net.SplitHostPort(l.Listen); host != "" {
		o.Hosts = append(o.Hosts, host)
	}
	if l.Cert == "" {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(l.Cert, l.Key)
	if err != nil {
		return nil, unusable(errors.Join(err, listener.Close()), "see --tls-cert and --tls-key")
	}
	if pair.Leaf != nil {
		o.Hosts = append(o.Hosts, pair.Leaf.DNSNames...)
		for _, ip := range pair.Leaf.IPAddresses {
			o.Hosts = append(o.Hosts, ip.String())
		}
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

// vet reads the password, and refuses what would let others in without it.
func (l Line) vet(o *Options) error {
	if l.PasswordFile != "" {
		data, err := atomicfile.Read(l.PasswordFile, 4096)
		if o.Password = strings.TrimSpace(string(data)); err == nil && len(o.Password) < leastPassword {
			err = fmt.Errorf("the password in %q has fewer than %d characters", l.PasswordFile, leastPassword)
		}
		if err != nil {
			return unusable(err, "write a long password into the file of --password-file")
		}
	}
	switch {
	case (l.Cert == "") != (l.Key == ""):
		return unusable(errors.New("--tls-cert and --tls-key belong together"), "name both files")
	case !isLoopback(l.Listen) && (l.PasswordFile == "" || l.Cert == "" && !l.Behind):
		return unusable(fmt.Errorf("--listen %s is open to other machines, and is refused as it is", l.Listen),
			"add --password-file, and either --tls-cert with --tls-key or --behind-proxy")
	}
	return nil
}

func unusable(err error, hint string) error {
	return &reelmerge.Error{Cause: reelmerge.Usage, Err: err, Hint: hint}
}

// isLoopback reports whether an address is of this machine alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return address == "" || err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Address is what a browser of this machine calls.
func (l Line) Address(at net.Addr) string {
	scheme := "http"
	if l.Cert != "" {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
