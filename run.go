package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/sources"
)

// RunOptions say which rows a run sends, what it may do without asking, and which
// functions it calls. The zero value sends every row that is ready, and asks before
// everything.
type RunOptions struct {
	Limit   int                  // send at most so many rows; 0 sends all
	Only    map[string]bool      // keys of the rows that may be sent; nil: all
	Changed engine.ChangedPolicy // for rows that have changed since they were bought; empty leaves them
	Canary  int                  // send so many rows first, and compare their cost with the estimates; 0 sends all at once
	Risk    bool                 // those are the riskiest rows, not the first ones
	MaxWait time.Duration        // the longest wait for a limit or a service that is down; 0 is half an hour
	Most    int                  // problems that are kept; all are counted; 0 keeps all

	Yes            bool // pay without asking
	SkipProblems   bool // send the rows without problems although others have some
	NewLedger      bool // begin the ledger of a paid campaign
	AcceptRemoved  bool // go on although sent rows are gone from the sheet and new ones came
	AcceptPrices   bool // go on although the service publishes, or charges, other prices than the plan is made with
	SameAccount    bool // the token is another one than before, and of the same account
	AcceptService  bool // go on although the description of the service changed under rows that are being made
	AcceptRestored bool // pay for rows although they may have been made again before a restore

	// Standby waits while another machine drives the campaign, and takes over when that ends
	// or dies. What a run before has held stays held.
	Standby bool
	// Lease is how long the right to drive a shared ledger holds without a renewal, at least
	// two seconds; 0 is fifteen. A takeover after a crash comes as late as that.
	Lease time.Duration

	// Plan is the digest of the plan that a person has agreed to, in full: another plan is
	// refused before anything is sent. Empty: any plan is carried out. It is that of all
	// rows, so that neither Limit nor Only can be given beside it.
	Plan string
	// Pinned goes on with the copy of a sheet that is at a web address, and fetches none.
	Pinned bool

	// TrustService is the hash of a described service, or twelve digits of it: a person
	// has looked at where it sends the token.
	TrustService string

	// Consent asks a person in this run, instead of [Options.Ask].
	Consent func(context.Context, Question) bool
	// Planned is called with the plan before anything is asked or sent.
	Planned func(*engine.Plan)
	// Paying is called with the bill before the question about it.
	Paying func(Bill)
	// Sending is called before the first row can be sent. From then on a crash may leave
	// paid jobs behind.
	Sending func()
	// Happened is called for everything that happens, by one goroutine. It must return at
	// once, since sending waits for it.
	Happened func(engine.Happening)
	// Progress is called with the state of the run, after each Every; 0 is a second.
	Progress func(Status)
	Every    time.Duration
	// Ended is called with the outcome before the results are written.
	Ended func(*Outcome) error
}

// running is one run.
type running struct {
	campaign *Campaign
	chosen   RunOptions
	store    ledger.Store
	client   *client
	plan     *engine.Plan
	purse    *purse
	gate     *gate      // nil: no approval is asked for
	agreed   *agreement // nil: no plan was named

	shared ledger.Shared // the ledger, where several machines share it; store is its lease then
	lease  ledger.Lease
	payer  string // the id of the account there
	// handOver lets another machine drive. What follows only reads.
	handOver func()
	// remember keeps in run.json how often the shared ledger was changed.
	remember func(context.Context) error

	unfetched *sources.FileError // why the sheet could not be fetched; nil: it was, or it is a file
}

// Run sends the rows that are ready, follows every job to its end and writes the results.
// It can be ended at any moment and called again: settled rows stay settled, and the rest
// is sent. The outcome is there as far as the run came, also beside an error; its plan is
// nil if the rows were not read.
func (c *Campaign) Run(ctx context.Context, o RunOptions) (*Outcome, error) {
	if o.Consent != nil {
		defer func(ask func(context.Context, Question) bool) { c.options.Ask = ask }(c.options.Ask)
		c.options.Ask = o.Consent
	}
	if err := o.vetPlan(); err != nil {
		return &Outcome{}, err
	}
	o.MaxWait = cmp.Or(o.MaxWait, longestWait)
	r := &running{campaign: c, chosen: o}
	out := &Outcome{}
	return out, r.run(ctx, out)
}

// longestWait is how long a run waits for a limit or for a service that is down, by
// default.
const longestWait = 30 * time.Minute

// run plans, asks and sends. The secrets come first: without them nothing is created. The
// ledger is next: its lock shows whether another run is at work.
func (r *running) run(ctx context.Context, out *Outcome) error {
	config, err := r.campaign.access()
	if err != nil {
		return err
	}
	store, err := r.campaign.openLedger(ctx, func() error { return r.campaign.mayBegin(ctx, r.chosen.NewLedger, r.chosen.Yes) })
	if err != nil {
		return err
	}
	defer store.Close()
	end, err := r.drive(ctx, store)
	if err != nil {
		return err
	}
	defer end()
	r.handOver = end
	// The questions come before anything is planned: an answer of no must leave no trace.
	if err := r.mayReach(ctx); err != nil {
		return err
	}
	// Webhooks of jobs from earlier runs can arrive at once, so the receiver starts
	// before the plan.
	if r.client, err = r.campaign.connectListening(ctx, config); err != nil {
		return err
	}
	defer r.client.close()
	if err := r.planInto(ctx); err != nil {
		return err
	}
	out.Plan = r.plan
	if err := r.campaign.namesRows(ctx, r.store, r.chosen.Only); err != nil {
		return err
	}
	if err := r.mayRun(ctx); err != nil {
		return err
	}
	if err := r.publish(ctx); err != nil {
		return err
	}
	return r.afterIntent(func() error {
		if r.chosen.Canary > 0 {
			if err := r.canary(ctx, out); err != nil || out.Interrupted {
				return err
			}
		}
		return r.send(ctx, out)
	})
}

// mayReach asks whether this machine and this account go on, and where the token may go. No
// call is made before.
func (r *running) mayReach(ctx context.Context) error {
	if err := r.campaign.sameHost(ctx, r.store, r.chosen.Yes); err != nil {
		return err
	}
	if r.shared == nil { // of a shared ledger it was asked before its lease was taken
		if err := r.campaign.sameAccount(ctx, r.store, r.chosen.SameAccount); err != nil {
			return err
		}
	}
	return r.campaign.mayTrust(ctx, r.store, r.chosen)
}

// mayBegin asks before a paid campaign gets a new ledger. If its ledger is elsewhere,
// every row would be bought again.
func (c *Campaign) mayBegin(ctx context.Context, newLedger, yes bool) error {
	if c.IsTest() || newLedger {
		return nil
	}
	text := fmt.Sprintf("there is no ledger in %q yet: nothing counts as paid", c.folder())
	question := Question{
		About: NewLedger, Text: text + ". Is this a new campaign?",
		Otherwise: "nothing was sent; if there is a ledger.db of this campaign, point output: dir at its folder",
	}
	if c.person() {
		return c.agree(ctx, question)
	}
	flags := "--new-ledger"
	if !yes {
		flags += " --yes"
	}
	return &Error{Cause: Usage, Err: errors.New(text), Question: &question,
		Hint: "if this is a new campaign, add " + flags + "; if not, point output: dir at the folder with its ledger.db"}
}

// planInto plans the rows and makes them durable. The record of the run is written last:
// if the process dies before it, the rows are planned and the next run plans them again.
func (r *running) planInto(ctx context.Context) error {
	recorder, err := r.campaign.recorder(ctx, r.store, r.chosen.AcceptRestored)
	if err != nil {
		return err
	}
	summary, err := r.store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	if r.gate, err = r.campaign.gate(ctx, r.store); err != nil {
		return err
	}
	planner, err := r.planner(ctx)
	if err != nil {
		return err
	}
	planner.Record = recorder.record
	r.purse = r.campaign.newPurse(r.chosen.Limit)
	r.agreed = r.agreeing(summary.Balances)
	// The cost is added up in the same pass, so it is the cost of exactly the rows that
	// are sent.
	planner.Visit = func(v engine.Visited) error {
		r.agreed.take(v)
		if v.Action == engine.ActionSubmit && r.gate.lets(v) {
			r.purse.take(&v, summary.Balances)
		}
		return nil
	}
	plan, err := r.campaign.pass(ctx, planner)
	if err != nil {
		return err
	}
	r.campaign.prepend(plan)
	plan.Ready = r.gate.keep(plan.Ready)
	plan.Run.Approval = r.gate.name()
	r.holdBack(plan)
	r.plan = plan
	r.putRiskyFirst()
	return ledgerFailure(r.store.Record(ctx, plan.Run))
}

// planner fetches the sheet of the run where it is at an address, and opens it.
func (r *running) planner(ctx context.Context) (*engine.Planner, error) {
	r.campaign.stdin.keep = true
	if err := r.fetchSheet(ctx); err != nil {
		return nil, err
	}
	planner, err := r.campaign.open()
	if err != nil {
		return nil, err
	}
	o := r.chosen
	planner.Ledger = r.store
	planner.Most = o.Most
	planner.Only = o.Only
	if o.Risk {
		planner.Risky = riskyPerCanary * o.Canary
	}
	planner.Changed = o.Changed
	planner.Fetch = r.campaign.addresses().fetch
	planner.Voices = r.campaign.voices()
	return planner, nil
}

// mayRun checks everything that can keep a run from sending: problems, vanished rows, and
// a person who says no.
func (r *running) mayRun(ctx context.Context) error {
	plan := r.plan
	o := r.chosen
	if o.Planned != nil {
		o.Planned(plan)
	}
	if r.unfetched != nil {
		return nil // nothing is sent
	}
	if err := r.agreed.holds(o.Plan); err != nil {
		return err
	}
	// Sent rows that are gone, together with new ones, look like a changed key column or
	// a wrong sheet. Then the "new" rows may be paid already.
	if plan.Vanished > 0 && plan.New > 0 && !o.AcceptRemoved {
		return fail(Undecided, fmt.Errorf("%s gone from the sheet, and %s there: is this the right sheet, and the right key column?", wording.Plural(plan.Vanished, "sent row"), wording.Plural(plan.New, "new one")),
			"reelmerge plan shows them; add --accept-removed if that is so")
	}
	if plan.Found > 0 && !o.SkipProblems {
		if err := r.skipAnyway(ctx); err != nil {
			return err
		}
	}
	return r.mayPay(ctx)
}

// skipAnyway asks whether the rows without problems are sent.
func (r *running) skipAnyway(ctx context.Context) error {
	rows := r.plan.Rows
	question := Question{About: Problems, Text: fmt.Sprintf("Send the other %s?", wording.Count(rows.Valid)), Rows: rows.Valid, Plan: r.plan}
	if r.campaign.person() && rows.Valid > 0 && r.campaign.options.Ask(ctx, question) {
		return nil
	}
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	return &Error{Cause: BadRows, Question: &question,
		Err:  fmt.Errorf("problems in %s of %s; nothing was sent", wording.Count(rows.Refused), wording.Plural(rows.Total, "row")),
		Hint: "mend them and run again, or add --skip-problems to send the others"}
}

// mayPay asks whether to pay. The tests that need no person come first: room on the disk,
// and prices.
func (r *running) mayPay(ctx context.Context) error {
	bill := r.bill()
	if r.chosen.Paying != nil {
		r.chosen.Paying(bill)
	}
	sending := bill.Rows
	if sending == 0 {
		return nil
	}
	if err := r.campaign.hasRoom(r.plan, sending); err != nil {
		return err
	}
	// Prices are compared after the plan, since only then it is known that something will
	// be paid.
	if err := r.client.comparePrices(ctx, r.chosen.AcceptPrices); err != nil {
		return err
	}
	if r.campaign.IsTest() || r.chosen.Yes || r.gate.approves() {
		return nil
	}
	return r.askForPayment(ctx, bill)
}

// askForPayment names the rows, their cost and the account that pays.
func (r *running) askForPayment(ctx context.Context, bill Bill) error {
	rows := wording.Plural(bill.Rows, "row")
	balance, err := r.client.balance(ctx)
	if err != nil {
		r.campaign.note("note: what the account has left is not known: %v", err)
	}
	question := Question{
		About: Payment, Text: fmt.Sprintf("Send %s to %s for %s, with the account of %s, and pay for it?", rows, r.campaign.service.Title, bill.sum(), r.account(balance)),
		Rows: bill.Rows, Plan: r.plan, Balance: balance, Otherwise: "nothing was sent",
	}
	if !r.campaign.person() {
		return &Error{Cause: Usage, Err: fmt.Errorf("%s would be paid for: %s", rows, bill.sum()), Hint: "add --yes to send them", Question: &question}
	}
	if len(r.campaign.earlier) > 0 {
		text := "The results will replace columns that the sheet has: " + strings.Join(r.campaign.earlier, ", ") + ". Is this the right sheet?"
		if err := r.campaign.agree(ctx, Question{About: Columns, Text: text, Otherwise: "nothing was sent"}); err != nil {
			return err
		}
	}
	return r.campaign.agree(ctx, question)
}

// afterIntent runs the part in which rows can be sent. From then on no error may say that
// nothing was sent, not even that of a bug.
func (r *running) afterIntent(act func() error) error {
	if r.chosen.Sending != nil {
		r.chosen.Sending()
	}
	return tookPlace(r.campaign.guarded(act))
}

// tookPlace replaces causes that say "nothing was sent" in errors that come after
// sending.
func tookPlace(err error) error {
	switch CauseOf(err) {
	case Bug, Usage, Declined:
		end := &Error{Cause: BadRows, Err: err, Hint: "every paid video is in the ledger; run the command again"}
		if known := (*Error)(nil); errors.As(err, &known) {
			end.Hint = known.Hint
			end.Next = known.Next
		}
		return end
	case Done, BadRows, Undecided, Held, Locked, BadLedger, Stopped:
	}
	return err
}
