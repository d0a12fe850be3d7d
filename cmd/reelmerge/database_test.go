package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/reelmerge/reelmerge/internal/databases"
	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// started is the PostgreSQL that tests share, each with a database of its own; nil until the
// first one asks for it.
var started *pgtest.Cluster

var server = sync.OnceValues(func() (_ *pgtest.Cluster, err error) {
	started, err = pgtest.Start()
	return started, err
})

// newDatabase makes an empty database, and returns its address.
func newDatabase(t testing.TB) string {
	t.Helper()
	c, err := server()
	if errors.Is(err, pgtest.ErrMissing) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Database(t)
}

// migrated makes a database that has the tables of ledgers.
func migrated(t testing.TB) string {
	t.Helper()
	url := newDatabase(t)
	if err := databases.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

// hasServer reports for scripts whether there is PostgreSQL: [!postgres] skip.
func hasServer(condition string) (bool, error) {
	if condition != "postgres" {
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	_, err := server()
	if errors.Is(err, pgtest.ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// scriptDatabase makes an empty database for a script: database.
func scriptDatabase(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("REELMERGE_STORE", newDatabase(ts.Value(scriptTest{}).(testing.TB)))
}

// scriptSQL changes the database of a script: sql 'STATEMENT'.
func scriptSQL(ts *testscript.TestScript, _ bool, args []string) {
	c, err := server()
	ts.Check(err)
	url := ts.Getenv("REELMERGE_STORE")
	name, _, _ := strings.Cut(url[strings.LastIndex(url, "/")+1:], "?")
	ts.Check(c.Exec(ts.Value(scriptTest{}).(testing.TB).Context(), name, args[0]))
}

// scriptService plays the services at an address, so that campaigns are paid: service.
func scriptService(ts *testscript.TestScript, _ bool, _ []string) {
	bank, err := sandbox.New(sandbox.Options{Render: 20 * time.Millisecond})
	ts.Check(err)
	service := httptest.NewServer(bank)
	ts.Defer(func() { service.Close(); _ = bank.Close() })
	ts.Setenv("SERVICE", service.URL)
}

// scriptTest is the key of a script's test among its values.
type scriptTest struct{}
