package reelmerge

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelmerge/reelmerge/ledger"
)

// importer is a [Database] that takes over ledgers from elsewhere.
type importer interface {
	// Import copies a ledger. Until Finish it cannot be opened. A copy that was broken off is
	// begun anew.
	Import(ctx context.Context, name string, from ledger.Store) error
	// Finish makes a copy one that can be opened; it may be called again.
	Finish(ctx context.Context, name string) error
}

// mover is a store that can be marked as one whose ledger is elsewhere now.
type mover interface {
	Move(ctx context.Context, to ledger.MovedError) error
}

// Import moves the ledger of this campaign from its file to the database: it is copied, the
// file is marked, durably, and only then the copy can be opened. So there is never a moment
// with two ledgers that can be driven. An import that was killed is done again, and goes on.
func (c *Campaign) Import(ctx context.Context, yes bool) error {
	if !c.shares() {
		return fail(Usage, errors.New("no database is named"), "add --store with its address, or store: to the campaign")
	}
	const risk = "the ledger moves to the database, and its file is refused from then on"
	if err := c.seek(ctx, yes, risk, Question{About: Forever, Text: risk + ". Go on?", Otherwise: "nothing was changed"}); err != nil {
		return err
	}
	return sharedLedger{c}.with(ctx, func(db Database) error {
		into, is := db.(importer)
		if !is {
			return fail(Usage, errors.New("this database takes over no ledgers"), "")
		}
		if err := c.moveInto(ctx, into); err != nil {
			return err
		}
		return ledgerFailure(into.Finish(ctx, c.ledgerName()))
	})
}

// moveInto copies the ledger and marks its file, unless that is done already.
func (c *Campaign) moveInto(ctx context.Context, into importer) error {
	to := ledger.MovedError{Store: c.storeShown(), Ledger: c.ledgerName()}
	store, err := boltFiles(c.folder()).Open(ctx, c.identity(), false)
	if moved, is := errors.AsType[*ledger.MovedError](err); is && *moved == to {
		return c.keepMoved()
	}
	if err != nil {
		return c.openFailure(err)
	}
	summary, err := store.Summary(ctx)
	if err == nil {
		err = into.Import(ctx, to.Ledger, store)
	}
	if err == nil {
		err = store.(mover).Move(ctx, to)
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return c.taken(fmt.Errorf("move the ledger to the database: %w", err))
	}
	return c.keepWhereabouts(whereabouts{Ledger: summary.Identity})
}

// keepMoved has run.json name the database, where an import was killed before it did. The file
// of the ledger says already where it is.
func (c *Campaign) keepMoved() error {
	w, err := c.readWhereabouts()
	if err != nil || w.Store != "" {
		return err
	}
	return c.keepWhereabouts(whereabouts{Ledger: w.Ledger})
}
