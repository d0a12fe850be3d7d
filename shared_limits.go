package reelmerge

import (
	"context"
	"errors"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/account"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// limitsFile holds what all runs of an account count together: the places in its rate
// windows, the jobs it has, pauses. It changes with each call, so it is not waited for on the
// disk. payingFile holds when each campaign made paid calls. A search that would not know it
// could take the job of another campaign, so it is durable; it changes once a minute.
const (
	limitsFile = "limits.json"
	payingFile = "paying.json"
)

// limitsDocument is where the limits of an account are: a file of this machine, or a document
// of a database that several machines share.
type limitsDocument interface {
	// change changes the limits under their lock. The change says whether they are written.
	change(now time.Time, change func(*engine.SharedLimits, desk) (write bool)) error
	read(*engine.SharedLimits) error
	// lasts reports whether one that cannot be reached is waited for. Otherwise the run goes on
	// without it.
	lasts() bool
}

// desk is what is known while the limits are locked.
type desk struct {
	now   time.Time // by the clock of all who share them
	alive func(ledger string) bool
}

// limitsInFile are the limits of an account on this machine.
type limitsInFile struct{ account *account.Account }

// change implements [limitsDocument].
func (f limitsInFile) change(now time.Time, change func(*engine.SharedLimits, desk) bool) error {
	var doc engine.SharedLimits
	return f.account.Try(limitsFile, &doc, func() (bool, error) {
		if err := f.account.Read(payingFile, &doc.Paying); err != nil {
			return false, err
		}
		write := change(&doc, desk{now, alive(f.account)})
		var err error
		if doc.Paid {
			err = f.account.Write(payingFile, doc.Paying)
		}
		doc.Paying = nil // it has a file of its own
		return write, err
	})
}

// read implements [limitsDocument].
func (f limitsInFile) read(doc *engine.SharedLimits) error {
	return errors.Join(f.account.Peek(limitsFile, doc), f.account.Read(payingFile, &doc.Paying))
}

// lasts implements [limitsDocument].
func (limitsInFile) lasts() bool { return false }

// sharedLimits is the account of a run, as all its campaigns share it. A folder that cannot
// be written is told once: then the run counts its own calls alone.
type sharedLimits struct {
	document limitsDocument
	ledger   string // its id
	limits   engine.Limits
	note     func(format string, args ...any)
	off      bool
	missed   []func(*engine.SharedLimits, desk) // reports that the document has not got yet
}

// share opens the limits that a run shares with others of its account, until end is called.
// It returns nil where there is no account, as for the simulator.
func (r *running) share(ctx context.Context, limits engine.Limits) (share engine.Share, end func()) {
	c := r.campaign
	summary, unread := r.store.Summary(ctx)
	s := &sharedLimits{ledger: summary.Identity.ID, limits: limits, note: c.note}
	if r.shared != nil {
		s.document = limitsInStore{r.shared, limitsDocumentOf(r.payer)}
		return s, func() {}
	}
	a, err := c.account(account.Open)
	if a == nil && err == nil {
		return nil, func() {}
	}
	var release func()
	if err == nil && unread == nil {
		release, err = a.Hold(runLock(s.ledger))
	}
	if err != nil || unread != nil {
		c.note("note: limits are not shared with other campaigns of the account: %v", errors.Join(err, unread))
		return nil, func() {}
	}
	s.document = limitsInFile{a}
	return s, release
}

// runLock is the file that a run of a ledger holds.
func runLock(ledgerID string) string { return "run-" + ledgerID + ".lock" }

// alive reports whether a run of a ledger goes on.
func alive(a *account.Account) func(string) bool {
	return func(ledgerID string) bool { return a.Held(runLock(ledgerID)) }
}

// change changes the document, and reports whether it was reached. What was missed is made
// good first.
func (s *sharedLimits) change(now time.Time, change func(*engine.SharedLimits, desk) (write bool)) bool {
	if s.off {
		return false
	}
	err := s.document.change(now, func(doc *engine.SharedLimits, at desk) bool {
		for _, report := range s.missed {
			report(doc, at)
		}
		return change(doc, at) || len(s.missed) > 0
	})
	switch {
	case err == nil:
		s.missed = nil
	case !s.document.lasts():
		s.off = true
		s.note("note: limits are not shared any more with other campaigns of the account: %v", err)
	}
	return err == nil
}

// report is [sharedLimits.change] for what must be known sooner or later.
func (s *sharedLimits) report(now time.Time, report func(*engine.SharedLimits, desk)) {
	done := s.change(now, func(doc *engine.SharedLimits, at desk) bool {
		report(doc, at)
		return true
	})
	if !done && !s.off {
		s.missed = append(s.missed, report)
	}
}

// id names a job for other campaigns without telling the row's key.
func (s *sharedLimits) id(key string) string { return ledger.PurgedKey(s.ledger, key) }

// Begin implements [engine.Share]. Times are moved between the clock of the run and that of
// the document.
func (s *sharedLimits) Begin(now time.Time, jobs map[string]time.Time) (together engine.Together) {
	s.report(now, func(doc *engine.SharedLimits, at desk) {
		named := map[string]time.Time{}
		for key, until := range jobs {
			named[s.id(key)] = until.Add(at.now.Sub(now))
		}
		together = doc.Begin(at.now, s.ledger, named)
		if !together.Paused.IsZero() {
			together.Paused = together.Paused.Add(now.Sub(at.now))
		}
	})
	return together
}

// outOfReach is how soon a place is asked for again where the document cannot be reached.
const outOfReach = time.Second

// Take implements [engine.Share].
func (s *sharedLimits) Take(now time.Time, key string, until time.Time) engine.Turn {
	turn := engine.Turn{At: now}
	reached := s.change(now, func(doc *engine.SharedLimits, at desk) bool {
		turn = doc.Take(at.now, s.ledger, s.id(key), until.Add(at.now.Sub(now)), s.limits, at.alive)
		taken := turn.Now(at.now)
		turn.At = turn.At.Add(now.Sub(at.now))
		return taken
	})
	if !reached && !s.off {
		return engine.Turn{At: now.Add(outOfReach), Bound: "the database does not answer"}
	}
	return turn
}

// Answered implements [engine.Share].
func (s *sharedLimits) Answered(now time.Time, key string) {
	s.report(now, func(doc *engine.SharedLimits, at desk) { doc.Answered(at.now, s.ledger, s.id(key)) })
}

// Ended implements [engine.Share].
func (s *sharedLimits) Ended(now time.Time, key string) {
	s.report(now, func(doc *engine.SharedLimits, _ desk) { doc.Ended(s.ledger, s.id(key)) })
}

// Obey implements [engine.Share].
func (s *sharedLimits) Obey(now time.Time, o engine.Order) {
	s.report(now, func(doc *engine.SharedLimits, at desk) {
		moved := o
		moved.Until = o.Until.Add(at.now.Sub(now))
		doc.Obey(at.now, moved)
	})
}

// Failing implements [engine.Share].
func (s *sharedLimits) Failing(f engine.Streaks) {
	s.report(time.Now(), func(doc *engine.SharedLimits, _ desk) { doc.Fail(s.ledger, f) })
}

// Beside implements [engine.Share]. What cannot be read is not known, so it counts as yes.
func (s *sharedLimits) Beside(from, to time.Time) bool {
	var doc engine.SharedLimits
	return s.document.read(&doc) != nil || doc.Beside(s.ledger, from, to)
}

// sameAccount asks whether a new token is of the account that the ledger's rows were sent
// with. At another one, none of their jobs can be found, and each would be looked for, or
// paid for, in vain. A yes is remembered: the account keeps its limits and what it learnt.
func (c *Campaign) sameAccount(ctx context.Context, store ledger.Store, given bool) error {
	a, err := c.account(account.Open)
	if a == nil || err != nil {
		return nil // the run itself says what is wrong with the folder
	}
	summary, err := store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	before, err := a.Elsewhere(runLock(summary.Identity.ID))
	if before == nil || err != nil || !anySent(summary) {
		return nil
	}
	if err := c.agreeSameAccount(ctx, given); err != nil {
		return err
	}
	if err := a.Join(before); err != nil {
		c.note("note: that the account is the same was not kept: %v", err)
	}
	return nil
}

// agreeSameAccount asks whether a new token is of the same account, unless that was said.
func (c *Campaign) agreeSameAccount(ctx context.Context, given bool) error {
	question := Question{
		About: Account, Text: "The token is another one than the rows of this ledger were sent with. Is it of the same account?",
		Otherwise: "nothing was sent; go on with a token of the first account, or make a campaign of its own for the other one",
	}
	switch {
	case given:
		return nil
	case !c.person():
		return &Error{Cause: Usage, Err: errors.New("the token is another one than the rows of this ledger were sent with"), Question: &question,
			Hint: "if it is of the same account, add --same-account once; provider: account gives the account a name, so that tokens may change"}
	}
	return c.agree(ctx, question)
}

// anySent reports whether anything of a ledger was ever sent.
func anySent(s ledger.Summary) bool {
	for _, state := range ledger.States() {
		if state != ledger.Planned && s.States[state]+s.Parts[state] > 0 {
			return true
		}
	}
	return false
}

// noteOthers says who else uses the account now. It only informs, so a document that cannot
// be read says nothing.
func (c *Campaign) noteOthers(ctx context.Context, store ledger.Store, ledgerID string) {
	document, driven := c.limitsToRead(ctx, store)
	var doc engine.SharedLimits
	if document == nil || document.read(&doc) != nil {
		return
	}
	if campaigns, jobs := doc.Others(time.Now(), ledgerID, driven); campaigns > 0 || jobs > 0 {
		c.note("note: the account has %s at work and %s open besides; its limits hold for all together",
			wording.Plural(campaigns, "other campaign"), wording.Plural(jobs, "job"))
	}
}

// limitsToRead finds the limits of the account, and who of it is at work; nil where none are
// known.
func (c *Campaign) limitsToRead(ctx context.Context, store ledger.Store) (limitsDocument, func(ledger string) bool) {
	if shared, is := store.(ledger.Shared); is {
		id, err := c.nameAccount(ctx, shared)
		if err != nil || id == "" {
			return nil, nil
		}
		return limitsInStore{shared, limitsDocumentOf(id)}, drivenNow(ctx, shared)
	}
	a, err := c.account(account.Find)
	if a == nil || err != nil {
		return nil, nil
	}
	return limitsInFile{a}, alive(a)
}
