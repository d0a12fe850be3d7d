package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	browsing "github.com/reelmerge/reelmerge/serve"
)

// serving is where and for whom the pages are served.
type serving struct {
	listen, password, cert, key string
	hosts                       []string
	behind, quiet               bool
}

// serveCommand shows campaigns in a browser.
func serveCommand(a *app) *cobra.Command {
	f := &serving{}
	c := &cobra.Command{
		Use:     "serve [CAMPAIGN|FOLDER]...",
		Short:   "Show campaigns in a browser: look, approve, run, watch",
		Example: "  reelmerge serve\n  reelmerge serve campaign.yaml\n  reelmerge serve campaigns --listen 0.0.0.0:8710 --password-file password.txt --tls-cert cert.pem --tls-key key.pem",
	}
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", "", "the `address` to answer at; default: this machine alone, at 127.0.0.1:8710 or another free port")
	flags.StringArrayVar(&f.hosts, "host", nil, "a `name` under which browsers call the server, such as that of a proxy; may be given several times")
	flags.StringVar(&f.password, "password-file", "", "the `file` with a password that opens the pages, too")
	flags.StringVar(&f.cert, "tls-cert", "", "the `file` of a certificate")
	flags.StringVar(&f.key, "tls-key", "", "the `file` of its key")
	flags.BoolVar(&f.behind, "behind-proxy", false, "a proxy takes the calls, by TLS")
	flags.BoolVar(&f.quiet, "no-browser", false, "open no browser")
	c.RunE = func(c *cobra.Command, args []string) error { return f.serve(c.Context(), a, args) }
	return c
}

// serve answers until a signal ends it.
func (f *serving) serve(ctx context.Context, a *app, paths []string) error {
	o := browsing.Options{Paths: paths, Campaigns: a.options(), Log: a.log, Secure: f.behind || f.cert != "", Hosts: f.hosts}
	listener, err := f.open(ctx, &o)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := browsing.New(o)
	if err != nil {
		return fail(exitUsage, err, "name campaigns, or folders with campaigns")
	}
	address := f.address(listener.Addr())
	if a.json {
		if err := a.printJSON(map[string]any{"address": address, "token": s.Token()}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "%s/#token=%s\n", address, s.Token())
	}
	a.say("Ctrl-C ends it; campaigns that run here then stop, and go on at the next start")
	if !f.quiet && isDesktop(a.terminal) {
		// Others on this machine can see a command line: what it has opens the pages once.
		browse(ctx, address+"/#token="+s.Pass())
	}
	if err := s.Serve(ctx, listener); err != nil {
		return fail(exitBug, fmt.Errorf("serve: %w", err), "start it again: nothing is lost")
	}
	return nil
}

// open opens the address, and completes the options by it. Beyond this machine it wants a
// password, and a line that others cannot read.
func (f *serving) open(ctx context.Context, o *browsing.Options) (net.Listener, error) {
	if err := f.vet(o); err != nil {
		return nil, err
	}
	var at net.ListenConfig
	listener, err := at.Listen(ctx, "tcp", cmp.Or(f.listen, "127.0.0.1:8710"))
	if err != nil && f.listen == "" {
		listener, err = at.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fail(exitUsage, err, "choose another address for --listen")
	}
	if host, _, _ := net.SplitHostPort(f.listen); host != "" {
		o.Hosts = append(o.Hosts, host)
	}
	if f.cert == "" {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fail(exitUsage, errors.Join(err, listener.Close()), "see --tls-cert and --tls-key")
	}
	if pair.Leaf != nil {
		o.Hosts = append(o.Hosts, pair.Leaf.DNSNames...)
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

// vet reads the password, and refuses what would let others in without it.
func (f *serving) vet(o *browsing.Options) error {
	if f.password != "" {
		data, err := atomicfile.Read(f.password, 4096)
		if o.Password = strings.TrimSpace(string(data)); err == nil && len(o.Password) < 8 {
			err = fmt.Errorf("the password in %q has fewer than 8 characters", f.password)
		}
		if err != nil {
			return fail(exitUsage, err, "write a long password into the file of --password-file")
		}
	}
	switch {
	case (f.cert == "") != (f.key == ""):
		return fail(exitUsage, errors.New("--tls-cert and --tls-key belong together"), "name both files")
	case !isLoopback(f.listen) && (f.password == "" || f.cert == "" && !f.behind):
		return fail(exitUsage, fmt.Errorf("--listen %s is open to other machines, and is refused as it is", f.listen),
			"add --password-file, and either --tls-cert with --tls-key or --behind-proxy")
	}
	return nil
}

// isLoopback reports whether an address is of this machine alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return address == "" || err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// address is what a browser of this machine calls.
func (f *serving) address(at net.Addr) string {
	scheme := "http"
	if f.cert != "" {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// isDesktop reports whether a browser can be opened beside this terminal.
func isDesktop(t *terminal) bool {
	if !isTerminal(t.screen.out) || t.json {
		return false
	}
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// browse opens a browser. Where that fails, the address is printed already.
func browse(ctx context.Context, address string) {
	command := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	c := exec.CommandContext(context.WithoutCancel(ctx), command[0], append(command[1:], address)...) //nolint:gosec // G204: the address is ours
	if c.Start() == nil {
		go func() { _ = c.Wait() }()
	}
}
