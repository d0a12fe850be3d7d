package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// The files of the ledger in the output folder; see [backupFile] and [statusFile].
const (
	ledgerFile = "ledger.db"
	runFile    = "run.json"
)

// rowsAtOnce is how many rows a command changes with one write that is durable.
const rowsAtOnce = 512

// openLedger is a ledger that was opened, and is to be closed.
type openLedger interface {
	ledger.Store
	io.Closer
}

// keeperOf is the store as one that keeps copies of its ledger.
func keeperOf(store ledger.Store) (ledger.Keeper, error) {
	keeper, keeps := store.(ledger.Keeper)
	if !keeps {
		return nil, fail(exitUsage, errors.New("the ledger is not kept in a file, and cannot be purged or restored so"), "do it where it is kept")
	}
	return keeper, nil
}

// ledgerFailure turns an error of the ledger into the exit code and the hint
// that fit it. Whatever it is, nothing more is sent.
func ledgerFailure(err error) error {
	var locked *ledger.LockedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrStopped):
		return exit(causeCode(err))
	case errors.As(err, &locked):
		return fail(exitLocked, err, "wait until it is done, or stop it; reelmerge status shows where it stands")
	case errors.Is(err, ledger.ErrOther):
		return fail(exitLedger, err, "set another output: dir for it, or change the provider back; the rows of the old one stay paid there")
	case errors.Is(err, ledger.ErrForeign):
		return fail(exitLedger, err, "put the ledger.db of this campaign back, as it was; reelmerge ledger restore makes do with an earlier copy")
	case errors.Is(err, ledger.ErrMissing):
		return fail(exitLedger, err, "put the ledger.db of this campaign back, as it was; a new one would buy every row again, and reelmerge ledger restore makes do with an earlier copy")
	case errors.Is(err, ledger.ErrOlder):
		return fail(exitLedger, err, "put the latest ledger.db back; if there is none, reelmerge ledger restore has what may have been sent since decided by you")
	case errors.Is(err, ledger.ErrUnproven):
		return fail(exitLedger, err, "put the run.json of this folder back, as it was; without it, reelmerge ledger restore has what may have been sent since decided by you, and with --latest takes your word that this is the latest copy")
	case errors.Is(err, ledger.ErrCorrupt):
		return fail(exitLedger, err, "see what is broken with reelmerge ledger verify; reelmerge ledger restore makes do with ledger.bak, which is as of the start of the last run")
	case errors.Is(err, ledger.ErrNewer):
		return fail(exitLedger, err, "use the version of reelmerge that wrote it, or a later one")
	case errors.Is(err, boltstore.ErrLockFile):
		return fail(exitLedger, err, "move that file elsewhere and run the command again")
	case errors.Is(err, boltstore.ErrNetwork):
		return fail(exitLedger, err, "choose a local folder under output: dir")
	}
	return fail(exitLedger, err, "nothing more was sent; run again when the disk is well: the next start reads what is really there")
}

// identity is what the ledger of this campaign is for.
func (s *setup) identity() *ledger.Identity {
	return &ledger.Identity{Provider: s.service.Name, BaseURL: s.baseURL(), Sandbox: s.Provider.Sandbox.On}
}

// baseURL is where the service is; the embedded simulator has no lasting address.
func (s *setup) baseURL() string {
	switch {
	case s.Provider.Sandbox.On:
		return ""
	case s.Provider.BaseURL != "":
		return s.Provider.BaseURL
	}
	return s.service.BaseURL
}

// openBooks opens the ledger for writing, or creates it where there never was
// one: confirm is asked first.
func (s *setup) openBooks(ctx context.Context, confirm func() error) (openLedger, error) {
	path := s.path(ledgerFile)
	exists, err := boltstore.Exists(path)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	if err := s.vetFolder(exists); err != nil {
		return nil, err
	}
	if !exists {
		if err := confirm(); err != nil {
			return nil, err
		}
		return s.createBooks(path)
	}
	store, err := boltstore.Open(path, boltstore.Options{Identity: s.identity()})
	if err != nil {
		return nil, ledgerFailure(err)
	}
	if err := s.backUp(ctx, store); err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

// backUp copies the ledger to ledger.bak, unless that is something else. A store that
// does not keep copies has them elsewhere.
func (s *setup) backUp(ctx context.Context, store ledger.Store) error {
	keeper, keeps := store.(ledger.Keeper)
	if !keeps {
		return nil
	}
	summary, err := store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	path := s.path(backupFile)
	if isThere(path) && !isCopyOf(summary.Identity.ID, path) {
		return fail(exitLedger, fmt.Errorf("%q is left as it is: it is no copy of this ledger, and that belongs there", path), "move that file elsewhere and run the command again")
	}
	if err := keeper.Backup(ctx, path); err != nil {
		return ledgerFailure(fmt.Errorf("back up ledger: %w", err))
	}
	return nil
}

func (s *setup) createBooks(path string) (openLedger, error) {
	if err := os.MkdirAll(s.folder(), 0o700); err != nil {
		return nil, fail(exitLedger, fmt.Errorf("create output folder: %w", err), "choose a folder that you may write under output: dir")
	}
	if err := s.beginInventory(); err != nil { // first: files that are there already are not the new ledger's
		return nil, err
	}
	id := s.identity()
	id.ID, id.Created = rand.Text(), time.Now().UTC()
	store, err := boltstore.Create(path, *id)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	return store, nil
}

// peekBooks opens the ledger for reading; it is nil when there is none yet.
func (s *setup) peekBooks() (openLedger, error) {
	store, err := boltstore.OpenReadOnly(s.path(ledgerFile), boltstore.Options{Identity: s.identity()})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, ledgerFailure(err)
	}
	return store, nil
}

// existingBooks opens a ledger that must be there.
func (s *setup) existingBooks(ctx context.Context) (openLedger, error) {
	return s.openBooks(ctx, s.notRunYet)
}

// notRunYet ends a command about what was sent, when nothing was.
func (s *setup) notRunYet() error {
	if s.onSimulator() {
		return fail(exitUsage, fmt.Errorf("campaign %q has not run yet, but on the simulator", s.Name), "add --sandbox for what the simulator made")
	}
	return fail(exitUsage, fmt.Errorf("campaign %q has not run yet", s.Name), "there is nothing to show or to change; its videos are made with: "+s.command("run"))
}

// onSimulator reports whether a campaign that is for real ran on the simulator.
func (s *setup) onSimulator() bool {
	if s.isTest() {
		return false
	}
	there, err := boltstore.Exists(filepath.Join(s.Output.Dir, sandboxFolder, ledgerFile))
	return err == nil && there
}
