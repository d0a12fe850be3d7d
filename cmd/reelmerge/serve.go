package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	browsing "github.com/reelmerge/reelmerge/serve"
)

// serveCommand shows campaigns in a browser.
func serveCommand(a *app) *cobra.Command {
	var line browsing.Line
	var o browsing.Options
	var quiet, ask bool
	c := &cobra.Command{
		Use:     "serve [CAMPAIGN|FOLDER]...",
		Short:   "Show campaigns in a browser: look, approve, run, watch",
		Example: "  reelmerge serve\n  reelmerge serve campaign.yaml\n  reelmerge serve campaigns --listen 0.0.0.0:8710 --password-file password.txt --tls-cert cert.pem --tls-key key.pem",
	}
	flags := c.Flags()
	flags.StringVar(&line.Listen, "listen", "", "the `address` to answer at; default: this machine alone, at 127.0.0.1:8710 or another free port")
	flags.StringArrayVar(&o.Hosts, "host", nil, "a `name` under which browsers call the server, such as that of a proxy; may be given several times")
	flags.StringVar(&line.PasswordFile, "password-file", "", "the `file` with a password that opens the pages, too")
	flags.StringVar(&line.Cert, "tls-cert", "", "the `file` of a certificate")
	flags.StringVar(&line.Key, "tls-key", "", "the `file` of its key")
	flags.BoolVar(&line.Behind, "behind-proxy", false, "a proxy takes the calls, by TLS")
	flags.BoolVar(&ask, "health", false, "ask the server that runs at --listen whether it answers, and end")
	flags.BoolVar(&quiet, "no-browser", false, "open no browser")
	c.RunE = func(c *cobra.Command, args []string) error {
		if ask {
			return health(c.Context(), line)
		}
		o.Paths = args
		o.Campaigns = a.options()
		o.Log = a.log
		return servePages(c.Context(), a, line, o, quiet)
	}
	return c
}

// health asks a server instead of being one.
func health(ctx context.Context, line browsing.Line) error {
	if err := line.Ask(ctx); err != nil {
		return fail(exitBug, err, "give the --listen of the server that is asked")
	}
	return nil
}

// servePages answers until a signal ends it.
func servePages(ctx context.Context, a *app, line browsing.Line, o browsing.Options, quiet bool) error {
	listener, err := line.Open(ctx, &o)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := browsing.New(o)
	if err != nil {
		return fail(exitUsage, err, "name campaigns, or folders with campaigns")
	}
	address := line.Address(listener.Addr())
	if a.json {
		if err := a.printJSON(map[string]any{"address": address, "token": s.Token()}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "%s/#token=%s\n", address, s.Token())
	}
	a.say("Ctrl-C ends it; campaigns that run here then stop, and go on at the next start")
	if !quiet && isDesktop(a.terminal) {
		// Others on this machine can see a command line: what it has opens the pages once.
		browse(ctx, address+"/#token="+s.Pass())
	}
	if err := s.Serve(ctx, listener); err != nil {
		return fail(exitBug, fmt.Errorf("serve: %w", err), "start it again: nothing is lost")
	}
	return nil
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
