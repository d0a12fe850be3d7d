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
