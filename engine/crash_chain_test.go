package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// chainOf is a chain of three: one base, middle steps from it, and rows from those.
type chainOf struct{ middles, rows int }

const chainBase = "base"

// partKey is the key of a part that the bank knows by a name.
func partKey(name string) string { return "\x00" + name }

// plan puts a chain into a ledger as a planner would. Each request says its name, and
// with what it was filled.
func (c chainOf) plan(t testing.TB, store ledger.Store, s service) {
	t.Helper()
	var changes []ledger.Change
	add := func(key, name, after string) {
		body := fmt.Sprintf(s.payload, name+"|")
		request := providers.Request{Operation: s.operation, Body: []byte(body)}
		content := ledger.Content{
			Operation: s.operation, Fingerprint: ledger.Fingerprint{byte(len(changes)), 7}, Payload: []byte(body), Reference: name, Step: "step",
			Account:  s.checker.Account(request),
			Estimate: s.checker.Quote(request, job.Length{Low: time.Minute, Likely: time.Minute, High: 2 * time.Minute}),
		}
		if after != "" {
			content.After = after
			content.Fill = []ledger.Fill{{At: strings.Index(body, name+"|") + len(name) + 1, From: after, Field: ledger.FillJob}}
		}
		changes = append(changes, ledger.Change{Key: key, Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: content}})
	}
	add(partKey(chainBase), chainBase, "")
	for i := range c.middles {
		add(partKey(fmt.Sprint("middle-", i)), fmt.Sprint("middle-", i), partKey(chainBase))
	}
	for i := range c.rows {
		add(fmt.Sprint("row-", i), fmt.Sprint("row-", i), partKey(fmt.Sprint("middle-", i%c.middles)))
	}
	if _, err := store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

// readyChain is what planning an unchanged sheet again finds to send: rows, and the parts
// that they wait for.
func readyChain(t testing.TB, store ledger.Store) (rows, parts []engine.Ready) {
	t.Helper()
	for e, err := range store.Entries(t.Context(), ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			t.Fatal(err)
		}
		one := engine.Ready{Key: e.Key, Fingerprint: e.Fingerprint, After: e.Follows()}
		if e.IsPart() {
			parts = append(parts, one)
		} else {
			rows = append(rows, one)
		}
	}
	return rows, parts
}

// trial runs a chain to its end, dying at the given boundaries and starting again.
func (c chainOf) trial(t testing.TB, m mode, workers int, dieAt ...int) (v verdict) {
	t.Helper()
	return c.trialWith(t, m, workers, func(*engine.Engine) {}, dieAt...)
}

// trialWith is a trial with a changed engine.
func (c chainOf) trialWith(t testing.TB, m mode, workers int, change func(*engine.Engine), dieAt ...int) (v verdict) {
	t.Helper()
	w := &world{dieAt: map[int]bool{}}
	for _, at := range dieAt {
		w.dieAt[at] = true
	}
	s := m.open(t, w)
	memory := newMemory(t)
	c.plan(t, memory, s)
	for range len(dieAt) + 4 {
		w.restart()
		rows, parts := readyChain(t, memory)
		e := &engine.Engine{
			Store: mortalStore{memory, w}, Provider: s.provider, Checker: s.checker, Workers: workers, MaxWait: time.Minute, Parts: parts,
			Limits: engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour, Active: workers},
		}
		change(e)
		if _, err := e.Run(t.Context(), rows); err != nil && !w.isDead() {
			t.Fatalf("run: %v", err)
		}
	}
	v.boundaries = w.boundary
	judgeChain(t, &v, m, states(t, memory), s.bank())
	return v
}

// judgeChain compares the ledger with the bank. An entry may wait only for one whose outcome
// is not known, and each was made from the job that the ledger has for the one before.
func judgeChain(t testing.TB, v *verdict, m mode, entries map[string]ledger.Entry, bank map[string]int) {
	t.Helper()
	paid := map[string]int{}
	for name, n := range bank {
		name, _, _ = strings.Cut(name, "|") // what it was filled with is a part of some names
		paid[name] += n
	}
	blocked := func(e ledger.Entry) bool {
		for e.After != "" {
			if e = entries[e.After]; e.State == ledger.Unsure {
				return true
			}
		}
		return false
	}
	witnesses := 0
	for _, e := range entries {
		witnesses += len(e.Tickets())
	}
	own := map[string]ledger.Entry{}
	for key, e := range entries {
		if e.State == ledger.Planned && (m.unsure || m.proves && witnesses == 0) && blocked(e) && paid[e.Reference] == 0 {
			v.unsure++
			continue
		}
		name := strings.TrimPrefix(key, "\x00")
		own[name] = e
		if len(e.Filled) > 0 && e.State == ledger.Succeeded && e.Filled[0].Job != entries[e.After].Ticket.Job {
			t.Errorf("%s was made from %q, and the step before has %q", name, e.Filled[0].Job, entries[e.After].Ticket.Job)
		}
	}
	judge(v, m, own, paid)
}

// TestCrashAtEveryBoundaryOfAChain dies at each boundary of a chain of three, with one worker
// and with four, and goes on: nothing is paid twice, and nothing is lost.
func TestCrashAtEveryBoundaryOfAChain(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d workers", m.name, workers), func(t *testing.T) {
				boundaries, unsure := atEveryBoundary(t, func(t *testing.T, dieAt ...int) verdict { return chainOf{2, 4}.trial(t, m, workers, dieAt...) })
				t.Logf("%d boundaries, %d entries left unsure or waiting for one", boundaries, unsure)
				if m.unsure && unsure == 0 {
					t.Errorf("%d unsure: the test does not reach the moment a request is on the wire", unsure)
				}
			})
		}
	}
}

// TestCrashAtEveryPairOfAChain dies twice.
func TestCrashAtEveryPairOfAChain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("every pair of boundaries")
	}
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			atEveryPair(t, func(t *testing.T, dieAt ...int) verdict { return chainOf{1, 1}.trial(t, m, 1, dieAt...) })
		})
	}
}

// TestPartsThatFreeMostRowsGoFirst: with one job at a time, the parts come first, in their
// order, and a run of few rows sends only the parts of those.
func TestPartsThatFreeMostRowsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s := searchable(w, true)
		memory := newMemory(t)
		chainOf{2, 4}.plan(t, memory, s)
		rows, parts := readyChain(t, memory)
		var order []string
		e := &engine.Engine{
			Store: memory, Provider: s.provider, Checker: s.checker, Workers: 1, Parts: parts, Most: 1,
			Limits: engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour, Active: 1},
			Observe: func(h engine.Happening) {
				if h.What == engine.Intended {
					order = append(order, strings.TrimPrefix(h.Entry.Key, "\x00"))
				}
			},
		}
		out, err := e.Run(t.Context(), rows)
		if err != nil || out.Sent != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := strings.Join(order, " "); got != "base middle-0 row-0" {
			t.Errorf("sent: %s", got)
		}
		order = nil
		e.Most = 0
		rows, e.Parts = readyChain(t, memory)
		if _, err := e.Run(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(order, " "); got != "middle-1 row-2 row-1 row-3" && got != "middle-1 row-1 row-2 row-3" {
			t.Errorf("sent: %s", got)
		}
	})
}

// hasty has the rules of an operation whose jobs are listed at once, and found by nothing.
type hasty struct{ providers.Checker }

func (h hasty) Traits() providers.Traits {
	t := h.Checker.Traits()
	t.Settle, t.FindComplete, t.FindByContent = 0, false, false
	return t
}

// TestAStepIsLookedForByItsOwnRules: the last step's jobs are listed at once, and those of the
// steps before it take a while. A search that does not wait for that would find nothing, twice,
// and they would be paid again.
func TestAStepIsLookedForByItsOwnRules(t *testing.T) {
	for _, m := range modes() {
		if !m.proves {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			own := func(e *engine.Engine) {
				e.Checkers = map[string]providers.Checker{}
				for _, entry := range states(t, e.Store) {
					e.Checkers[entry.Operation] = e.Checker
				}
				e.Checker = hasty{e.Checker}
			}
			atEveryBoundary(t, func(t *testing.T, dieAt ...int) verdict { return chainOf{1, 1}.trialWith(t, m, 1, own, dieAt...) })
		})
	}
}
