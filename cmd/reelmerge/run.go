package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/sources"
)

// runFlags are the flags of run that must be converted for the library.
type runFlags struct {
	dry      bool
	changed  string
	only     []string
	rehearse bool
	faults   string
}

func (a *app) runCommand() *cobra.Command {
	var o reelmerge.RunOptions
	var f runFlags
	c := &cobra.Command{
		Use:   "run CAMPAIGN",
		Short: "Make the videos; run it again to go on",
		Example: "  reelmerge run campaign.yaml\n  reelmerge run campaign.yaml --limit 3 --yes\n" +
			"  reelmerge run customers.xlsx --template welcome.template.json --sandbox",
	}
	f.register(c, &o)
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if err := f.fill(&o); err != nil {
			return err
		}
		switch {
		case f.dry:
			return a.plan(ctx, campaign, reelmerge.PlanOptions{Most: o.Most, Only: o.Only, Changed: o.Changed, Pinned: o.Pinned})
		case f.rehearse:
			return a.rehearse(ctx, campaign, f.faults, o)
		}
		return a.run(ctx, campaign, o)
	})
}

func (f *runFlags) register(c *cobra.Command, o *reelmerge.RunOptions) {
	flags := c.Flags()
	flags.BoolVar(&f.dry, "dry-run", false, "do what plan does: spend nothing")
	pinnedFlag(flags, &o.Pinned)
	flags.IntVar(&o.Limit, "limit", 0, "send at most `N` rows; 0 sends all")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "do not ask before spending")
	flags.BoolVar(&o.SkipProblems, "skip-problems", false, "send the rows without problems although others have some")
	flags.BoolVar(&o.NewLedger, "new-ledger", false, "start a paid campaign's ledger without asking: nothing counts as paid yet")
	flags.BoolVar(&o.AcceptRemoved, "accept-removed", false, "go on although rows that were sent are gone from the sheet and new ones came")
	flags.BoolVar(&o.SameAccount, "same-account", false, "the token is another one than before, and of the same account")
	flags.BoolVar(&o.AcceptService, "accept-service", false, "go on although the description of the service changed while rows are being made")
	flags.StringVar(&o.TrustService, "trust-service", "", "the `HASH` of a described service that you have looked at; twelve digits are enough")
	flags.BoolVar(&o.AcceptPrices, "accept-prices", false, "go on although the service publishes, or charges, other prices than the plan is made with; for this run")
	flags.BoolVar(&o.AcceptRestored, "accept-restored", false, "pay for rows although they may have been made again before an earlier copy of the ledger was restored")
	flags.StringVar(&f.changed, "changed", "", "bought rows that changed in the sheet: `keep|redo` leaves them as bought, or pays for new videos")
	flags.StringArrayVar(&f.only, "only", nil, "send, and with --changed decide, only the rows of `KEY,KEY`, or of a file with one key per line")
	flags.DurationVar(&o.MaxWait, "max-wait", 30*time.Minute, "wait at most this `time` for a limit or a service that is down, then hold")
	flags.BoolVar(&o.Standby, "standby", false, "with --store: wait while another machine makes the videos, and go on when it ends or dies")
	flags.DurationVar(&o.Lease, "lease", 15*time.Second, "with --store: after this `time` without a sign of life another machine goes on; at least 2s")
	flags.IntVar(&o.Canary, "canary", 0, "send `N` rows first (--canary alone: 1), wait, compare their cost with the estimates, then go on")
	flags.Lookup("canary").NoOptDefVal = "1"
	flags.BoolVar(&o.Risk, "risk", false, "with --canary: the riskiest rows first, as preview chooses them")
	flags.BoolVar(&f.rehearse, "rehearse", false, "run against the simulator with faults on, in a scratch ledger, and compare ledger and bank")
	flags.StringVar(&f.faults, "faults", "", "the `faults` of --rehearse; see reelmerge sandbox --help")
	flags.IntVar(&o.Most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
}

// fill completes the options, and refuses flags that are not usable.
func (f *runFlags) fill(o *reelmerge.RunOptions) error {
	o.Changed = engine.ChangedPolicy(f.changed)
	switch {
	case f.changed != "" && o.Changed != engine.KeepChanged && o.Changed != engine.RedoChanged:
		return fail(exitUsage, fmt.Errorf("--changed %q: want keep or redo", f.changed), "keep leaves the videos as they are, redo pays for new ones")
	case f.faults != "" && !f.rehearse:
		return fail(exitUsage, errors.New("--faults is for --rehearse"), "in a run on the simulator: --set provider.sandbox.faults="+wording.Shown(f.faults))
	case o.Canary < 0 || o.Risk && o.Canary == 0:
		return fail(exitUsage, errors.New("--canary says how many rows are sent first, and --risk that they are the riskiest"), "for example: --canary=3 --risk")
	case o.Lease < ledger.ShortestLease:
		return fail(exitUsage, fmt.Errorf("--lease %s is too short", o.Lease), "at least 2s: a shorter one is lost by a short pause of the machine")
	case o.Limit < 0:
		return fail(exitUsage, fmt.Errorf("--limit %d is not usable", o.Limit), "it is how many rows are sent; 0 sends all")
	}
	for _, text := range f.only {
		if err := addOnly(o, text); err != nil {
			return err
		}
	}
	return usableMost(o.Most)
}

// addOnly reads keys from a file if there is one of that name, else from the
// text itself.
func addOnly(o *reelmerge.RunOptions, text string) error {
	if o.Only == nil {
		o.Only = map[string]bool{}
	}
	file, err := atomicfile.Open(text)
	if info, e := os.Stat(text); e != nil || info.IsDir() {
		for _, key := range strings.Split(text, ",") {
			o.Only[strings.TrimSpace(key)] = true
		}
		return nil
	}
	var lines [][]string
	if err == nil {
		defer file.Close()
		lines, err = linesOf(text, atomicfile.Bounded(file, mostList))
	}
	if err != nil {
		return fail(exitUsage, fmt.Errorf("read keys from %q: %w", text, wording.WithoutPath(err)), "it is a text file with one key per line")
	}
	for _, line := range lines {
		if key := strings.TrimSpace(line[0]); key != "" {
			o.Only[key] = true
		}
	}
	return nil
}

// linesOf reads a text file in any encoding. A key may have a comma.
func linesOf(name string, file io.Reader) ([][]string, error) {
	records, err := sources.NewRecords(name, file, sources.Options{Delimiter: "tab"})
	if err != nil {
		return nil, err
	}
	return records.ReadAll()
}

// run has the library make the videos, and shows the progress.
func (a *app) run(ctx context.Context, c *reelmerge.Campaign, o reelmerge.RunOptions) error {
	signal.Ignore(syscall.SIGPIPE) // a closed output is no reason to die with requests on the wire
	w := a.newWatch(c)
	o.Planned = a.tellPlan
	o.Paying = a.tellCost
	o.Sending = a.mayDie
	o.Happened = w.happened
	o.Progress = w.show
	o.Every = w.every()
	o.Ended = func(out *reelmerge.Outcome) error {
		w.close()
		return w.tellEnd(out)
	}
	out, err := c.Run(ctx, o)
	w.close()
	if a.json && !a.mayHaveSent && out.Plan != nil && reelmerge.CauseOf(err) == reelmerge.BadRows {
		return cmp.Or(a.printJSON(checkDocument(c, out.Plan)), exit(exitRows))
	}
	for _, p := range out.Unread {
		a.listingOn(a.err, a.screen.err).problem(p)
	}
	ended := err
	err = a.tell(err)
	if !a.mayHaveSent || out.Summary.States == nil {
		notify(ctx, a, out, ended, codeOf(err))
		return err
	}
	if !a.json {
		w.tellNext(o.Limit > 0, out)
	}
	code := runCode(ctx, out)
	notify(ctx, a, out, ended, code)
	return concluded(code, err)
}

// notify tells the address of the campaign how a run ended.
func notify(ctx context.Context, a *app, out *reelmerge.Outcome, ended error, code int) {
	if failed := a.campaign.Notify(context.WithoutCancel(ctx), out, ended, code); failed != nil {
		a.say("note: %v; the run is as it is", failed)
	}
}

// runCode is the exit code for the state in which a run leaves its rows.
func runCode(ctx context.Context, out *reelmerge.Outcome) int {
	if cause := out.Cause(); cause != reelmerge.Stopped {
		return codes(cause)
	}
	return signalCode(ctx)
}

// tellPlan lists the problems of rows on standard error, since the result of a run is its
// videos.
func (a *app) tellPlan(plan *engine.Plan) {
	if a.json {
		return
	}
	if !a.quiet {
		a.listingOn(a.err, a.screen.err).errors(plan)
	}
	a.countNotes(plan)
}

func (a *app) tellCost(bill reelmerge.Bill) {
	for _, cost := range bill.Cost {
		a.say("cost: %s", cost.Sentence())
	}
	if rest := bill.Plan.Actions.Submit - bill.Rows - bill.Unapproved; rest > 0 {
		a.say("that is for the %s that --limit sends now; %s more are ready", wording.Plural(bill.Rows, "row"), wording.Count(rest))
	}
	if bill.Unapproved > 0 {
		a.say("without an approval yet: %s", wording.Plural(bill.Unapproved, "row"))
	}
	if bill.Budget != "" {
		a.say("budget: %s", bill.Budget)
	}
}

// mayDie is called before the first row can be sent. From then on no exit code may say
// that nothing was sent. The Go runtime ends a process that has no memory left with code
// 2, which says so; with this traceback setting it ends it by SIGABRT instead.
func (a *app) mayDie() {
	a.mayHaveSent = true
	leaveNoCore()
	debug.SetTraceback("crash")
}
