package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// load has callers take rows through their lives, and notes what was answered.
type load struct {
	t     *testing.T
	store ledger.Store

	mu      sync.Mutex
	acked   map[string]uint64
	changes int
	refused []error
	harmed  int // how often
}

func (l *load) run(callers int, over <-chan struct{}) {
	l.acked = map[string]uint64{}
	var group sync.WaitGroup
	for c := range callers {
		group.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				default:
				}
				if !l.row(fmt.Sprintf("%d-%d", c, i)) {
					return
				}
			}
		})
	}
	group.Wait()
}

// row takes one row through its life. After an error it is not known what became of its
// change, so the caller ends.
func (l *load) row(key string) bool {
	version := uint64(0)
	for _, ev := range []ledger.Event{
		ledgertest.Plan(key, 1), intend(ledger.Entry{}).Event, submit("job " + key), {Kind: ledger.Succeed, At: ledgertest.Start()},
	} {
		after, err := l.store.Apply(context.WithoutCancel(l.t.Context()), ledger.Change{Key: key, Version: version, Event: ev})
		l.mu.Lock()
		if err != nil {
			l.refused = append(l.refused, err)
			l.mu.Unlock()
			return false
		}
		version = after[0].Version
		l.acked[key] = version
		l.changes++
		l.mu.Unlock()
	}
	return true
}

// survived wants a ledger to hold what was answered and nothing else.
func (l *load) survived(s *pgstore.Store) {
	l.t.Helper()
	kept := map[string]uint64{}
	for e, err := range s.Entries(l.t.Context(), ledger.Query{}) {
		must(l.t, err)
		kept[e.Key] = e.Version
	}
	for key, version := range l.acked {
		if kept[key] != version {
			l.t.Errorf("%q is at version %d, %d was answered", key, kept[key], version)
		}
	}
	if len(kept) != len(l.acked) {
		l.t.Errorf("%d rows are kept, %d were answered", len(kept), len(l.acked))
	}
	if problems, err := s.Verify(l.t.Context()); err != nil || len(problems) > 0 {
		l.t.Errorf("verify: %v %v", problems, err)
	}
}

// enough wants the test to have proved something.
func (l *load) enough() {
	l.t.Helper()
	if l.changes < 50 {
		l.t.Errorf("%d changes are too few to prove anything", l.changes)
	}
	l.t.Logf("%d changes, broken %d times", l.changes, l.harmed)
}

// behind makes a ledger through a proxy, and opens it without one.
func behind(t *testing.T, url string, patience time.Duration) (driven leased, direct *pgstore.Store, p *proxy) {
	t.Helper()
	p = newProxy(t, url)
	db, err := pgstore.Dial(t.Context(), p.url, pgstore.Options{Patience: patience})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	s, err := db.Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	l, err := s.Acquire(t.Context(), ledger.Drive{Who: "test", Account: "acme", TTL: time.Minute})
	must(t, err)
	driven = leased{l, s}
	t.Cleanup(func() { _ = driven.Close() })
	direct, err = dial(t, url).Open(t.Context(), "campaign", pgstore.OpenOptions{})
	must(t, err)
	checked(t, direct)
	return driven, direct, p
}

// TestNoAnswerIsLostOnABrokenNetwork cuts connections, the way back alone, and stalls
// them. Every change is made once, and no caller hears of it: with one writer, a conflict
// would be a change that was made twice.
func TestNoAnswerIsLostOnABrokenNetwork(t *testing.T) {
	for name, harm := range map[string]func(*proxy){
		"cut":    (*proxy).cut,
		"deafen": (*proxy).deafen,
		"stall":  func(p *proxy) { p.dark(true); time.Sleep(300 * time.Millisecond); p.deafen(); p.dark(false) },
	} {
		t.Run(name, func(t *testing.T) {
			driven, direct, p := behind(t, database(t), time.Minute)
			l := &load{t: t, store: driven}
			const cuts = 12
			over := make(chan struct{})
			go func() {
				defer close(over)
				for random := rand.New(rand.NewPCG(1, 2)); cuts > l.harmed; l.harmed++ {
					time.Sleep(time.Duration(20+random.IntN(150)) * time.Millisecond)
					harm(p)
				}
			}()
			l.run(16, over)
			for _, err := range l.refused {
				t.Errorf("refused: %v", err)
			}
			l.survived(direct)
			l.enough()
		})
	}
}

// TestADatabaseThatStaysAwayIsUnavailable: where the change was not sent, the store is
// sound and goes on. Where its commit was, and no answer comes in time, it is poison.
func TestADatabaseThatStaysAwayIsUnavailable(t *testing.T) {
	driven, _, p := behind(t, database(t), 500*time.Millisecond)
	p.refuse(true)
	p.cut()
	_, err := driven.Apply(t.Context(), ledger.Change{Key: "a", Event: ledgertest.Plan("a", 1)})
	if !errors.Is(err, ledger.ErrUnavailable) || !ledger.Sound(err) {
		t.Errorf("err = %v, want that it is unavailable", err)
	}
	if _, err := driven.Summary(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("summary: %v", err)
	}
	p.refuse(false)
	apply(t, driven, "a", ledgertest.Plan("a", 1))
}

// TestACommitWithoutAnAnswerIsPoison, when the database stays away afterwards.
func TestACommitWithoutAnAnswerIsPoison(t *testing.T) {
	driven, direct, p := behind(t, database(t), 700*time.Millisecond)
	apply(t, driven, "a", ledgertest.Plan("a", 1))
	p.whenPassed(2, true, func() { p.refuse(true); p.deafen() }) // the answer to the commit
	_, err := driven.Apply(t.Context(), ledger.Change{Key: "a", Version: 1, Event: intend(ledger.Entry{}).Event})
	if !errors.Is(err, ledger.ErrPoisoned) || ledger.Sound(err) {
		t.Fatalf("err = %v, want poison", err)
	}
	p.refuse(false)
	if _, err := driven.Apply(t.Context(), ledger.Change{Key: "b", Event: ledgertest.Plan("b", 1)}); !errors.Is(err, ledger.ErrPoisoned) {
		t.Errorf("afterwards: %v", err)
	}
	for e, err := range direct.Entries(t.Context(), ledger.Query{}) {
		if must(t, err); e.State != ledger.Intended {
			t.Errorf("%q is %s: the commit had arrived", e.Key, e.State)
		}
	}
}

// TestNoAnswerIsLostWithTheServer kills the server again and again, and starts it anew.
func TestNoAnswerIsLostWithTheServer(t *testing.T) {
	c := pgtest.New(t)
	url := c.Database(t)
	must(t, pgstore.Migrate(t.Context(), url))
	driven, direct, _ := behind(t, url, time.Minute)
	l := &load{t: t, store: driven}
	const kills = 5
	over := make(chan struct{})
	go func() {
		defer close(over)
		for random := rand.New(rand.NewPCG(3, 4)); l.harmed < kills; l.harmed++ {
			time.Sleep(time.Duration(100+random.IntN(500)) * time.Millisecond)
			if err := errors.Join(c.Kill(), c.Up()); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	l.run(16, over)
	for _, err := range l.refused {
		t.Errorf("refused: %v", err)
	}
	l.survived(direct)
	l.enough()
}

// TestAnEarlierCopyIsRefused: a copy of the server is made, the ledger goes on, and the
// copy takes its place: for a process that was stopped, and for one that runs.
func TestAnEarlierCopyIsRefused(t *testing.T) {
	c := pgtest.New(t)
	url := c.Database(t)
	must(t, pgstore.Migrate(t.Context(), url))
	driven, _, p := behind(t, url, 5*time.Second)
	apply(t, driven, "a", ledgertest.Plan("a", 1))
	old, err := c.Copy()
	must(t, err)
	t.Cleanup(func() { must(t, old.Remove()) })
	apply(t, driven, "a", intend(ledger.Entry{}).Event)
	seen := driven.store.Commits()
	must(t, old.Up())
	p.lead(fmt.Sprintf("127.0.0.1:%d", old.Port))
	_, err = driven.Apply(t.Context(), ledger.Change{Key: "a", Version: 1, Event: intend(ledger.Entry{}).Event})
	if !errors.Is(err, ledger.ErrOlder) || ledger.Sound(err) {
		t.Errorf("a process that runs: %v", err)
	}
	db, err := pgstore.Dial(t.Context(), p.url, pgstore.Options{})
	must(t, err)
	defer db.Close()
	for _, open := range []func(context.Context, string, pgstore.OpenOptions) (*pgstore.Store, error){db.Open, db.OpenReadOnly} {
		if _, err := open(t.Context(), "campaign", pgstore.OpenOptions{Seen: seen}); !errors.Is(err, ledger.ErrOlder) {
			t.Errorf("the next process: %v", err)
		}
		if _, err := open(t.Context(), "nothing", pgstore.OpenOptions{Seen: seen}); !errors.Is(err, ledger.ErrMissing) {
			t.Errorf("a ledger that is gone: %v", err)
		}
		if _, err := open(t.Context(), "nothing", pgstore.OpenOptions{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a ledger that never was: %v", err)
		}
	}
	s, err := db.Open(t.Context(), "campaign", pgstore.OpenOptions{Seen: seen, Older: true})
	must(t, err)
	must(t, s.Close())
}

// TestADatabaseThatCannotBeTrustedIsRefused, with what to do.
func TestADatabaseThatCannotBeTrustedIsRefused(t *testing.T) {
	c := pgtest.New(t)
	url := c.Database(t)
	refused(t, url, "store migrate")
	must(t, pgstore.Migrate(t.Context(), url))
	must(t, pgstore.Migrate(t.Context(), url))
	report, err := pgstore.Check(t.Context(), url)
	if must(t, err); len(report.Faults) > 0 || report.Schema != report.Wanted || report.Offset.Abs() > time.Second || report.RoundTrip <= 0 || report.Pooler != pgstore.Unpooled {
		t.Errorf("report = %+v", report)
	}
	name := url[strings.LastIndex(url, "/")+1 : strings.Index(url, "?")]
	refused(t, strings.Replace(url, pgtest.Password, "wrong", 1), "password")
	refused(t, strings.Replace(url, "/"+name, "/nothing", 1), "createdb")
	refused(t, "postgres://127.0.0.1:1/x", "server runs")
	refused(t, "mysql://x", "postgres://")
	for _, setting := range []string{"synchronous_commit = off", "default_transaction_read_only = on"} {
		key, _, _ := strings.Cut(setting, " ")
		must(t, c.Exec(t.Context(), "postgres", "alter database "+name+" set "+setting))
		refused(t, url, map[string]string{"synchronous_commit": "synchronous_commit = on"}[key])
		must(t, c.Exec(t.Context(), "postgres", "alter database "+name+" reset "+key))
	}
	for _, sql := range []string{"insert into reelmerge.version (n) values (99)", "delete from reelmerge.version"} {
		must(t, c.Exec(t.Context(), name, sql))
		refused(t, url, map[bool]string{true: "latest version", false: "store migrate"}[strings.HasPrefix(sql, "insert")])
	}
	for _, setting := range []string{"fsync=off", "full_page_writes=off"} {
		must(t, c.Stop())
		c.Set(setting)
		must(t, c.Up())
		refused(t, url, strings.Replace(setting, "=off", " = on", 1))
		c.Set()
	}
}

// refused wants a database to be refused with a cure, without its password.
func refused(t *testing.T, url, cure string) {
	t.Helper()
	db, err := pgstore.Dial(t.Context(), url, pgstore.Options{})
	if err == nil {
		must(t, db.Close())
		t.Errorf("a database is trusted, want a fault with %q", cure)
		return
	}
	f, is := errors.AsType[*pgstore.Fault](err)
	if !is || !strings.Contains(f.Cure, cure) || strings.Contains(err.Error(), pgtest.Password) {
		t.Errorf("err = %v, want a fault with %q", err, cure)
	}
}

// TestManyMigrateAtOnce has processes that start together make the tables.
func TestManyMigrateAtOnce(t *testing.T) {
	url := server.get(t).Database(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := pgstore.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	dial(t, url)
}
