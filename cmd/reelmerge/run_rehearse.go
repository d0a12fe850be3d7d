package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// rehearsalFaults is what goes wrong in a rehearsal unless --faults says
// otherwise.
const rehearsalFaults = "accept-then-drop=2%,accept-then-500=2%,500=2%,429=5%,slow=1%,failed=1%"

// rehearsalJSON is the end of a rehearsal.
type rehearsalJSON struct {
	Campaign    string        `json:"campaign"`
	Rows        int           `json:"rows"`
	Jobs        int           `json:"jobs_at_the_bank"`
	PaidTwice   int           `json:"paid_twice"`
	Lost        int           `json:"lost"`
	Unsure      int           `json:"unsure"`
	Failed      int           `json:"failed"`
	NotSent     int           `json:"not_sent"`
	Held        string        `json:"held"` // why, when rows were not sent
	LedgerTotal credit.Amount `json:"charged_in_ledger"`
	BankTotal   credit.Amount `json:"charged_at_bank"`
	Unit        string        `json:"unit"`
	Faults      string        `json:"faults"`
}

// rehearse runs the real campaign against the embedded simulator with faults on,
// in a scratch ledger, and compares the ledger with the simulator's bank. What
// would hold the real run, such as a budget that is too small, holds it as well.
func (a *app) rehearse(ctx context.Context, s *setup, f runFlags) error {
	dir, err := os.MkdirTemp("", rehearsalPrefix)
	if err != nil {
		return fail(exitBug, fmt.Errorf("make scratch folder: %w", err), "see whether the disk with the temporary files is full")
	}
	defer os.RemoveAll(dir)
	if err := s.markRehearsal(dir); err != nil {
		return fail(exitBug, fmt.Errorf("mark scratch folder: %w", err), "see whether the disk with the temporary files is full")
	}
	s.stdin.from = s.path(stdinFile)
	s.stage(dir, cmp.Or(f.faults, rehearsalFaults))
	quiet := *a
	quiet.quiet, quiet.json = true, false
	f.yes, f.skip, f.rehearse = true, true, false
	var held string
	for range rehearsalRuns {
		if held, err = runsOn(quiet.run(ctx, s, f)); err != nil {
			return err
		}
	}
	doc, err := s.compareWithBank(ctx)
	if err != nil {
		return err
	}
	if doc.NotSent > 0 {
		doc.Held = held
	}
	return a.reportRehearsal(doc)
}

// runsOn tells a run that ended as runs do, and why it holds if it does, from one
// that could not begin or go on.
func runsOn(err error) (held string, _ error) {
	switch codeOf(err) {
	case exitDone, exitRows, exitDecide:
		return "", nil
	case exitHeld:
		var f *failure
		errors.As(err, &f)
		return f.held, nil
	}
	return "", err
}

// rehearsalRuns is how often a rehearsal runs again: what one run left to the
// next, such as a hold, is settled then.
const rehearsalRuns = 3

// The simulator's own pace; see the defaults of a campaign on the sandbox.
const (
	perSecond = time.Second
	pollFirst = 50 * time.Millisecond
	pollMax   = time.Second
)

// stage turns the campaign into its rehearsal, without the limits that belong to
// the real service. The budget stays: whether it is enough, also for what lost
// answers keep reserved, is one of the things to find out.
func (s *setup) stage(dir, faults string) {
	s.Provider.Sandbox.On, s.Provider.Sandbox.Faults, s.Provider.Sandbox.Seed = true, faults, 1
	s.Provider.Sandbox.State = ""
	s.Webhook = campaign.Webhook{} // a run waits long for callbacks about rows that never reached the service
	s.Output.Dir, s.Output.Download = filepath.Join(dir, "out"), false
	s.inventory = nil // the scratch folder has its own
	s.Limits = campaign.Limits{
		Submits: []campaign.Window{{Count: 1000, Per: perSecond}}, Active: 64,
		Poll: campaign.Poll{First: pollFirst, Max: pollMax},
	}
}

func (s *setup) compareWithBank(ctx context.Context) (rehearsalJSON, error) {
	doc := rehearsalJSON{Campaign: s.Name, Faults: s.Provider.Sandbox.Faults}
	charges, err := sandbox.ReadBank(s.path(sandboxFile))
	if err != nil {
		return doc, fail(exitBug, err, "")
	}
	store, err := boltstore.OpenReadOnly(s.path(ledgerFile), boltstore.Options{})
	if err != nil {
		return doc, ledgerFailure(err)
	}
	defer store.Close()
	known, err := doc.fromLedger(ctx, store)
	if err != nil {
		return doc, err
	}
	doc.fromBank(charges, known)
	return doc, nil
}

// rehearsed is what the ledger of a rehearsal says about contents. Rows that say the
// same are the same video, each of them with a job of its own.
type rehearsed struct {
	made   map[string]ledger.Fingerprint // by job
	rows   map[ledger.Fingerprint]int
	unsure map[ledger.Fingerprint]int
}

// fromLedger counts entries and returns what they know.
func (d *rehearsalJSON) fromLedger(ctx context.Context, store ledger.Store) (rehearsed, error) {
	k := rehearsed{map[string]ledger.Fingerprint{}, map[ledger.Fingerprint]int{}, map[ledger.Fingerprint]int{}}
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return k, ledgerFailure(err)
		}
		d.Rows++
		d.Unit = e.Account.Unit
		k.rows[e.Fingerprint]++
		if e.Ticket.Job != "" {
			k.made[e.Ticket.Job] = e.Fingerprint
		}
		switch e.State {
		case ledger.Unsure, ledger.Intended:
			d.Unsure++
			k.unsure[e.Fingerprint]++
		case ledger.Failed:
			d.Failed++
		case ledger.Succeeded:
			d.LedgerTotal = d.LedgerTotal.Plus(e.Money.Charged)
		case ledger.Planned:
			d.NotSent++
		case ledger.Submitted, ledger.Cancelled:
		}
	}
	return k, nil
}

// fromBank counts jobs: those of one content beyond its rows were paid twice, and
// one that the ledger does not hold is otherwise an unsure row's, or it is lost.
func (d *rehearsalJSON) fromBank(charges []sandbox.Charge, k rehearsed) {
	jobs, contents := map[string]int{}, map[string]ledger.Fingerprint{}
	strangers := 0
	for _, c := range charges {
		d.Jobs++
		jobs[c.Content]++
		if print, held := k.made[c.Job]; held {
			contents[c.Content] = print
		} else {
			strangers++
		}
		if c.State == sandbox.Charged {
			d.BankTotal = d.BankTotal.Plus(c.Amount)
		}
	}
	for content, n := range jobs {
		d.PaidTwice += max(0, n-k.mayHave(contents, content))
	}
	d.Lost = max(0, strangers-d.Unsure-d.PaidTwice)
}

// mayHave is how many jobs a content may have. When the ledger holds none of
// them, it belongs to rows that nobody knows about: nothing tells to which, so
// the largest group of equal ones speaks for it.
func (k rehearsed) mayHave(contents map[string]ledger.Fingerprint, content string) (rows int) {
	if print, held := contents[content]; held {
		return k.rows[print]
	}
	for _, n := range k.unsure {
		rows = max(rows, n)
	}
	return max(rows, 1)
}

func (a *app) reportRehearsal(d rehearsalJSON) error {
	if a.json {
		if err := a.printJSON(d); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "rehearsed %s with %s\n", wording.Plural(d.Rows, "row"), d.Faults)
		fmt.Fprintf(a.out, "jobs at the bank: %d, %s %s charged there, %s in the ledger for what was made\n", d.Jobs, d.BankTotal.Grouped(), d.Unit, d.LedgerTotal.Grouped())
		fmt.Fprintf(a.out, "rows a person would be asked about: %d, failed: %d\n", d.Unsure, d.Failed)
		if d.NotSent > 0 {
			fmt.Fprintf(a.out, "rows that were not sent: %d (%s)\n", d.NotSent, cmp.Or(wording.Clean(d.Held), "this was a part of the rows"))
		}
		fmt.Fprintf(a.out, "paid twice: %d, lost: %d\n", d.PaidTwice, d.Lost)
	}
	if d.PaidTwice > 0 || d.Lost > 0 {
		return fail(exitBug, fmt.Errorf("the rehearsal paid %s twice and lost %d", wording.Plural(d.PaidTwice, "video"), d.Lost), "this is a bug of reelmerge or of its simulator, and no money was spent; please report it, with the line that begins with rehearsed")
	}
	if d.Held != "" {
		return exit(exitHeld)
	}
	return nil
}

// canary sends one row and waits for it before the others: does it cost what was
// estimated?
func (a *app) canary(ctx context.Context, s *setup, j sending) error {
	if len(j.plan.Ready) == 0 {
		return nil
	}
	a.say("one row first, and the others when it is made")
	j.flags.limit = 1
	switch outcome, _, err := a.runWatched(ctx, s, j); {
	case err != nil:
		return err
	case outcome.Interrupted:
		a.say("go on with: %s", s.command("run"))
		return exit(signalCode(ctx))
	}
	entry, err := ledger.Find(ctx, j.store, j.plan.Ready[0].Key)
	if err != nil {
		return ledgerFailure(err)
	}
	return a.judgeCanary(s, entry)
}

func (a *app) judgeCanary(s *setup, e ledger.Entry) error {
	cost := fmt.Sprintf("%s %s (%s)", e.Money.Charged.Grouped(), e.Account.Unit, e.Basis)
	switch {
	case e.State != ledger.Succeeded:
		return fail(exitHeld, fmt.Errorf("the first row is %s: %s; nothing else was sent", e.State, cmp.Or(e.Reason, "not finished yet")),
			s.rowCommand("status", e.Key))
	case e.Money.Overrun > 0 && e.Estimate.Known():
		return fail(exitHeld, fmt.Errorf("the first row cost %s, estimated were at most %s; nothing else was sent", cost, e.Estimate.High.Grouped()),
			"correct prices: or the template's duration, and run again")
	}
	a.say("the first row cost %s, estimated were %s to %s; going on", cost, e.Estimate.Low.Grouped(), e.Estimate.High.Grouped())
	return nil
}
