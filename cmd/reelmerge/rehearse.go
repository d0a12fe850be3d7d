package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
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
	LedgerTotal credit.Amount `json:"charged_in_ledger"`
	BankTotal   credit.Amount `json:"charged_at_bank"`
	Unit        string        `json:"unit"`
	Faults      string        `json:"faults"`
}

// rehearse runs the real campaign against the embedded simulator with faults on,
// in a scratch ledger, and compares the ledger with the simulator's bank.
func (a *app) rehearse(ctx context.Context, s *setup, f runFlags) error {
	dir, err := os.MkdirTemp("", "reelmerge-rehearsal-")
	if err != nil {
		return fail(exitBug, fmt.Errorf("make scratch folder: %w", err), "")
	}
	defer os.RemoveAll(dir)
	s.stage(dir, orText(f.faults, rehearsalFaults))
	quiet := *a
	quiet.quiet, quiet.json = true, false
	f.yes, f.skip, f.rehearse = true, true, false
	for range rehearsalRuns {
		if err := quiet.run(ctx, s, f); codeOf(err) > exitDecide && codeOf(err) != exitHeld {
			return err
		}
	}
	doc, err := s.compareWithBank()
	if err != nil {
		return err
	}
	return a.reportRehearsal(doc)
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

// stage turns the campaign into its rehearsal: no budget to hold it, no limits
// that belong to the real service.
func (s *setup) stage(dir, faults string) {
	s.Provider.Sandbox.On, s.Provider.Sandbox.Faults, s.Provider.Sandbox.Seed = true, faults, 1
	s.Provider.Sandbox.State = ""
	s.Webhook = campaign.Webhook{} // a run waits long for callbacks about rows that never reached the service
	s.Output.Dir, s.Output.Download = filepath.Join(dir, "out"), false
	s.Limits = campaign.Limits{
		Submits: []campaign.Window{{Count: 1000, Per: perSecond}}, Active: 64,
		Poll: campaign.Poll{First: pollFirst, Max: pollMax},
	}
}

func (s *setup) compareWithBank() (rehearsalJSON, error) {
	doc := rehearsalJSON{Campaign: s.Name, Faults: s.Provider.Sandbox.Faults}
	charges, err := sandbox.ReadBank(s.path(sandboxFile))
	if err != nil {
		return doc, fail(exitBug, err, "")
	}
	store, err := boltstore.OpenReadOnly(s.path(ledgerFile))
	if err != nil {
		return doc, ledgerFailure(err)
	}
	defer store.Close()
	held, err := doc.fromLedger(store)
	if err != nil {
		return doc, err
	}
	doc.fromBank(charges, held)
	return doc, nil
}

// fromLedger counts entries and returns the jobs that the ledger knows.
func (d *rehearsalJSON) fromLedger(store ledger.Store) (map[string]bool, error) {
	held := map[string]bool{}
	for e, err := range store.Entries(ledger.Query{}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		d.Rows++
		d.Unit = e.Account.Unit
		held[e.Ticket.Job] = true
		switch e.State {
		case ledger.Unsure, ledger.Intended:
			d.Unsure++
		case ledger.Failed:
			d.Failed++
		case ledger.Succeeded:
			d.LedgerTotal = d.LedgerTotal.Plus(e.Money.Charged)
		case ledger.Planned, ledger.Submitted, ledger.Cancelled:
		}
	}
	return held, nil
}

// fromBank counts jobs: one that the ledger does not hold is an unsure row's, or
// it is lost; a second one for the same reference is paid twice.
func (d *rehearsalJSON) fromBank(charges []sandbox.Charge, held map[string]bool) {
	jobs := map[string]int{}
	strangers := 0
	for _, c := range charges {
		d.Jobs++
		jobs[orText(c.Reference, c.Content)]++
		if !held[c.Job] {
			strangers++
		}
		if c.State == sandbox.Charged {
			d.BankTotal = d.BankTotal.Plus(c.Amount)
		}
	}
	for _, n := range jobs {
		d.PaidTwice += n - 1
	}
	d.Lost = max(0, strangers-d.Unsure)
}

func (a *app) reportRehearsal(d rehearsalJSON) error {
	if a.json {
		if err := a.printJSON(d); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "rehearsed %d rows with %s\n", d.Rows, d.Faults)
		fmt.Fprintf(a.out, "jobs at the bank: %d, %s %s charged there, %s in the ledger for what was made\n", d.Jobs, d.BankTotal.Grouped(), d.Unit, d.LedgerTotal.Grouped())
		fmt.Fprintf(a.out, "rows a person would be asked about: %d, failed: %d\n", d.Unsure, d.Failed)
		fmt.Fprintf(a.out, "paid twice: %d, lost: %d\n", d.PaidTwice, d.Lost)
	}
	if d.PaidTwice > 0 || d.Lost > 0 {
		return fail(exitBug, fmt.Errorf("the rehearsal paid %d videos twice and lost %d", d.PaidTwice, d.Lost), "please report this, with the faults and the number of rows")
	}
	return nil
}

// canary sends one row and waits for it before the others: does it cost what was
// estimated?
func (a *app) canary(ctx context.Context, s *setup, j job) error {
	if len(j.plan.Ready) == 0 {
		return nil
	}
	e := s.engine(j)
	e.Most = 1
	switch outcome, err := e.Run(ctx, j.plan.Ready[:1]); {
	case err != nil:
		return ledgerFailure(err)
	case outcome.Interrupted:
		a.say("go on with: reelmerge run %s", s.argument())
		return exit(signalCode(ctx))
	}
	first := j.plan.Ready[0].Key
	for entry, err := range j.store.Entries(ledger.Query{Keys: []string{first}}) {
		if err != nil {
			return ledgerFailure(err)
		}
		return a.judgeCanary(s, entry)
	}
	return nil
}

func (a *app) judgeCanary(s *setup, e ledger.Entry) error {
	cost := fmt.Sprintf("%s %s (%s)", e.Money.Charged.Grouped(), e.Account.Unit, e.Basis)
	switch {
	case e.State != ledger.Succeeded:
		return fail(exitHeld, fmt.Errorf("the first row is %s: %s; nothing else was sent", e.State, orText(e.Reason, "not finished yet")),
			"reelmerge status "+s.argument()+" --row "+shellWord(e.Key))
	case e.Money.Overrun > 0 && e.Estimate.Known():
		return fail(exitHeld, fmt.Errorf("the first row cost %s, estimated were at most %s; nothing else was sent", cost, e.Estimate.High.Grouped()),
			"correct prices: or the template's duration, and run again")
	}
	a.say("the first row cost %s, estimated were %s to %s; going on", cost, e.Estimate.Low.Grouped(), e.Estimate.High.Grouped())
	return nil
}
