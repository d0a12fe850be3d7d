package reelmerge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/account"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// limitsFile holds what all runs of an account count together: the places in its rate
// windows, the jobs it has, pauses.
const limitsFile = "limits.json"

// sharedLimits is the account of a run, as all its campaigns on this machine share it. A
// folder that cannot be written is told once: then the run counts its own calls alone.
type sharedLimits struct {
	account *account.Account
	ledger  string // its id
	limits  engine.Limits
	note    func(format string, args ...any)
	broken  sync.Once
	off     bool
}

// share opens the limits that a run shares with others of its account, until end is called.
// It returns nil where there is no account, as for the simulator.
func (c *Campaign) share(ctx context.Context, store ledger.Store, limits engine.Limits) (share engine.Share, end func()) {
	a, err := c.account(account.Open)
	if a == nil && err == nil {
		return nil, func() {}
	}
	summary, unread := store.Summary(ctx)
	var release func()
	if err == nil && unread == nil {
		release, err = a.Hold(runLock(summary.Identity.ID))
	}
	if err != nil || unread != nil {
		c.note("note: limits are not shared with other campaigns of the account: %v", errors.Join(err, unread))
		return nil, func() {}
	}
	return &sharedLimits{account: a, ledger: summary.Identity.ID, limits: limits, note: c.note}, release
}

// runLock is the file that a run of a ledger holds.
func runLock(ledgerID string) string { return "run-" + ledgerID + ".lock" }

// alive reports whether a run of a ledger goes on.
func alive(a *account.Account) func(string) bool {
	return func(ledgerID string) bool { return a.Held(runLock(ledgerID)) }
}

// change changes the document under its lock. The change says whether it is to be written.
func (s *sharedLimits) change(change func(*engine.SharedLimits) bool) {
	if s.off {
		return
	}
	var doc engine.SharedLimits
	if err := s.account.Try(limitsFile, &doc, func() bool { return change(&doc) }); err != nil {
		s.off = true
		s.broken.Do(func() {
			s.note("note: limits are not shared any more with other campaigns of the account: %v", err)
		})
	}
}

// id names a job for other campaigns without telling the row's key.
func (s *sharedLimits) id(key string) string { return ledger.PurgedKey(s.ledger, key) }

// Begin implements [engine.Share].
func (s *sharedLimits) Begin(now time.Time, jobs map[string]time.Time) (together engine.Together) {
	named := map[string]time.Time{}
	for key, until := range jobs {
		named[s.id(key)] = until
	}
	s.change(func(doc *engine.SharedLimits) bool {
		together = doc.Begin(now, s.ledger, named)
		return true
	})
	return together
}

// Take implements [engine.Share].
func (s *sharedLimits) Take(now time.Time, key string, until time.Time) engine.Turn {
	turn := engine.Turn{At: now}
	s.change(func(doc *engine.SharedLimits) bool {
		turn = doc.Take(now, s.ledger, s.id(key), until, s.limits, alive(s.account))
		return turn.Now(now)
	})
	return turn
}

// Answered implements [engine.Share].
func (s *sharedLimits) Answered(now time.Time, key string) {
	s.change(func(doc *engine.SharedLimits) bool {
		doc.Answered(now, s.ledger, s.id(key))
		return true
	})
}

// Ended implements [engine.Share].
func (s *sharedLimits) Ended(_ time.Time, key string) {
	s.change(func(doc *engine.SharedLimits) bool {
		doc.Ended(s.ledger, s.id(key))
		return true
	})
}

// Obey implements [engine.Share].
func (s *sharedLimits) Obey(now time.Time, o engine.Order) {
	s.change(func(doc *engine.SharedLimits) bool {
		doc.Obey(now, o)
		return true
	})
}

// Failing implements [engine.Share].
func (s *sharedLimits) Failing(f engine.Streaks) {
	s.change(func(doc *engine.SharedLimits) bool {
		doc.Fail(s.ledger, f)
		return true
	})
}

// Beside implements [engine.Share]. What cannot be read is not known, so it counts as yes.
func (s *sharedLimits) Beside(from, to time.Time) bool {
	var doc engine.SharedLimits
	return s.account.Read(limitsFile, &doc) != nil || doc.Beside(s.ledger, from, to)
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
	question := Question{
		About: Account, Text: "The token is another one than the rows of this ledger were sent with. Is it of the same account?",
		Otherwise: "nothing was sent; go on with a token of the first account, or make a campaign of its own for the other one",
	}
	switch {
	case given:
	case !c.person():
		return &Error{Cause: Usage, Err: errors.New("the token is another one than the rows of this ledger were sent with"), Question: &question,
			Hint: "if it is of the same account, add --same-account once; provider: account gives the account a name, so that tokens may change"}
	default:
		if err := c.agree(ctx, question); err != nil {
			return err
		}
	}
	if err := a.Join(before); err != nil {
		c.note("note: that the account is the same was not kept: %v", err)
	}
	return nil
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

// noteOthers says who else uses the account now. It only informs, so a file that cannot be
// read says nothing.
func (c *Campaign) noteOthers(ledgerID string) {
	a, err := c.account(account.Find)
	if a == nil || err != nil {
		return
	}
	var doc engine.SharedLimits
	if a.Read(limitsFile, &doc) != nil {
		return
	}
	if campaigns, jobs := doc.Others(time.Now(), ledgerID, alive(a)); campaigns > 0 || jobs > 0 {
		c.note("note: the account has %s at work and %s open besides; its limits hold for all together",
			wording.Plural(campaigns, "other campaign"), wording.Plural(jobs, "job"))
	}
}
