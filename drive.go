package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// usualLease is how long a lease holds without a renewal. A takeover after a crash comes as
// late as that.
const usualLease = 15 * time.Second

// lookAgain is how often a run that stands by looks whether the campaign is driven: a machine
// that is stopped for a deploy hands it over at once. The look locks nothing.
const lookAgain = 250 * time.Millisecond

// drive takes the lease of a ledger that several machines share. With it, the run has the
// ledger to spend from; the others only report. A ledger in a file has its lock instead.
func (r *running) drive(ctx context.Context, store Store) (end func(), err error) {
	r.store = store
	many, is := store.(ledger.Shared)
	if !is {
		return func() {}, nil
	}
	if r.payer, err = r.campaign.accountIn(ctx, many, r.chosen.SameAccount); err != nil {
		return nil, err
	}
	lease, err := r.acquire(ctx, many)
	if err != nil {
		return nil, err
	}
	r.store, r.shared, r.lease = lease, many, lease
	r.remember = func(context.Context) error { return nil }
	if kept, is := store.(*shared); is {
		r.remember = kept.remember
	}
	release := sync.OnceFunc(func() { r.campaign.release(ctx, lease) })
	if err := r.obeyHold(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// acquire takes the lease, or waits for it where the run stands by. Of a database that does
// not answer, the run waits for the end as well: nothing can be sent meanwhile.
func (r *running) acquire(ctx context.Context, shared ledger.Shared) (ledger.Lease, error) {
	drive := ledger.Drive{Who: r.campaign.machine(), Account: r.payer, TTL: cmp.Or(r.chosen.Lease, usualLease)}
	for told := ""; ; {
		lease, err := r.acquireFree(ctx, shared, drive)
		if err == nil {
			return lease, nil
		}
		driven, is := errors.AsType[*ledger.DrivenError](err)
		if !r.chosen.Standby || !is && !errors.Is(err, ledger.ErrUnavailable) {
			return nil, drivenElsewhere(err)
		}
		saying := "the database does not answer"
		if is {
			saying = driven.Error()
		}
		if saying != told {
			r.campaign.note("standing by: %s", wording.Clean(saying))
			told = saying
		}
		if !patience.Wait(ctx, lookAgain) {
			return nil, stopped(ctx)
		}
	}
}

// acquireFree takes the lease. A run that stands by looks first whether it is free.
func (r *running) acquireFree(ctx context.Context, shared ledger.Shared, drive ledger.Drive) (ledger.Lease, error) {
	if r.chosen.Standby {
		driver, err := shared.Driver(ctx)
		if err == nil && driver.Epoch != 0 {
			err = &ledger.DrivenError{Driver: driver}
		}
		if err != nil {
			return nil, err
		}
	}
	return shared.Acquire(ctx, drive)
}

// drivenElsewhere gives the error of a lease that another machine holds its cure.
func drivenElsewhere(err error) error {
	if _, is := errors.AsType[*ledger.DrivenError](err); is {
		return fail(Locked, err, "wait until it is done; status shows where it stands, resolve and cancel work meanwhile, and run --standby goes on as soon as that machine stops")
	}
	return ledgerFailure(err)
}

// hold is the document of a ledger whose run holds. It stays until a person runs the campaign
// again: a machine that stands by must not go on with what a person has to look at first.
type hold struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// The documents of a ledger that a run writes; see [hold] and [wanted].
const (
	statusDocument   = "status" // how far it has come, while it goes on
	holdDocument     = "hold"
	wantedDocument   = "wanted"
	campaignDocument = "campaign"
)

// obeyHold ends a run that stands by where the one before holds. A person's run goes on, and
// the hold is over.
func (r *running) obeyHold(ctx context.Context) error {
	name, err := r.document(ctx, holdDocument)
	if err != nil {
		return err
	}
	if !r.chosen.Standby {
		return ledgerFailure(r.shared.Document(ctx, name, func(ledger.Desk) ([]byte, error) { return nil, nil }))
	}
	var h hold
	if err := readDocument(ctx, r.shared, name, &h); err != nil {
		return ledgerFailure(err)
	}
	if h.Why == "" {
		return nil
	}
	return fail(Held, fmt.Errorf("the run of %s holds since %s: %s", wording.Clean(h.Who), h.At.Local().Format("2006-01-02 15:04"), h.Why),
		"look into it, and then go on without --standby:", next("run"))
}

// document is the name of a document of this run's ledger.
func (r *running) document(ctx context.Context, name string) (string, error) {
	summary, err := r.store.Summary(ctx)
	return ledger.DocumentOf(summary.Identity.ID, name), ledgerFailure(err)
}

// wanted is the document that says which planned rows a run may send: the ledger's entries
// alone do not tell, since a person may have left rows out. Rows are named by hashes.
type wanted struct {
	At   time.Time `json:"at"`
	Rows []string  `json:"rows"`
	Most int       `json:"most,omitempty"` // so many of them; 0: all
}

// publish writes what another machine needs to go on: the rows of this run, and the campaign
// as it is in force. The campaign names variables and no secrets.
func (r *running) publish(ctx context.Context) error {
	if r.shared == nil {
		return nil
	}
	summary, err := r.store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	id := summary.Identity.ID
	w := wanted{At: r.shared.Now(), Rows: []string{}, Most: r.chosen.Limit}
	for _, ready := range r.plan.Ready {
		w.Rows = append(w.Rows, ledger.PurgedKey(id, ready.Key))
	}
	slices.Sort(w.Rows)
	text, err := r.campaign.file.Encode(cmp.Or(r.campaign.file.Path, r.campaign.file.File("campaign.yaml")))
	if err != nil {
		return fail(Bug, err, "")
	}
	return ledgerFailure(errors.Join(
		writeDocument(ctx, r.shared, ledger.DocumentOf(id, wantedDocument), w),
		r.shared.Document(ctx, ledger.DocumentOf(id, campaignDocument), func(ledger.Desk) ([]byte, error) { return text, nil }),
	))
}

// keepHold writes that the run holds, for machines that stand by.
func (r *running) keepHold(ctx context.Context, out *Outcome) error {
	if r.shared == nil || out.Held == "" {
		return nil
	}
	name, err := r.document(ctx, holdDocument)
	if err != nil {
		return err
	}
	// A run that has lost its lease holds only for itself: another machine goes on already.
	if !r.lease.Valid() {
		return nil
	}
	return ledgerFailure(writeDocument(ctx, r.shared, name, hold{r.campaign.machine(), r.shared.Now(), out.Held}))
}

// tellOthers writes how far the run has come, for status on other machines, and keeps in
// run.json how often the ledger was changed.
func (r *running) tellOthers(ctx context.Context, s Status) error {
	if r.shared == nil {
		return nil
	}
	whole := context.WithoutCancel(ctx)
	name, err := r.document(whole, statusDocument)
	if err != nil {
		return err
	}
	return errors.Join(writeDocument(whole, r.shared, name, s), r.remember(whole))
}

// status adds who drives the ledger, how far its run has come, and why the one before held.
func (s *sharedReading) status(ctx context.Context, doc Status, id string) (Status, error) {
	var h hold
	if err := readDocument(ctx, s, ledger.DocumentOf(id, holdDocument), &h); err != nil {
		return doc, err
	}
	doc.Held = h.Why
	if s.driver.Epoch == 0 {
		return doc, nil
	}
	var run Status
	err := readDocument(ctx, s, ledger.DocumentOf(id, statusDocument), &run)
	doc.Progress, doc.Running = run.Progress, true
	doc.Driver = &Driver{s.driver.Who, s.driver.Since, s.driver.Until}
	return doc, err
}
