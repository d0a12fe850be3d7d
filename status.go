package reelmerge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

const statusFile = "status.json"

// Status is the state of a campaign: the document of `status --json`, and of status.json,
// which a run writes every second.
type Status struct {
	Campaign string               `json:"campaign"`
	States   map[ledger.State]int `json:"states"`
	Parts    map[ledger.State]int `json:"parts"` // of the steps that come before rows' own
	Rows     report.StatusRows    `json:"rows"`
	Changed  int                  `json:"changed"` // rows whose content has changed since they were bought
	Test     bool                 `json:"test"`    // the simulator's: nothing was paid
	Credits  []report.Credits     `json:"credits"`
	Running  bool                 `json:"running"`
	Held     string               `json:"held"`
	// Driver is who drives a campaign whose ledger several machines share; null: nobody does.
	Driver *Driver `json:"driver,omitempty"`
	// Approval says how many of the rows to send are approved; null where the campaign asks
	// for none, and while a run is going.
	Approval *report.Approval `json:"approval"`
	Progress *Progress        `json:"progress,omitempty"` // while a run is going

	Tally *Tally `json:"-"` // nil: the sheet was not compared, see [TallyOf]
}

// Progress says how far a run has come, and when it is expected to end.
type Progress struct {
	Service   string         `json:"service"`
	Began     time.Time      `json:"began"`
	Total     int            `json:"total"` // rows settled before, and those of this run
	ToSend    int            `json:"to_send"`
	Sent      int            `json:"sent"`
	PerMinute *float64       `json:"sent_per_minute"` // null: too early to say
	BoundBy   string         `json:"bound_by"`
	NextAt    *time.Time     `json:"next_at"` // of the next submit; null: at once, or when a video is made
	Ends      *time.Time     `json:"ends"`    // null: not known
	FirstEnds *time.Time     `json:"first_ends"`
	StopAt    *time.Time     `json:"stop_at"`
	Budget    *credit.Amount `json:"budget"`
	Trouble   []Trouble      `json:"problems"`
	Stopping  bool           `json:"stopping"`
	// CallbacksUntil is until when a run that has nothing else to do waits for
	// callbacks about rows of which it is not known whether they were made; null: it
	// does not.
	CallbacksUntil *time.Time `json:"callbacks_until"`
}

// Trouble is a row that failed, or became unsure, in a run.
type Trouble struct {
	Row    int          `json:"row"`
	Key    string       `json:"key"`
	Part   string       `json:"part,omitempty"` // of a step; then there is no row
	State  ledger.State `json:"state"`
	Reason string       `json:"reason"`
}

// Driver is a machine that drives a campaign.
type Driver struct {
	Who   string    `json:"who"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // when another one may take over, unless the lease is renewed
}

// String says it in words.
func (d Driver) String() string {
	now := time.Now()
	return fmt.Sprintf("%s drives it since %s, with a lease until %s", wording.Clean(d.Who), wording.Moment(d.Since, now), wording.Moment(d.Until, now))
}

// StatusOf turns the sums of the campaign's ledger into a status.
func (c *Campaign) StatusOf(summary ledger.Summary) Status {
	s := Status{Campaign: c.file.Name, States: map[ledger.State]int{}, Parts: map[ledger.State]int{}, Credits: c.credits(summary.Balances), Test: c.IsTest()}
	for _, state := range ledger.States() {
		s.States[state] = summary.States[state]
		if n := summary.Parts[state]; n > 0 {
			s.Parts[state] = n
		}
	}
	if run := summary.Run; run != nil {
		s.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		s.Changed = len(run.Changed)
	}
	return s
}

// writeStatus replaces status.json as a whole, so that a reader never sees half of it.
func writeStatus(path string, s Status) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, append(data, '\n'))
}

// Status returns the state of the campaign, also while a run of another process goes on.
// It knows the sheet as the last run read it. With compare it reads the sheet as it is
// now, unless a run is going.
func (c *Campaign) Status(ctx context.Context, compare bool) (Status, error) {
	store, err := c.peekExisting(ctx)
	// The process that has the ledger may not answer reads; its status.json tells the
	// same.
	if _, locked := errors.AsType[*ledger.LockedError](err); locked {
		return c.runningStatus(err)
	}
	if err != nil {
		return Status{}, err
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return Status{}, ledgerFailure(err)
	}
	s := c.StatusOf(summary)
	c.noteOthers(ctx, store, summary.Identity.ID)
	if shared, is := store.(*sharedReading); is {
		if s, err = shared.status(ctx, s, summary.Identity.ID); err != nil || s.Running {
			return s, ledgerFailure(err)
		}
	}
	// Comparing would compete with the run for the sheet and the processor.
	if isGoing(store) {
		return c.withProgress(s), nil
	}
	if compare {
		if found := c.compare(ctx, store); found != nil {
			tally := found.tally()
			s.Changed = tally.Changed
			s.Tally = &tally
			s.Approval = found.approval
			if found.unsound != nil {
				c.note("note: %v", found.unsound)
			}
		}
	}
	return s, ledgerFailure(ledger.Stopped(ctx))
}

// withProgress adds the progress that the running process has written last.
func (c *Campaign) withProgress(s Status) Status {
	if run, err := c.runningStatus(nil); err == nil {
		s.Held = run.Held
		s.Progress = run.Progress
	}
	s.Running = true
	return s
}

// runningStatus reads the file that a run writes every second.
func (c *Campaign) runningStatus(locked error) (s Status, err error) {
	data, err := atomicfile.Read(c.path(statusFile), mostStatus)
	if errors.Is(err, fs.ErrNotExist) {
		return s, locked
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fail(Bug, fmt.Errorf("read status: %w", err), "ask again: a run writes it anew every second")
	}
	s.Running = true
	return s, nil
}

// Row returns the entry of the row with a key: its state, what it cost, and its
// history.
func (c *Campaign) Row(ctx context.Context, key string) (ledger.Entry, error) {
	store, err := c.peekExisting(ctx)
	if err != nil {
		return ledger.Entry{}, err
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return ledger.Entry{}, ledgerFailure(err)
	}
	entry, err := ledger.Find(ctx, store, key, ledger.PurgedKey(summary.Identity.ID, key))
	if err == nil && entry.Key == "" {
		return entry, fail(Usage, fmt.Errorf("the ledger has no row with the key %q", key), c.whereKeysAre(ctx, store, key))
	}
	return entry, ledgerFailure(err)
}
