package reelmerge

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

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/peek"
)

// The files of the ledger in the output folder; see [backupFile] and [statusFile].
const (
	ledgerFile = "ledger.db"
	runFile    = "run.json"
)

// rowsAtOnce is the number of rows that a command changes with one durable write. More
// would make one write slow; fewer would make a thousand rows slow.
const rowsAtOnce = 512

// Store is an open ledger. The caller closes it.
type Store interface {
	ledger.Store
	io.Closer
}

// Stores opens the ledger of one campaign, wherever it is kept. A ledger of another
// identity is refused with [ledger.ErrOther]; the other errors are those of package
// ledger.
type Stores interface {
	// Exists reports whether there is a ledger, also one that cannot be used.
	Exists(context.Context) (bool, error)
	// Create begins a ledger.
	Create(context.Context, ledger.Identity) (Store, error)
	// Open opens a ledger for writing. Older has it opened although it may be an earlier
	// copy of itself.
	Open(ctx context.Context, id *ledger.Identity, older bool) (Store, error)
	// OpenReadOnly opens a ledger for reading. It is an error that matches
	// [fs.ErrNotExist] where there is none.
	OpenReadOnly(ctx context.Context, id *ledger.Identity) (Store, error)
}

// boltFile is the path of a ledger in a file.
type boltFile string

// boltFiles keeps the ledger in a folder.
func boltFiles(folder string) Stores { return boltFile(filepath.Join(folder, ledgerFile)) }

// Exists implements [Stores].
func (f boltFile) Exists(context.Context) (bool, error) { return boltstore.Exists(string(f)) }

// Create implements [Stores].
func (f boltFile) Create(_ context.Context, id ledger.Identity) (Store, error) {
	return f.served(boltstore.Create(string(f), id))
}

// Open implements [Stores].
func (f boltFile) Open(_ context.Context, id *ledger.Identity, older bool) (Store, error) {
	return f.served(boltstore.Open(string(f), boltstore.Options{Identity: id, Older: older}))
}

// OpenReadOnly implements [Stores].
func (f boltFile) OpenReadOnly(ctx context.Context, id *ledger.Identity) (Store, error) {
	return f.read(ctx, id)
}

// served lets other processes read a ledger that this process has opened. If that is not
// possible, they are told that it is in use: reading is a convenience, and no reason to
// stop.
func (f boltFile) served(store *boltstore.Store, err error) (Store, error) {
	if err != nil {
		return nil, err
	}
	// The server lives as long as the store, not as long as the call that opened it.
	server, err := peek.Serve(context.Background(), store, filepath.Join(filepath.Dir(string(f)), peekFile))
	if err != nil {
		return store, nil
	}
	return servedFile{store, server}, nil
}

// servedFile is a ledger in a file, with the server for its readers.
type servedFile struct {
	*boltstore.Store
	server *peek.Server
}

// Close ends the server first, so that no reader asks a closed ledger.
func (s servedFile) Close() error { return errors.Join(s.server.Close(), s.Store.Close()) }

// opened keeps a nil *Store out of an interface, where it would not be nil.
func opened(store *boltstore.Store, err error) (Store, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
}

// keeperOf returns the store as a [ledger.Keeper], or an error if it cannot copy its
// ledger.
func keeperOf(store ledger.Store) (ledger.Keeper, error) {
	keeper, keeps := store.(ledger.Keeper)
	if !keeps {
		return nil, notKept()
	}
	return keeper, nil
}

// notKept is the error of an operation on the files of a ledger that is in none.
func notKept() error {
	return fail(Usage, errors.New("the ledger is not kept in a file, and cannot be purged or restored so"), "do it where it is kept")
}

// identity says for which service the ledger of this campaign is. A ledger of another
// service is refused: its rows were bought elsewhere.
func (c *Campaign) identity() *ledger.Identity {
	return &ledger.Identity{Provider: c.service.Name, BaseURL: c.ledgerURL(), Sandbox: c.simulated()}
}

// ledgerURL is the address that a ledger is of. That of the test mode has a mark, since its
// rows were not bought.
func (c *Campaign) ledgerURL() string {
	if c.IsTest() && !c.simulated() {
		return c.baseURL() + "#test"
	}
	return c.baseURL()
}

// baseURL is the address of the service. The embedded simulator has no lasting one.
func (c *Campaign) baseURL() string {
	switch {
	case c.file.Provider.Sandbox.On:
		return ""
	case c.file.Provider.BaseURL != "":
		return c.file.Provider.BaseURL
	}
	return c.service.BaseURL
}

// openLedger opens the ledger for writing, after a backup of it. Where there never was
// one, it calls confirm and creates it: with an empty ledger every row would be paid.
func (c *Campaign) openLedger(ctx context.Context, confirm func() error) (Store, error) {
	exists, err := c.stores().Exists(ctx)
	if err != nil {
		return nil, c.openFailure(err)
	}
	if err := c.makeFolder(exists); err != nil {
		return nil, err
	}
	if err := c.vetFolder(exists); err != nil {
		return nil, err
	}
	// A ledger that was there and is gone is an error of Exists, so nothing here can
	// replace one.
	if !exists {
		if err := confirm(); err != nil {
			return nil, err
		}
		return c.createLedger(ctx)
	}
	store, err := c.stores().Open(ctx, c.identity(), false)
	if err != nil {
		return nil, c.openFailure(err)
	}
	// The backup is made while the lock is held and before the first change: it is the
	// state to go back to if this operation damages the ledger.
	if err := c.backUp(ctx, store); err != nil {
		store.Close()
		return nil, err
	}
	c.sweep()
	return store, nil
}

// isLedgerFile reports whether a file has a name that the program needs for the ledger or
// the simulator.
func isLedgerFile(path string) bool {
	switch filepath.Base(path) {
	case ledgerFile, backupFile, runFile, peekFile, sandboxFile, statusFile, inventory.Name:
		return true
	}
	return false
}

// backUp copies the ledger to ledger.bak. If that is a file of something else, it is an
// error and the file stays. A store without a [ledger.Keeper] has its copies elsewhere.
func (c *Campaign) backUp(ctx context.Context, store ledger.Store) error {
	keeper, keeps := store.(ledger.Keeper)
	if !keeps {
		return nil
	}
	summary, err := store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	path := c.path(backupFile)
	if atomicfile.IsThere(path) && !isCopyOf(summary.Identity.ID, path) {
		return fail(BadLedger, fmt.Errorf("%q is left as it is: it is no copy of this ledger, and that belongs there", path), "move that file elsewhere and run the command again")
	}
	if err := keeper.Backup(ctx, path); err != nil {
		return ledgerFailure(fmt.Errorf("back up ledger: %w", err))
	}
	return nil
}

// makeFolder makes the output folder, if it is needed: a ledger in a database may be there
// before the folder is.
func (c *Campaign) makeFolder(needed bool) error {
	if !needed {
		return nil
	}
	err := os.MkdirAll(c.folder(), 0o700)
	if err == nil || blocking(err) != "" {
		return ledgerFailure(err)
	}
	return fail(BadLedger, fmt.Errorf("create output folder: %w", err), "choose a folder that you may write under output: dir")
}

// createLedger begins the inventory of the folder before the ledger: files that are there
// now are not outputs of the new ledger, and a purge must leave them.
func (c *Campaign) createLedger(ctx context.Context) (Store, error) {
	if err := c.makeFolder(true); err != nil {
		return nil, err
	}
	if err := c.beginInventory(); err != nil {
		return nil, err
	}
	id := c.identity()
	id.ID = rand.Text()
	id.Created = time.Now().UTC()
	store, err := c.stores().Create(ctx, *id)
	if errors.Is(err, fs.ErrExist) && c.shares() { // another machine was faster
		return nil, fail(Locked, err, "another machine began it at this moment; run the command again")
	}
	return store, ledgerFailure(err)
}

// peek opens the ledger for reading; it is nil when there is none yet.
func (c *Campaign) peek(ctx context.Context) (Store, error) {
	store, err := c.stores().OpenReadOnly(ctx, c.identity())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, c.openFailure(err)
	}
	return store, nil
}

// peekExisting opens a ledger for reading that must be there.
func (c *Campaign) peekExisting(ctx context.Context) (Store, error) {
	store, err := c.peek(ctx)
	if err == nil && store == nil {
		err = c.notRunYet()
	}
	return store, err
}

// existing opens a ledger for writing that must be there.
func (c *Campaign) existing(ctx context.Context) (Store, error) {
	return c.openLedger(ctx, c.notRunYet)
}

// notRunYet is the error of a command about sent rows when none was ever sent.
func (c *Campaign) notRunYet() error {
	if c.onSimulator() {
		return fail(Usage, fmt.Errorf("campaign %q has not run yet, but on the simulator", c.file.Name), "add --sandbox for what the simulator made")
	}
	return fail(Usage, fmt.Errorf("campaign %q has not run yet", c.file.Name), "there is nothing to show or to change; its videos are made with:", next("run"))
}

// onSimulator reports whether a campaign for real videos has run on the simulator.
func (c *Campaign) onSimulator() bool {
	if c.IsTest() {
		return false
	}
	there, err := boltFiles(filepath.Join(c.file.Output.Dir, sandboxFolder)).Exists(context.Background())
	return err == nil && there
}
