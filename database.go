package reelmerge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
)

// Database has ledgers that several machines share, each under a name. Its errors are those
// of package ledger, or an [Error] with a cure.
type Database interface {
	// Exists reports whether there is a ledger of a name, also one that cannot be used.
	Exists(ctx context.Context, name string) (bool, error)
	// Create begins a ledger. Where the name is taken, the error matches [fs.ErrExist].
	Create(ctx context.Context, name string, id ledger.Identity) (SharedStore, error)
	// Open opens a ledger for writing. Where there is none, the error matches
	// [fs.ErrNotExist].
	Open(ctx context.Context, name string, known Known) (SharedStore, error)
	// OpenReadOnly opens a ledger for reading.
	OpenReadOnly(ctx context.Context, name string, known Known) (SharedStore, error)
	io.Closer
}

// Known is what a campaign and its folder know of a ledger in a database.
type Known struct {
	Identity *ledger.Identity // that it must have, when set, but for its ID
	ID       string           // that it must have; empty: the folder does not know it
	Seen     uint64           // the commits that were seen; one with fewer is an earlier copy
	Older    bool             // such a copy is accepted, to be made good
}

// SharedStore is an open ledger of a [Database].
type SharedStore interface {
	Store
	ledger.Shared
	// Commits is how often the ledger was changed, as far as this process has seen.
	Commits() uint64
}

// stores keeps the ledger of this campaign. The simulator's is always a file: its memory is
// one as well.
func (c *Campaign) stores() Stores {
	switch {
	case c.options.Stores != nil:
		return c.options.Stores(c.folder())
	case c.shares():
		return sharedLedger{c}
	}
	return boltFiles(c.folder())
}

// shares reports whether the ledger is in a database.
func (c *Campaign) shares() bool { return !c.simulated() && !c.file.Store.URL.Empty() }

// ledgerName is the name of the ledger in a database. The test mode of a service has a
// ledger of its own.
func (c *Campaign) ledgerName() string {
	name := cmp.Or(c.file.Store.Ledger, c.file.Name)
	if c.IsTest() {
		name += " (test)"
	}
	return name
}

// sharedLedger is the ledger of a campaign in a database.
type sharedLedger struct{ campaign *Campaign }

// connect reaches the database.
func (l sharedLedger) connect(ctx context.Context) (Database, error) {
	c := l.campaign
	if c.options.Databases == nil {
		return nil, fail(Usage, errors.New("this program reaches no databases"), "leave store: out")
	}
	if field := c.file.WrittenOut(); field != "" && field != "store" && field != "store.url" {
		return nil, fail(Usage, fmt.Errorf("%s has the secret itself: a campaign whose ledger is in a database is kept there as well", field),
			"put it into an environment variable and write ${NAME} in the campaign")
	}
	url, problems := c.file.StoreURL(c.options.Getenv)
	if len(problems) > 0 {
		return nil, refused(problems)
	}
	db, err := c.options.Databases(ctx, url.Reveal())
	if err != nil {
		return nil, storeFailure(err)
	}
	return db, nil
}

// with hands the database to a question, and closes it again.
func (l sharedLedger) with(ctx context.Context, ask func(Database) error) error {
	db, err := l.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(ask(db), db.Close())
}

// Exists implements [Stores]. A ledger that this folder knows and that is not there any more
// is an error: a new one would buy every row again.
func (l sharedLedger) Exists(ctx context.Context) (there bool, _ error) {
	at, err := l.campaign.whereabouts()
	if err != nil {
		return false, err
	}
	err = l.with(ctx, func(db Database) (err error) {
		there, err = db.Exists(ctx, l.campaign.ledgerName())
		return err
	})
	if err == nil && !there && at.Ledger.ID != "" {
		err = fmt.Errorf("%w: the database has none called %q", ledger.ErrMissing, l.campaign.ledgerName())
	}
	return there, storeFailure(err)
}

// Create implements [Stores].
func (l sharedLedger) Create(ctx context.Context, id ledger.Identity) (Store, error) {
	return l.open(ctx, func(db Database) (SharedStore, error) {
		store, err := db.Create(ctx, l.campaign.ledgerName(), id)
		if err == nil {
			err = l.campaign.sign(ctx, store, id.ID)
		}
		return store, err
	}, false)
}

// Open implements [Stores].
func (l sharedLedger) Open(ctx context.Context, id *ledger.Identity, older bool) (Store, error) {
	at, err := l.campaign.whereabouts()
	if err != nil {
		return nil, err
	}
	return l.open(ctx, func(db Database) (SharedStore, error) {
		store, err := at.opened(ctx, at.known(id, older), func(known Known) (SharedStore, error) {
			return db.Open(ctx, l.campaign.ledgerName(), known)
		})
		if err == nil && at.Ledger.ID == "" {
			err = l.campaign.join(ctx, store)
		}
		return store, err
	}, older)
}

// OpenReadOnly implements [Stores]. Reading does no harm to a ledger that this folder does not
// know, so it is only said whose it is.
func (l sharedLedger) OpenReadOnly(ctx context.Context, id *ledger.Identity) (Store, error) {
	at, err := l.campaign.whereabouts()
	if err != nil {
		return nil, err
	}
	db, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	store, err := at.opened(ctx, at.known(id, false), func(known Known) (SharedStore, error) {
		return db.OpenReadOnly(ctx, l.campaign.ledgerName(), known)
	})
	if err != nil {
		return nil, errors.Join(l.campaign.taken(err), db.Close())
	}
	driver, err := store.Driver(ctx)
	if err == nil && at.Ledger.ID == "" {
		var made string
		if made, err = l.campaign.provenance(ctx, store); err == nil {
			l.campaign.note("note: %s", made)
		}
	}
	if err != nil {
		return nil, errors.Join(err, store.Close(), db.Close())
	}
	return &sharedReading{shared{store, db, nil}, driver}, nil
}

// open opens a ledger for writing, and keeps in run.json which one it is, unless it is an
// earlier copy that is not made good yet. The database is closed with it.
func (l sharedLedger) open(ctx context.Context, open func(Database) (SharedStore, error), older bool) (Store, error) {
	db, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	store, err := open(db)
	s := &shared{store, db, l.campaign}
	if older {
		s.campaign = nil
	} else if err == nil {
		err = s.remember(ctx)
	}
	if err == nil {
		return s, nil
	}
	if store != nil {
		err = errors.Join(err, store.Close())
	}
	return nil, errors.Join(l.campaign.taken(err), db.Close())
}

// shared is a ledger of a database, whose connections end with it.
type shared struct {
	SharedStore
	db       Database
	campaign *Campaign // nil: run.json stays as it is
}

// Close notes in run.json how often the ledger was changed.
func (s *shared) Close() error {
	var err error
	if s.campaign != nil {
		err = s.remember(context.Background())
	}
	return errors.Join(err, s.SharedStore.Close(), s.db.Close())
}

// Purge removes for good what events have purged.
func (s *shared) Purge(ctx context.Context, gone func(key string) bool) error {
	store, purges := s.SharedStore.(purger)
	if !purges {
		return notKept()
	}
	return store.Purge(ctx, gone)
}

// sharedReading is a ledger of a database that was opened for reading.
type sharedReading struct {
	shared
	driver ledger.Driver // when it was opened; zero: there was no driver
}

// whereabouts is run.json of a folder whose ledger is in a database: where it is, and how
// often it had been changed when this folder saw it last. A database that was put back to an
// earlier state is found out by that.
type whereabouts struct {
	Commits uint64          `json:"commits"`
	Time    time.Time       `json:"time,omitzero"` // when that was, by the clock of the database
	Store   string          `json:"store"`
	Name    string          `json:"name"`
	Ledger  ledger.Identity `json:"ledger"`
}

// known is what the folder knows of the ledger.
func (w whereabouts) known(id *ledger.Identity, older bool) Known {
	return Known{Identity: id, ID: w.Ledger.ID, Seen: w.Commits, Older: older}
}

// opened opens a ledger. An earlier copy is accepted if it was made good on another machine
// since this folder saw the ledger last.
func (w whereabouts) opened(ctx context.Context, known Known, open func(Known) (SharedStore, error)) (SharedStore, error) {
	store, err := open(known)
	if !errors.Is(err, ledger.ErrOlder) {
		return store, err
	}
	known.Older = true
	again, unopened := open(known)
	if unopened != nil {
		return nil, err
	}
	summary, unread := again.Summary(ctx)
	if unread != nil || summary.Run == nil || !summary.Run.Restored.After(w.Time) {
		return nil, errors.Join(err, again.Close())
	}
	return again, nil
}

// whereabouts reads run.json. A folder that has a ledger in a file is refused: with an empty
// one in the database, every row would be bought again.
func (c *Campaign) whereabouts() (w whereabouts, err error) {
	if w, err = c.readWhereabouts(); err != nil {
		return w, err
	}
	_, missing := os.Stat(c.path(ledgerFile))
	if w.Store == "" && (w.Ledger.ID != "" || missing == nil) {
		return w, fail(BadLedger, fmt.Errorf("the ledger of this campaign is a file in %q, and not in the database", c.folder()), "move it there:", next("ledger import"))
	}
	return w, nil
}

// readWhereabouts reads run.json as it is; the zero value where there is none.
func (c *Campaign) readWhereabouts() (w whereabouts, err error) {
	data, err := atomicfile.Read(c.path(runFile), mostStatus)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err != nil {
		err = fail(BadLedger, fmt.Errorf("read %q: %w", c.path(runFile), err), "put the run.json of this folder back, as it was")
	}
	return w, err
}

// remember writes run.json anew.
func (s *shared) remember(ctx context.Context) error {
	summary, err := s.Summary(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	return s.campaign.keepWhereabouts(whereabouts{Commits: s.Commits(), Time: s.Now().UTC(), Ledger: summary.Identity})
}

// keepWhereabouts writes run.json, with where the campaign's ledger is.
func (c *Campaign) keepWhereabouts(w whereabouts) error {
	w.Name, w.Store = c.ledgerName(), c.storeShown()
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(c.path(runFile), append(data, '\n'))
}

// storeShown is the address of the database without user and password, for people.
func (c *Campaign) storeShown() string {
	text, _ := c.file.StoreURL(c.options.Getenv)
	u, err := url.Parse(text.Reveal())
	if err != nil {
		return "the database"
	}
	return cmp.Or(u.Host, u.Query().Get("host"), "this machine") + "/" + strings.TrimPrefix(u.Path, "/")
}

// taken gives the error of a name that another campaign has its cure.
func (c *Campaign) taken(err error) error {
	if errors.Is(err, ledger.ErrOther) {
		return fail(BadLedger, fmt.Errorf("the name %q is taken in the database: %w", c.ledgerName(), err), "give the ledger another name: --set store.ledger=NAME, or store: {ledger: NAME} in the campaign")
	}
	return storeFailure(err)
}

// storeFailure gives an error of a database its cause and its cure, where it needs another
// one than that of a file.
func storeFailure(err error) error {
	var known *Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, ledger.ErrForeign):
		return fail(BadLedger, err, "the ledger of that name was made anew, or this is another database: give the address of the one that this folder knows, or another output: dir")
	case errors.Is(err, ledger.ErrMissing):
		return fail(BadLedger, err, "give the address of the database that has it, or put its backup back; a new ledger would buy every row again")
	case errors.Is(err, ledger.ErrOlder):
		return fail(BadLedger, err, "the database was put back to an earlier state, or this is a standby that was behind: use the latest one; if there is none, doubt what was sent since:", next("ledger restore"))
	case errors.Is(err, ledger.ErrUnavailable):
		return fail(BadLedger, err, "look whether the database runs, and run the command again; jobs go on at the service")
	}
	return err
}
