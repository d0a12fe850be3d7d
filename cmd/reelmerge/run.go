package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// runFlags are the flags of run.
type runFlags struct {
	dry          bool
	limit        int
	yes          bool
	skip         bool
	newLedger    bool
	acceptKeys   bool
	acceptPrices bool
	restored     bool // rows that may have been made again before a restore are paid for
	changed      string
	only         []string
	maxWait      time.Duration
	most         int
	canary       bool
	rehearse     bool
	faults       string
	onlyKeys     map[string]bool // those of only; nil: all rows
}

func (a *app) runCommand() *cobra.Command {
	var cf campaignFlags
	var f runFlags
	c := &cobra.Command{
		Use:   "run CAMPAIGN",
		Short: "Make the videos; run it again to go on",
		Example: "  reelmerge run campaign.yaml\n  reelmerge run campaign.yaml --limit 3 --yes\n" +
			"  reelmerge run customers.xlsx --template welcome.template.json --sandbox",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			if err := f.check(); err != nil {
				return err
			}
			switch {
			case f.dry:
				return a.dryRun(c.Context(), s, planFlags{chose: f})
			case f.rehearse:
				return a.rehearse(c.Context(), s, f)
			}
			return a.run(c.Context(), s, f)
		},
	}
	cf.register(c)
	f.register(c)
	return c
}

func (f *runFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.BoolVar(&f.dry, "dry-run", false, "do what plan does: spend nothing")
	flags.IntVar(&f.limit, "limit", 0, "send at most `N` rows; 0 sends all")
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask before spending")
	flags.BoolVar(&f.skip, "skip-problems", false, "send the rows without problems although others have some")
	flags.BoolVar(&f.newLedger, "new-ledger", false, "start a paid campaign's ledger without asking: nothing counts as paid yet")
	flags.BoolVar(&f.acceptKeys, "accept-removed", false, "go on although rows that were sent are gone from the sheet and new ones came")
	flags.BoolVar(&f.acceptPrices, "accept-prices", false, "go on although the service publishes, or charges, other prices than the plan is made with; for this run")
	flags.BoolVar(&f.restored, acceptRestored, false, "pay for rows although they may have been made again before an earlier copy of the ledger was restored")
	flags.StringVar(&f.changed, "changed", "", "bought rows that changed in the sheet: `keep|redo` leaves them as bought, or pays for new videos")
	flags.StringArrayVar(&f.only, "only", nil, "send only the rows of `KEY,KEY`, or of a file with one key per line")
	flags.DurationVar(&f.maxWait, "max-wait", 30*time.Minute, "wait at most this `time` for a limit or a service that is down, then hold")
	flags.BoolVar(&f.canary, "canary", false, "send one row first, wait, compare its cost with the estimate, then go on")
	flags.BoolVar(&f.rehearse, "rehearse", false, "run against the simulator with faults on, in a scratch ledger, and compare ledger and bank")
	flags.StringVar(&f.faults, "faults", "", "the `faults` of --rehearse; see reelmerge sandbox --help")
	flags.IntVar(&f.most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
}

func (f *runFlags) check() error {
	if f.changed != "" && f.changed != string(engine.KeepChanged) && f.changed != string(engine.RedoChanged) {
		return fail(exitUsage, fmt.Errorf("--changed %q: want keep or redo", f.changed), "keep leaves the videos as they are, redo pays for new ones")
	}
	if f.faults != "" && !f.rehearse {
		return fail(exitUsage, errors.New("--faults is for --rehearse"), "in a run on the simulator: --set provider.sandbox.faults="+typed(f.faults))
	}
	if f.limit < 0 {
		return fail(exitUsage, fmt.Errorf("--limit %d is not usable", f.limit), "it is how many rows are sent; 0 sends all")
	}
	if f.most < 0 {
		return fail(exitUsage, fmt.Errorf("--max-problems %d is not usable", f.most), "it is how many problems are listed; 0 lists all")
	}
	f.onlyKeys = nil
	for _, text := range f.only {
		if err := f.addOnly(text); err != nil {
			return err
		}
	}
	return nil
}

// addOnly reads keys from a file if there is one of that name, else from the
// text itself.
func (f *runFlags) addOnly(text string) error {
	if f.onlyKeys == nil {
		f.onlyKeys = map[string]bool{}
	}
	file, err := os.Open(text)
	if err != nil {
		for _, key := range strings.Split(text, ",") {
			f.onlyKeys[strings.TrimSpace(key)] = true
		}
		return nil
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if key := strings.TrimSpace(lines.Text()); key != "" {
			f.onlyKeys[key] = true
		}
	}
	if err := lines.Err(); err != nil {
		return fail(exitUsage, fmt.Errorf("read keys from %q: %w", text, err), "it is a text file with one key per line")
	}
	return nil
}

// run plans, asks, and sends. Secrets come first: without them nothing is
// created. Then the ledger, which says who else is at work.
func (a *app) run(ctx context.Context, s *setup, f runFlags) error {
	signal.Ignore(syscall.SIGPIPE) // that nobody reads its output is no reason to die with requests on the wire
	config, err := a.access(s)
	if err != nil {
		return err
	}
	store, err := s.openBooks(ctx, func() error { return a.mayBegin(ctx, s, f) })
	if err != nil {
		return err
	}
	defer store.Close()
	if err := a.sameHost(ctx, s, store, f); err != nil {
		return err
	}
	client, err := a.connectListening(ctx, s, config)
	if err != nil {
		return err
	}
	defer client.close()
	plan, err := a.planInto(ctx, s, store, f)
	if err != nil {
		return err
	}
	if err := a.namesRows(ctx, s, store, f); err != nil {
		return err
	}
	j := sending{store: store, plan: plan, client: client, flags: f}
	if err := a.mayRun(ctx, s, j); err != nil {
		return err
	}
	return a.afterIntent(func() error {
		if f.canary {
			if err := a.canary(ctx, s, j); err != nil {
				return err
			}
		}
		return a.send(ctx, s, j)
	})
}

// mayBegin asks before a paid campaign gets a new ledger: if there was one
// elsewhere, every row would be bought again.
func (a *app) mayBegin(ctx context.Context, s *setup, f runFlags) error {
	if s.Provider.Sandbox.On || f.newLedger {
		return nil
	}
	text := fmt.Sprintf("there is no ledger in %q yet: nothing counts as paid", s.folder())
	if a.interactive() {
		return a.agree(ctx, text+". Is this a new campaign?", "nothing was sent; if there is a ledger.db of this campaign, point output: dir at its folder")
	}
	flags := "--new-ledger"
	if !f.yes {
		flags += " --yes"
	}
	return fail(exitUsage, errors.New(text), "if this is a new campaign, add "+flags+"; if not, point output: dir at the folder with its ledger.db")
}

// planInto plans and makes the planned rows durable.
func (a *app) planInto(ctx context.Context, s *setup, store ledger.Store, f runFlags) (*engine.Plan, error) {
	s.stdin.keep = true
	planner, err := a.open(s)
	if err != nil {
		return nil, err
	}
	planner.Known, planner.Most, planner.Only, planner.Changed = store, f.most, f.onlyKeys, engine.ChangedPolicy(f.changed)
	planner.Fetch = s.addresses(a).fetch
	recorder, err := a.recorder(ctx, store, f.restored)
	if err != nil {
		return nil, err
	}
	planner.Record = recorder.record
	plan, err := a.plan(ctx, planner)
	if err != nil {
		return nil, err
	}
	s.prepend(plan)
	return plan, ledgerFailure(store.Record(ctx, plan.Run))
}

// mayRun is all that can keep a run from sending: problems, rows that vanished,
// and a person who says no.
func (a *app) mayRun(ctx context.Context, s *setup, j sending) error {
	plan, f := j.plan, j.flags
	if a.json && plan.Found > 0 && !f.skip {
		return a.refuseRows(s, plan)
	}
	if !a.json {
		a.printNotices(plan)
		a.tellProblems(plan)
	}
	if plan.Vanished > 0 && plan.New > 0 && !f.acceptKeys {
		return fail(exitDecide, fmt.Errorf("%s gone from the sheet, and %s there: is this the right sheet, and the right key column?", wording.Plural(plan.Vanished, "sent row"), wording.Plural(plan.New, "new one")),
			"reelmerge plan shows them; add --accept-removed if that is so")
	}
	if plan.Found > 0 && !f.skip && !a.skipAnyway(ctx, plan) {
		if ctx.Err() != nil {
			return exit(signalCode(ctx))
		}
		return a.refuseRows(s, plan)
	}
	return a.mayPay(ctx, s, j)
}

func (a *app) refuseRows(s *setup, plan *engine.Plan) error {
	if a.json {
		if err := a.printJSON(a.checkDocument(s, plan)); err != nil {
			return err
		}
		return exit(exitRows)
	}
	return fail(exitRows, fmt.Errorf("problems in %s of %s; nothing was sent", wording.Count(plan.Rows.Refused), wording.Plural(plan.Rows.Total, "row")),
		"mend them and run again, or add --skip-problems to send the others")
}

func (a *app) skipAnyway(ctx context.Context, plan *engine.Plan) bool {
	return a.interactive() && plan.Rows.Valid > 0 && a.ask(ctx, fmt.Sprintf("Send the other %s?", wording.Count(plan.Rows.Valid)))
}

// mayPay shows what the run costs and asks, unless nothing is to be paid.
func (a *app) mayPay(ctx context.Context, s *setup, j sending) error {
	for _, line := range costLines(j.plan) {
		a.say("cost: %s", line)
	}
	sending, limit := j.plan.Actions.Submit, j.flags.limit
	if sending == 0 {
		return nil
	}
	if limit > 0 && limit < sending {
		sending = limit
		a.say("that is for all of them; --limit sends %s now", wording.Count(sending))
	}
	if err := a.hasRoom(s, j.plan, sending); err != nil {
		return err
	}
	if err := j.client.comparePrices(ctx, j.flags.acceptPrices); err != nil {
		return err
	}
	if s.Provider.Sandbox.On || j.flags.yes {
		return nil
	}
	if balance := j.client.balance(ctx); balance != "" {
		a.say("balance: %s", balance)
	}
	if !a.interactive() {
		return fail(exitUsage, fmt.Errorf("%s would be paid for", wording.Plural(sending, "row")), "add --yes to send them")
	}
	if len(s.earlier) > 0 {
		text := "The results will replace columns that the sheet has: " + strings.Join(s.earlier, ", ") + ". Is this the right sheet?"
		if err := a.agree(ctx, text, "nothing was sent"); err != nil {
			return err
		}
	}
	return a.agree(ctx, fmt.Sprintf("Send %s to %s, and pay for it?", wording.Plural(sending, "row"), s.service.Title), "nothing was sent")
}

func (a *app) tellProblems(plan *engine.Plan) {
	if a.quiet {
		return
	}
	to := *a
	to.out = a.err // the result of a run is its videos
	to.printProblems(plan)
}
