// Package databases opens PostgreSQL for package reelmerge, which knows databases only as an
// interface and links no driver.
package databases

import (
	"context"
	"errors"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// Dial opens a database by its address.
func Dial(ctx context.Context, url string) (reelmerge.Database, error) {
	db, err := pgstore.Dial(ctx, url, pgstore.Options{})
	if err != nil {
		return nil, cured(err)
	}
	return database{db}, nil
}

// Migrate brings the tables of a database up to date.
func Migrate(ctx context.Context, url string) error { return cured(pgstore.Migrate(ctx, url)) }

// Check says what a database is like, and what is wrong with it.
func Check(ctx context.Context, url string) (*pgstore.Report, error) {
	r, err := pgstore.Check(ctx, url)
	return r, cured(err)
}

// cured gives a fault of a database its cure.
func cured(err error) error {
	fault, is := errors.AsType[*pgstore.Fault](err)
	switch {
	case is:
		return &reelmerge.Error{Cause: reelmerge.BadLedger, Err: fault, Hint: fault.Cure}
	case errors.Is(err, pgstore.ErrUnfinished):
		return &reelmerge.Error{Cause: reelmerge.BadLedger, Err: err, Hint: "copy it again:", Next: []reelmerge.Step{{Verb: "ledger import"}}}
	}
	return err
}

// database is PostgreSQL as a [reelmerge.Database].
type database struct{ *pgstore.DB }

// Create implements [reelmerge.Database].
func (d database) Create(ctx context.Context, name string, id ledger.Identity) (reelmerge.SharedStore, error) {
	return opened(d.DB.Create(ctx, name, id))
}

// Open implements [reelmerge.Database].
func (d database) Open(ctx context.Context, name string, known reelmerge.Known) (reelmerge.SharedStore, error) {
	return opened(d.DB.Open(ctx, name, pgstore.OpenOptions(known)))
}

// OpenReadOnly implements [reelmerge.Database].
func (d database) OpenReadOnly(ctx context.Context, name string, known reelmerge.Known) (reelmerge.SharedStore, error) {
	return opened(d.DB.OpenReadOnly(ctx, name, pgstore.OpenOptions(known)))
}

// opened keeps a nil store out of an interface, where it would not be nil.
func opened(store *pgstore.Store, err error) (reelmerge.SharedStore, error) {
	if err != nil {
		return nil, cured(err)
	}
	return store, nil
}
