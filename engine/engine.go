// Package engine takes a campaign's rows from the sheet to finished videos.
//
// It plans, and then runs one loop that can be read aloud:
//
//	recover: an entry that is intended from before becomes unsure
//	until nothing is left to do, or the run holds:
//	    a planned row whose turn it is: intend (durable), submit, keep the ticket
//	    a submitted row that is due:    poll, and settle it when it is final
//	    an unsure row that is due:      look for it at the service
//
// [Stepper.Step] does the one side effect that an entry needs, and a [Worker] makes its
// result durable, as [ledger.Next] says. A [Policy] decides what follows for
// the run, and a [Pace] says when. Only the loop sleeps.
// Resuming is not a mode: running again does what is left.
package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Engine runs planned rows against one account of one service.
type Engine struct {
	Store    ledger.Store
	Provider providers.Provider
	Checker  providers.Checker
	// Checkers are those of the other steps of a chain, by their operations.
	Checkers map[string]providers.Checker
	// Parts may be sent, because rows wait for them: those that free most rows first. Only
	// those are sent that the rows of the run need.
	Parts  []Ready
	Limits Limits

	Budget *credit.Amount // reserved and charged together never exceed it; nil: no budget
	// Caps are lower budgets, of single accounts: what a person has approved.
	Caps     map[credit.Account]credit.Amount
	StopAt   time.Time     // no submit after; zero: never
	MaxWait  time.Duration // the longest wait for a limit or a service that is down, before the run holds
	Most     int           // send at most this many rows; 0: all
	Workers  int           // calls at a time; 0 means a sensible number
	Callback string        // https URL of the receiver; empty: none
	Folder   string        // that paths of media files are relative to
	Kept     string        // the folder of what rows name by web addresses, each file called by its SHA-256
	Session  string        // names the credentials without showing them: the same name, the same credentials
	// Lessons is what finished videos have taught, of earlier runs and of this one, which
	// adds its own. Nil learns nothing.
	Lessons *learn.Lessons
	// AcceptPrices goes on although jobs cost more than their prices explain.
	AcceptPrices bool
	// Share is what other runs of the same account count as well; nil: there are none.
	Share Share
	// Lease is the right to drive a ledger that several processes share, see [Engine.Drive];
	// nil: no other process can.
	Lease Lease
	Now   func() time.Time // the clock that the ledger's times are of; nil: this machine's
	// Quarantine is how long after its request left an entry may still reach the service
	// through a process that drove the ledger before; 0: there is none.
	Quarantine time.Duration

	BreakAt int // hold after this many same failures in a row; 0 means 5

	// Again reports whether a row that an earlier run left unsure may be sent as it
	// is, once it is proven that nothing was created: the sheet may have moved on
	// since. A row that it refuses stays planned. Nil sends all.
	Again func(key string) bool

	// Notices brings what the webhook receiver read; nil when there is none.
	Notices <-chan providers.Notice
	// CheckLink asks whether a result URL that a callback named really answers.
	CheckLink func(ctx context.Context, url string) error
	// Files downloads what succeeded; nil downloads nothing.
	Files Files
	// Observe is told of everything that happens, from one goroutine.
	Observe func(Happening)
	// Progress is told how the run goes: before the first row leaves, then after each
	// Every, and at the end. It is called by the loop itself, and must not wait.
	Progress func(Snapshot)
	Every    time.Duration // 0 means a second
	// Bug is told of a panic while one row was handled, which ends neither the
	// run nor the program; the stack names no values. It is called from any
	// goroutine. Nil is not called.
	Bug func(row int, err error, stack []byte)
}

// Files keeps the files of succeeded entries. Its methods are called for several
// entries at a time.
type Files interface {
	Missing(e ledger.Entry) bool
	// Fetch brings the file to this machine. Before it takes a name, claim makes
	// durable that it is the entry's, or answers that the name is not.
	Fetch(ctx context.Context, e ledger.Entry, claim func(ledger.Fetched) (bool, error)) error
}

// Outcome says why a run ended.
type Outcome struct {
	Held        string // why it sends nothing more; empty when it does not hold
	HeldFor     Hold   // the kind of that
	Interrupted bool   // a signal ended it
	Sent        int    // submits of this run
	Waiting     int    // rows not sent because a row with the same content is unsure
	Kept        []Kept // that were not sent although their turn had come
	FetchFailed []error
	Ignored     Ignored // what became of the notices that changed nothing
	// Crowded is how often the service was busy although no other job of this ledger
	// was under way: another program or person uses the account as well.
	Crowded int
}

// Defaults of an [Engine].
const (
	defaultWorkers = 64
	defaultBreakAt = 5
	fetchers       = 4
	defaultEvery   = time.Second
)

// Ready is a planned row that a run may send.
type Ready struct {
	Key         string
	Fingerprint ledger.Fingerprint
	Alike       string   // a content that a search cannot tell from this one; empty if there is none
	After       []string // keys of the entries that must have succeeded first
}

// Run sends the planned entries that are ready, in their order, and follows
// every job until it is settled or overdue. When ctx is done it starts nothing
// more, ends downloads, waits for the calls on the wire, since they may have been paid
// for, and returns. An error means that the ledger could not be written: nothing more
// was sent after it (invariant L12).
func (e *Engine) Run(ctx context.Context, ready []Ready) (Outcome, error) {
	// Begin must finish even when ctx is done already: it only reads, and makes durable
	// that intended rows are unsure.
	r, err := e.begin(context.WithoutCancel(ctx), ready)
	if err != nil {
		return Outcome{}, err
	}
	r.files.until = ctx
	r.tellProgress(ctx)
	err = r.holding(func() error { return r.loop(ctx) })
	_ = r.calls.Wait() // workers report through results, never through the group
	if err == nil && !r.gone {
		err = r.holding(r.fetchMissing)
	}
	r.tellProgress(ctx)
	return r.outcome(ctx), err
}

// holding runs a part of the run, and turns a panic in it into a hold. The ledger already
// has everything that was sent, so the run can still end in order and report.
func (r *run) holding(part func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.held = cmp.Or(r.held, r.worker.caught(0, p).Error())
			r.heldFor = cmp.Or(r.heldFor, HoldDoubt)
		}
	}()
	return part()
}

// newWorker returns the worker that makes this engine's calls.
func (e *Engine) newWorker(allowance func(providers.RateHint)) Worker {
	return Worker{
		Store: e.Store, Budget: e.Budget, Caps: e.Caps, Lessons: e.Lessons, CheckLink: e.CheckLink, Bug: e.Bug,
		Step: Stepper{
			Provider: e.Provider, Checker: e.Checker, Checkers: e.Checkers, Callback: e.Callback, Folder: e.Folder, Kept: e.Kept,
			Allowance: allowance, Session: e.Session, Beside: e.shared().Beside,
			Lease: e.Lease, Now: e.Now, Quarantine: e.Quarantine,
		},
	}
}

// findsByContent reports whether a search for a job of some step goes by content.
func (e *Engine) findsByContent() bool {
	for _, c := range e.Checkers {
		if c.Traits().FindByContent {
			return true
		}
	}
	return e.Checker.Traits().FindByContent
}

func (e *Engine) workerCount() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return defaultWorkers
}

func (e *Engine) breakAfter() int {
	if e.BreakAt > 0 {
		return e.BreakAt
	}
	return defaultBreakAt
}
