package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// inAFile makes a ledger in a file, with rows in all kinds of states.
func inAFile(t *testing.T, rows int) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Create(t.TempDir()+"/ledger.db", ledgertest.Identity())
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	fill(t, s, rows)
	return s
}

// fill takes rows to different states.
func fill(t *testing.T, s ledger.Store, rows int) {
	t.Helper()
	var plans []ledger.Change
	for i := range rows {
		plans = append(plans, ledger.Change{Key: fmt.Sprint("row ", i), Event: ledgertest.Plan(fmt.Sprint("row ", i), 1)})
	}
	_, err := s.Apply(t.Context(), plans...)
	must(t, err)
	for i, events := range [][]ledger.Event{
		{intend(ledger.Entry{}).Event},
		{intend(ledger.Entry{}).Event, submit("one")},
		{intend(ledger.Entry{}).Event, submit("two"), {Kind: ledger.Succeed, At: ledgertest.Start()}, again()},
		{intend(ledger.Entry{}).Event, {Kind: ledger.Lose, At: ledgertest.Start(), Reason: "lost"}},
	} {
		apply(t, s, fmt.Sprint("row ", i), events...)
	}
	must(t, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start(), Rows: rows + 1, Entries: rows, Filtered: []int{9}}))
}

func again() ledger.Event {
	again := ledgertest.Plan("again", 2)
	again.By = ledger.ByPerson
	return again
}

// contents are the entries, the summary and the intents of a store.
type contents struct {
	Entries []ledger.Entry
	Summary ledger.Summary
	Intents []time.Time
}

func all(t *testing.T, s ledger.Store) (c contents) {
	t.Helper()
	for e, err := range s.Entries(t.Context(), ledger.Query{}) {
		must(t, err)
		c.Entries = append(c.Entries, e)
	}
	var err error
	c.Summary, err = s.Summary(t.Context())
	must(t, err)
	c.Intents, err = s.Intents(t.Context(), time.Time{})
	must(t, err)
	return c
}

func same(t *testing.T, want, got contents) {
	t.Helper()
	none := cmpopts.IgnoreMapEntries(func(_ ledger.State, n int) bool { return n == 0 })
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), none); diff != "" {
		t.Errorf("the copy differs (-want +got):\n%s", diff)
	}
}

// failing is a store that fails at one of its calls.
type failing struct {
	ledger.Store
	entries int // after so many; negative: never
	intents bool
}

var errBroken = errors.New("killed here")

func (f failing) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		n := 0
		for e, err := range f.Store.Entries(ctx, q) {
			if n == f.entries {
				yield(e, errBroken)
				return
			}
			if n++; !yield(e, err) {
				return
			}
		}
	}
}

func (f failing) Intents(ctx context.Context, since time.Time) ([]time.Time, error) {
	if f.intents {
		return nil, errBroken
	}
	return f.Store.Intents(ctx, since)
}

// TestAnImportIsWholeOrBegunAnew breaks it off at each step. What is left cannot be
// driven, and the next attempt goes by the ledger as it is then.
func TestAnImportIsWholeOrBegunAnew(t *testing.T) {
	const rows = 600
	db := dial(t, database(t))
	from := inAFile(t, rows)
	for i, f := range []failing{{from, 0, false}, {from, 1, false}, {from, rows - 1, false}, {from, -1, true}} {
		if err := db.Import(t.Context(), "campaign", f); !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		unfinished(t, db)
		apply(t, from, fmt.Sprint("new ", i), ledgertest.Plan(fmt.Sprint("new ", i), 1))
	}
	must(t, db.Import(t.Context(), "campaign", from))
	unfinished(t, db)
	must(t, db.Import(t.Context(), "campaign", from)) // killed before the old one was marked
	must(t, db.Finish(t.Context(), "campaign"))
	must(t, db.Finish(t.Context(), "campaign"))
	s, err := db.Open(t.Context(), "campaign", pgstore.OpenOptions{ID: ledgertest.Identity().ID})
	must(t, err)
	checked(t, s)
	same(t, all(t, from), all(t, s))
	l := take(t, s, "test", "acme")
	apply(t, l, "row 9", intend(ledger.Entry{}).Event)
	if _, err := l.Apply(t.Context(), ledger.Change{Key: "row 9", Version: 2, Event: submit("two")}); !errors.Is(err, ledger.ErrTaken) {
		t.Errorf("the ticket of an earlier attempt was not copied: %v", err)
	}
	for _, name := range []string{"campaign", "another"} {
		if err := db.Import(t.Context(), name, from); !errors.Is(err, fs.ErrExist) {
			t.Errorf("import as %q over a ledger in use: %v", name, err)
		}
	}
}

func unfinished(t *testing.T, db *pgstore.DB) {
	t.Helper()
	if _, err := db.Open(t.Context(), "campaign", pgstore.OpenOptions{}); !errors.Is(err, pgstore.ErrUnfinished) {
		t.Errorf("open = %v, want that it is unfinished", err)
	}
	id := ledgertest.Identity()
	if _, err := db.Create(t.Context(), "campaign", id); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create = %v, want that there is one", err)
	}
}

// TestAPurgedLedgerHoldsNoValue looks for canaries in a dump of the database, before and after
// a purge.
func TestAPurgedLedgerHoldsNoValue(t *testing.T) {
	const canary = "canary-9f3"
	url := database(t)
	s, err := dial(t, url).Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	checked(t, s)
	l := take(t, s, "test", "acme")
	fill(t, l, 5)
	key := canary + strings.Repeat("k", 300)
	plan := ledgertest.Plan(key, 1)
	plan.Content.Payload = []byte(`{"name":"` + canary + `"}`)
	apply(t, l, key, plan, intend(ledger.Entry{}).Event, submit("job"), ledger.Event{Kind: ledger.Fail, At: ledgertest.Start(), Reason: "no"})
	must(t, s.Record(t.Context(), ledger.Run{Rows: 1, Removed: []string{key}, Refused: []ledger.Refusal{{Key: "refused " + canary, Reason: "bad"}}}))
	must(t, s.Document(t.Context(), ledger.DocumentOf("test", "sheet"), func(ledger.Desk) ([]byte, error) { return []byte(canary), nil }))
	must(t, s.Document(t.Context(), "shared", func(ledger.Desk) ([]byte, error) { return []byte("stays"), nil }))
	if n := dumped(t, url, canary); n == 0 {
		t.Fatal("the dump does not show the canary before the purge: the test is broken")
	}
	apply(t, s, key, ledger.Event{Kind: ledger.Purge, At: ledgertest.Start(), By: ledger.ByPerson})
	before := s.Commits()
	must(t, s.Purge(t.Context(), func(key string) bool { return strings.HasPrefix(key, "refused") }))
	if n := dumped(t, url, canary); n != 0 {
		t.Errorf("%d places of the dump have the canary", n)
	}
	if dumped(t, url, fmt.Sprintf("%x", "stays")) == 0 {
		t.Error("a document of the account is gone")
	}
	if s.Commits() <= before {
		t.Error("a purge is no commit: an earlier copy would not be found out")
	}
	if problems, err := s.Verify(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v %v", problems, err)
	}
	hashed := ledger.PurgedKey("test", key)
	for e, err := range s.Entries(t.Context(), ledger.Query{Keys: []string{hashed}}) {
		if must(t, err); e.Key == hashed && e.Purged {
			return
		}
	}
	t.Error("the purged row is not found under its hash")
}

// dumped counts the lines of a dump that have a text, as it is or in hexadecimal.
func dumped(t *testing.T, url, text string) (n int) {
	t.Helper()
	dump, err := server.get(t).Output("pg_dump", "-d", url)
	must(t, err)
	for line := range strings.Lines(string(dump)) {
		if strings.Contains(line, text) || strings.Contains(line, fmt.Sprintf("%x", text)) {
			n++
		}
	}
	return n
}
