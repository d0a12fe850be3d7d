package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// recorder makes planned rows durable. After a restore it asks before a row is bought
// again that was sent before it: it may have been bought again already, after the copy
// was made.
type recorder struct {
	campaign *Campaign
	store    ledger.Store
	restored time.Time // zero: never
	accepted bool      // by a flag or an answer; a command asks once
}

func (c *Campaign) recorder(ctx context.Context, store ledger.Store, accepted bool) (*recorder, error) {
	summary, err := store.Summary(ctx)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	r := &recorder{campaign: c, store: store, accepted: accepted}
	if summary.Run != nil {
		r.restored = summary.Run.Restored
	}
	return r, nil
}

// record asks if it must, and then makes the changes durable. It is the planner's Record,
// so no row is planned without it.
func (r *recorder) record(ctx context.Context, changes ...ledger.Change) error {
	if !r.accepted && !r.restored.IsZero() {
		if err := r.ask(ctx, changes); err != nil {
			return err
		}
	}
	_, err := r.store.Apply(ctx, changes...)
	return err
}

// ask asks once about all rows for which the copy may have forgotten a video.
func (r *recorder) ask(ctx context.Context, changes []ledger.Change) error {
	forgotten, err := r.forgotten(ctx, changes)
	if err != nil || len(forgotten) == 0 {
		return err
	}
	text := fmt.Sprintf("an earlier copy of the ledger was restored on %s: %s, such as %q, may have been made again between that copy and then, and would be paid for once more",
		r.restored.Local().Format("2006-01-02 15:04"), wording.Plural(len(forgotten), "row"), wording.Clean(forgotten[0]))
	question := Question{About: Restored, Text: text + ". Plan them?", Rows: len(forgotten), Otherwise: "nothing was sent"}
	if !r.campaign.person() {
		return &Error{Cause: Undecided, Err: errors.New(text), Question: &question,
			Hint: "look for them at the service; add --accept-restored to pay for them nevertheless"}
	}
	if err := r.campaign.agree(ctx, question); err != nil {
		return err
	}
	r.accepted = true
	return nil
}

// forgotten returns the keys of rows that the changes plan again although their last
// attempt that the ledger knows was before the restore.
func (r *recorder) forgotten(ctx context.Context, changes []ledger.Change) (keys []string, err error) {
	var planned []string
	for _, c := range changes {
		if c.Event.Kind == ledger.Plan && c.Version > 0 {
			planned = append(planned, c.Key)
		}
	}
	if len(planned) == 0 {
		return nil, nil
	}
	for e, err := range r.store.Entries(ctx, ledger.Query{Keys: planned}) {
		if err != nil {
			return nil, err
		}
		if r.mayBeMore(e) {
			keys = append(keys, e.Key)
		}
	}
	return keys, nil
}

// mayBeMore reports whether a row may have a later attempt than the ledger knows: it was
// sent before the restore, and no person has decided about it since then.
func (r *recorder) mayBeMore(e ledger.Entry) bool {
	decided := e.By == ledger.ByPerson && e.SettledAt.After(r.restored)
	return e.State.Settled() && !e.IntendedAt.IsZero() && e.IntendedAt.Before(r.restored) && !decided
}

// sameHost asks whether a folder that was last used on another machine is no longer used
// there: two ledgers of one campaign would both pay. Without a person it is only a note,
// since containers get a new host name each time.
func (c *Campaign) sameHost(ctx context.Context, store ledger.Store, yes bool) error {
	keeper, keeps := store.(ledger.Keeper)
	if !keeps {
		return nil
	}
	host, at := keeper.Elsewhere()
	if host == "" {
		return nil
	}
	text := fmt.Sprintf("this folder was last used on %s at %s; if it is used there as well, or came back from a backup, videos may be paid for twice",
		wording.Clean(host), at.Local().Format("2006-01-02 15:04"))
	cure := "then first: " + c.Command("ledger restore", "--distrust")
	if c.file.Provider.Sandbox.On || yes || !c.person() {
		c.note("note: %s; %s", text, cure)
		return nil
	}
	return c.agree(ctx, Question{About: OtherHost, Text: text + ". Is this its place now, with all that was sent?", Otherwise: "nothing was sent; " + cure})
}
