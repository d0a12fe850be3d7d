package reelmerge

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// rehearsalFaults are the faults of a rehearsal unless the caller names others. A sheet
// of some hundred rows meets each of them.
const rehearsalFaults = "accept-then-drop=2%,accept-then-500=2%,500=2%,429=5%,slow=1%,failed=1%"

// Rehearsal is the result of a rehearsal. Its JSON is that of `run --rehearse --json`.
type Rehearsal struct {
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

// Rehearse runs the real campaign against the embedded simulator with faults, in a
// scratch ledger, and compares the ledger with the simulator's bank. A reason to hold the
// real run, such as a budget that is too small, holds the rehearsal as well. Empty faults
// stand for the usual ones.
func (c *Campaign) Rehearse(ctx context.Context, faults string, o RunOptions) (Rehearsal, error) {
	if err := c.fetchSheet(ctx, o.Pinned); err != nil {
		return Rehearsal{}, err
	}
	dir, err := os.MkdirTemp("", rehearsalPrefix)
	if err != nil {
		return Rehearsal{}, fail(Bug, fmt.Errorf("make scratch folder: %w", err), "see whether the disk with the temporary files is full")
	}
	defer os.RemoveAll(dir)
	if err := c.markRehearsal(dir); err != nil {
		return Rehearsal{}, fail(Bug, fmt.Errorf("mark scratch folder: %w", err), "see whether the disk with the temporary files is full")
	}
	// The rehearsal gets a copy of the campaign: its folder, service and limits are other
	// ones.
	own := *c
	own.stdin.from = c.path(stdinFile)
	own.options.Note = func(string) {}
	own.stage(dir, cmp.Or(faults, rehearsalFaults))
	// A rehearsal costs nothing, so it asks nothing.
	o.Yes, o.SkipProblems, o.Pinned = true, true, false
	var held string
	for range rehearsalRuns {
		if held, err = own.rehearseOnce(ctx, o); err != nil {
			return Rehearsal{}, err
		}
	}
	done, err := own.compareWithBank(ctx)
	if done.NotSent > 0 {
		done.Held = held
	}
	return done, err
}

// rehearseOnce returns the reason if the run is held. Its error is that of a run that
// could not begin or continue.
func (c *Campaign) rehearseOnce(ctx context.Context, o RunOptions) (held string, _ error) {
	out, err := c.Run(ctx, o)
	switch cause := CauseOf(err); {
	case cause == Held:
		return err.Error(), nil
	case err != nil && cause != BadRows && cause != Undecided:
		return "", err
	case out.Interrupted:
		return "", stopped(ctx)
	}
	return out.Held, nil
}

// rehearsalRuns is how often the rehearsal runs. A row that one run leaves behind,
// because it was held or its answer was lost, is settled by the next.
const rehearsalRuns = 3

// The pace of the simulator; see the defaults of a campaign on the sandbox.
const (
	perSecond = time.Second
	pollFirst = 50 * time.Millisecond
	pollMax   = time.Second
)

// stage turns a copy of the campaign into its rehearsal, without the limits that belong
// to the real service. The budget stays: the rehearsal also shows whether it is enough
// for the amounts that lost answers keep reserved.
func (c *Campaign) stage(dir, faults string) {
	file := *c.file
	c.file = &file
	c.file.Rows.Link = "" // its copy is a file like any other
	c.file.Provider.Sandbox.On = true
	c.file.Provider.Sandbox.Faults = faults
	c.file.Provider.Sandbox.Seed = 1
	c.file.Provider.Sandbox.State = ""
	c.file.Webhook = campaign.Webhook{} // with webhooks a run waits long for rows whose submit was lost
	c.file.Output.Dir = filepath.Join(dir, "out")
	c.file.Output.Download = false
	c.inventory, c.media = nil, nil // the scratch folder has its own
	c.file.Limits = campaign.Limits{
		Submits: []campaign.Window{{Count: 1000, Per: perSecond}}, Active: 64,
		Poll: campaign.Poll{First: pollFirst, Max: pollMax},
	}
}

// compareWithBank compares the ledger with the bank, which the ledger cannot influence.
func (c *Campaign) compareWithBank(ctx context.Context) (Rehearsal, error) {
	doc := Rehearsal{Campaign: c.file.Name, Faults: c.file.Provider.Sandbox.Faults}
	charges, err := sandbox.ReadBank(c.path(sandboxFile))
	if err != nil {
		return doc, fail(Bug, err, "")
	}
	store, err := c.stores().OpenReadOnly(ctx, nil)
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

// rehearsed has the jobs and contents that the ledger of a rehearsal knows. Rows with
// equal contents each have a job of their own.
type rehearsed struct {
	made   map[string]ledger.Fingerprint // by job
	rows   map[ledger.Fingerprint]int
	unsure map[ledger.Fingerprint]int
}

// fromLedger counts the entries by state, and collects what they know about jobs.
func (d *Rehearsal) fromLedger(ctx context.Context, store ledger.Store) (rehearsed, error) {
	k := rehearsed{map[string]ledger.Fingerprint{}, map[ledger.Fingerprint]int{}, map[ledger.Fingerprint]int{}}
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return k, ledgerFailure(err)
		}
		if !e.IsPart() {
			d.Rows++
		}
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

// fromBank counts the bank's jobs. More jobs of one content than rows of it means that a
// row was paid twice. A job that the ledger does not know belongs to a row in doubt, or
// is lost.
func (d *Rehearsal) fromBank(charges []sandbox.Charge, k rehearsed) {
	jobs := map[string]int{}
	contents := map[string]ledger.Fingerprint{}
	strangers := 0
	for _, charge := range charges {
		d.Jobs++
		jobs[charge.Content]++
		if print, held := k.made[charge.Job]; held {
			contents[charge.Content] = print
		} else {
			strangers++
		}
		if charge.State == sandbox.Charged {
			d.BankTotal = d.BankTotal.Plus(charge.Amount)
		}
	}
	for content, n := range jobs {
		d.PaidTwice += max(0, n-k.mayHave(contents, content))
	}
	d.Lost = max(0, strangers-d.Unsure-d.PaidTwice)
}

// mayHave is how many jobs a content may have. If the ledger knows none of its jobs, they
// belong to rows in doubt, and nothing shows to which; then the largest group of equal
// rows counts.
func (k rehearsed) mayHave(contents map[string]ledger.Fingerprint, content string) (rows int) {
	if print, held := contents[content]; held {
		return k.rows[print]
	}
	for _, n := range k.unsure {
		rows = max(rows, n)
	}
	return max(rows, 1)
}
