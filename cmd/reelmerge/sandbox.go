package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// sandboxFlags are the flags of sandbox.
type sandboxFlags struct {
	listen  string
	state   string
	faults  string
	render  time.Duration
	seed    int64
	deliver []string
	balance []string
	secret  string
	files   []string
}

func (a *app) sandboxCommand() *cobra.Command {
	var f sandboxFlags
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the simulator of all services",
		Long:  "Serve the simulator of all services: no key, no cost. It keeps a bank of what it\naccepted. A campaign reaches it by the base_url that it prints for each service;\nany token will do.\n\n" + wrapped("Faults: "+faultNames()+".", "") + "\n\n" + wrapped("A fault happens by chance (429=10%) or at the nth submit (failed@3). For lengths the rate is how much: longer=30% makes every video last 1.3 times as long as its text, longer@3 the third one twice as long, and uneven=8% varies them all.", ""),
		Example: "  reelmerge sandbox --state sandbox.db\n" +
			"  reelmerge run campaign.yaml --set provider.base_url=http://127.0.0.1:8787/colossyan/api/v1\n" +
			"  reelmerge sandbox --render 2s --faults accept-then-drop=5%,429=10% --seed 7",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serveSandbox(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", sandbox.DefaultAddress, "`address` to listen on")
	flags.StringVar(&f.faults, "faults", "", "which `faults` happen, and how often")
	flags.DurationVar(&f.render, "render", sandbox.DefaultRender, "the `time` that a video takes")
	flags.Int64Var(&f.seed, "seed", 0, "the `number` that makes faults repeatable")
	flags.StringArrayVar(&f.deliver, "deliver", nil, "`HOST=ADDR`: where webhooks for a public name go")
	flags.StringArrayVar(&f.balance, "balance", nil, "`SERVICE=CREDITS` that it has been granted in all, such as kensa=50; what is not listed never runs out")
	flags.StringArrayVar(&f.files, "service", nil, "play the service that this `file` describes, too")
	flags.StringVar(&f.secret, "webhook-secret", "", "the `secret` that signs the webhooks of vidgen, as webhook: secret of the campaign")
	c.PersistentFlags().StringVar(&f.state, "state", "", "the state `file`; without one nothing survives")
	c.AddCommand(a.bankCommand(&f))
	return c
}

func faultNames() string {
	var names []string
	for _, fault := range sandbox.KnownFaults() {
		names = append(names, fault.Name)
	}
	return strings.Join(names, ", ")
}

// options reads what the flags say of the simulator.
func (f sandboxFlags) options(services []providers.Service) (sandbox.Options, error) {
	o := sandbox.Options{
		State: f.state, Render: f.render, Faults: f.faults, Seed: f.seed, WebhookSecret: f.secret,
		Deliver: map[string]string{}, Balance: map[string]credit.Amount{}, Described: reelmerge.Played(services),
	}
	for _, d := range f.deliver {
		host, address, ok := strings.Cut(d, "=")
		if !ok {
			return o, fail(exitUsage, fmt.Errorf("--deliver %q: want HOST=ADDR", d), "for example hooks.example.com=127.0.0.1:8080")
		}
		o.Deliver[host] = address
	}
	for _, b := range f.balance {
		service, text, _ := strings.Cut(b, "=")
		amount, err := credit.Parse(text)
		known := slices.ContainsFunc(services, func(s providers.Service) bool { return s.Name == service })
		if err != nil || !known {
			return o, fail(exitUsage, fmt.Errorf("--balance %q: want SERVICE=CREDITS", b), "for example kensa=50")
		}
		o.Balance[service] = amount
	}
	return o, nil
}

func (a *app) serveSandbox(ctx context.Context, f sandboxFlags) error {
	services := all.Services()
	for _, path := range f.files {
		var found problem.List
		if services, _, found = reelmerge.WithService(services, path); found.HasErrors() {
			return a.refuse(found)
		}
	}
	o, err := f.options(services)
	if err != nil {
		return err
	}
	sb, err := sandbox.New(o)
	if err != nil {
		return fail(exitUsage, err, "reelmerge sandbox --help lists the faults and what each flag takes")
	}
	defer sb.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("listen: %w", err), "choose another address with --listen")
	}
	root := fmt.Sprintf("http://%s", listener.Addr())
	a.say("sandbox at %s; stop it with Ctrl-C", root)
	for _, service := range services {
		a.say("  provider: {base_url: %s}  # %s", sb.BaseURL(service.Name, root), service.Name)
	}
	server := &http.Server{Handler: sb, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (a *app) bankCommand(f *sandboxFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "bank",
		Short:   "Print what the simulator accepted and charged",
		Example: "  reelmerge sandbox bank --state out/spring/sandbox/sandbox.db --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if f.state == "" {
				return fail(exitUsage, errors.New("which bank? give its state file with --state"), "a campaign's is sandbox.db in its output folder")
			}
			charges, err := sandbox.ReadBank(f.state)
			if err != nil {
				return fail(exitUsage, err, "a sandbox that is running serves its bank at /bank")
			}
			if a.json {
				return a.printJSON(append([]sandbox.Charge{}, charges...))
			}
			printBank(a.out, charges)
			return nil
		},
	}
}

func printBank(out io.Writer, charges []sandbox.Charge) {
	type line struct {
		account credit.Account
		state   sandbox.State
	}
	sums := map[line]credit.Amount{}
	order := []line{}
	for _, c := range charges {
		l := line{credit.Account{Provider: c.Provider, Payer: c.Payer, Unit: c.Unit}, c.State}
		if _, seen := sums[l]; !seen {
			order = append(order, l)
		}
		sums[l] = sums[l].Plus(c.Amount)
	}
	fmt.Fprintln(out, wording.Plural(len(charges), "job"))
	for _, l := range order {
		fmt.Fprintf(out, "%s: %v %s\n", l.account, sums[l], l.state)
	}
}
