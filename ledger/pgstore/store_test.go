package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// shared is the cluster that most tests share, each with a database of its own. It is
// started for the first of them.
type shared struct {
	once    sync.Once
	cluster *pgtest.Cluster
	err     error
}

var server shared

// get starts the cluster, or skips the test where there is no PostgreSQL.
func (s *shared) get(t testing.TB) *pgtest.Cluster {
	t.Helper()
	s.once.Do(func() { s.cluster, s.err = pgtest.Start() })
	if errors.Is(s.err, pgtest.ErrMissing) {
		t.Skip("SKIPPED: ", s.err)
	}
	must(t, s.err)
	return s.cluster
}

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := child(url, os.Getenv(childLedger)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if server.cluster != nil {
		if err := server.cluster.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// database makes a database with the tables of a ledger, and returns its address.
func database(t testing.TB) string {
	t.Helper()
	url := server.get(t).Database(t)
	must(t, pgstore.Migrate(t.Context(), url))
	return url
}

// dial opens a database until the test ends.
func dial(t testing.TB, url string) *pgstore.DB {
	t.Helper()
	db, err := pgstore.Dial(t.Context(), url, pgstore.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// leased is a store under its lease, which ends with it.
type leased struct {
	ledger.Lease
	store *pgstore.Store
}

func (l leased) Close() error {
	return errors.Join(l.Release(context.Background()), l.store.Close())
}

// TestIsAStore holds the store to the suite of all stores, in the hands of the process
// that drives.
func TestIsAStore(t *testing.T) {
	url := database(t)
	db := dial(t, url)
	last := ""
	ledgertest.Run(t, func(t *testing.T, dir string) ledger.Store {
		if dir != last {
			setAside(t, url)
			last = dir
			s, err := db.Create(t.Context(), "campaign", ledgertest.Identity())
			must(t, err)
			must(t, s.Close())
		}
		return drive(t, db, dir)
	})
}

// drive opens the ledger of a database and takes its lease.
func drive(t testing.TB, db *pgstore.DB, account string) leased {
	t.Helper()
	s, err := db.Open(t.Context(), "campaign", pgstore.OpenOptions{})
	must(t, err)
	l, err := s.Acquire(t.Context(), ledger.Drive{Who: "test", Account: account, TTL: time.Minute})
	must(t, err)
	return leased{l, s}
}

// setAside gives earlier ledgers other names and ids: those of the suite have the same.
func setAside(t testing.TB, url string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer c.Close(t.Context())
	_, err = c.Exec(t.Context(), "update reelmerge.ledger set id = id || '-' || no, name = name || '-' || no where name = 'campaign'")
	must(t, err)
}
