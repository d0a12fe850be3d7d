package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// common is an account that several runs share, as a file on a disk does.
type common struct {
	mu    sync.Mutex
	doc   engine.SharedLimits
	alive map[string]bool
}

// member is one run's view of it.
type member struct {
	*common
	ledger string
	limits engine.Limits
}

func (m member) locked(do func(*engine.SharedLimits)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do(&m.doc)
}

func (m member) Begin(now time.Time, jobs map[string]time.Time) (t engine.Together) {
	m.locked(func(d *engine.SharedLimits) { m.alive[m.ledger] = true; t = d.Begin(now, m.ledger, jobs) })
	return t
}

func (m member) Take(now time.Time, job string, until time.Time) (turn engine.Turn) {
	m.locked(func(d *engine.SharedLimits) {
		turn = d.Take(now, m.ledger, job, until, m.limits, func(l string) bool { return m.alive[l] })
	})
	return turn
}

func (m member) Answered(now time.Time, job string) {
	m.locked(func(d *engine.SharedLimits) { d.Answered(now, m.ledger, job) })
}

func (m member) Ended(_ time.Time, job string) {
	m.locked(func(d *engine.SharedLimits) { d.Ended(m.ledger, job) })
}

func (m member) Obey(now time.Time, o engine.Order) {
	m.locked(func(d *engine.SharedLimits) { d.Obey(now, o) })
}

func (m member) Beside(from, to time.Time) (beside bool) {
	m.locked(func(d *engine.SharedLimits) { beside = d.Beside(m.ledger, from, to) })
	return beside
}

func (m member) Failing(f engine.Streaks) {
	m.locked(func(d *engine.SharedLimits) { d.Fail(m.ledger, f) })
}

// arrivals logs when paid calls arrive at a service that is some way off: each request, and
// each answer, takes up to 400 ms.
type arrivals struct {
	http.RoundTripper
	mu  sync.Mutex
	rng *rand.Rand
	at  []time.Time
}

func (a *arrivals) way() {
	a.mu.Lock()
	d := time.Duration(a.rng.IntN(400)) * time.Millisecond
	a.mu.Unlock()
	time.Sleep(d)
}

func (a *arrivals) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return a.RoundTripper.RoundTrip(r)
	}
	a.way()
	a.mu.Lock()
	a.at = append(a.at, time.Now())
	a.mu.Unlock()
	response, err := a.RoundTripper.RoundTrip(r)
	a.way()
	return response, err
}

// fullest is the most arrivals in any span of a length.
func (a *arrivals) fullest(span time.Duration) (most int) {
	slices.SortFunc(a.at, time.Time.Compare)
	first := 0
	for last := range a.at {
		for a.at[last].Sub(a.at[first]) >= span {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// TestOneAccountOneLimit: two campaigns of one account run at once, one after the other, and
// with restarts between. The windows and the number of jobs that the service allows are
// never exceeded, as requests arrive, and at least 95 % of them is used.
func TestOneAccountOneLimit(t *testing.T) {
	windows := []providers.Window{{Count: 30, Per: time.Minute}, {Count: 200, Per: 10 * time.Minute}}
	for name, c := range map[string]struct {
		rows     int // of both campaigns
		active   int
		render   time.Duration
		together bool
		restart  time.Duration
		ideal    time.Duration
	}{
		// Of 400 rows, the last 200 begin when the ten minutes of the first 200 are over, two seconds apart.
		"at once":          {400, 0, 20 * time.Second, true, 0, 10*time.Minute + 200*2*time.Second},
		"one by one":       {400, 0, 20 * time.Second, false, 0, 10*time.Minute + 200*2*time.Second},
		"with restarts":    {400, 0, 20 * time.Second, true, 97 * time.Second, 10*time.Minute + 200*2*time.Second},
		"by jobs at once":  {100, 4, 10 * time.Minute, true, 0, (100/4 - 1) * 10 * time.Minute},
		"by jobs restarts": {100, 4, 10 * time.Minute, true, 47 * time.Minute, (100/4 - 1) * 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &arrivals{rng: rand.New(rand.NewPCG(1, 2))}
				box, err := sandbox.New(sandbox.Options{Render: c.render})
				if err != nil {
					t.Fatal(err)
				}
				defer box.Close()
				log.RoundTripper = box.Transport()
				s := colossyanOver(t, log)
				limits := engine.Limits{Submits: windows, Active: c.active, FirstPoll: 10 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour}
				account := &common{alive: map[string]bool{}}
				campaign := func(name string) {
					store := ledgertest.NewMemory(ledgertest.Identity())
					keys := rows(c.rows / 2)
					for i := range keys {
						keys[i] = name + keys[i]
					}
					planRows(t, store, s, keys)
					for done := false; !done; {
						ctx, cancel := context.WithCancel(t.Context())
						if c.restart > 0 {
							time.AfterFunc(c.restart, cancel)
						}
						e := &engine.Engine{Store: store, Provider: s.provider, Checker: s.checker, Limits: limits, Share: member{account, name, limits}}
						out, err := e.Run(ctx, readyRows(t, store))
						if err != nil {
							t.Error(err)
						}
						done = !out.Interrupted
						account.mu.Lock()
						account.alive[name] = false
						account.mu.Unlock()
						cancel()
					}
				}
				began := time.Now()
				var both sync.WaitGroup
				for _, name := range []string{"a-", "b-"} {
					both.Go(func() { campaign(name) })
					if !c.together {
						both.Wait()
					}
				}
				both.Wait()
				for _, w := range windows {
					if most := log.fullest(w.Per); most > w.Count {
						t.Errorf("%d requests arrived within %s, of %d", most, w.Per, w.Count)
					}
				}
				if most := jobsAtOnce(t, box, c.render); c.active > 0 && most > c.active {
					t.Errorf("%d jobs at a time, of %d", most, c.active)
				}
				took := log.at[len(log.at)-1].Sub(began)
				used := float64(c.ideal) / float64(took)
				t.Logf("%d requests in %s, of %s: %.1f %% used", len(log.at), took, c.ideal, 100*used)
				if len(log.at) != c.rows || used < 0.95 {
					t.Errorf("%d requests, %.1f %% used", len(log.at), 100*used)
				}
			})
		})
	}
}

// jobsAtOnce is the most jobs that the service made at a time.
func jobsAtOnce(t *testing.T, box *sandbox.Sandbox, render time.Duration) (most int) {
	t.Helper()
	lines, err := box.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range lines {
		n := 0
		for _, l := range lines {
			if !l.Time.After(at.Time) && at.Time.Sub(l.Time) < render {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestWhatSurvivesARestart: the service's wish to go slower, its pause, and a streak of
// like failures, so that a restart costs no more rows.
func TestWhatSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(sandbox.Options{Render: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		s := colossyanOver(t, box.Transport())
		limits := engine.Limits{Submits: []providers.Window{{Count: 60, Per: time.Minute}}, FirstPoll: time.Second, MaxPoll: time.Second, Deadline: time.Hour}
		account := &common{alive: map[string]bool{}}
		now := time.Now()
		me := member{account, "a", limits}
		for range 3 {
			me.Obey(now, engine.Order{Do: engine.GoSlow})
			now = now.Add(2 * time.Second)
		}
		store := newMemory(t)
		planRows(t, store, s, rows(10))
		began := time.Now()
		e := &engine.Engine{Store: store, Provider: s.provider, Checker: s.checker, Limits: limits, Share: me}
		if _, err := e.Run(t.Context(), readyRows(t, store)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 30*time.Second {
			t.Errorf("ten rows took %s at an eighth of one a second", took)
		}
		refusing := &refused{Provider: s.provider}
		sent := 0
		for range 3 {
			store := newMemory(t)
			planRows(t, store, s, rows(10))
			e := &engine.Engine{Store: store, Provider: refusing, Checker: s.checker, Limits: limits, Share: member{account, "b", limits}, Most: 2}
			out, err := e.Run(t.Context(), readyRows(t, store))
			if err != nil {
				t.Fatal(err)
			}
			sent = refusing.n
			if strings.Contains(out.Held, "one after another") {
				break
			}
		}
		if sent != 5 {
			t.Errorf("%d rows were refused before the run held, want 5 over three runs", sent)
		}
	})
}

// refused is a service that refuses everything for the same reason.
type refused struct {
	providers.Provider
	n int
}

func (r *refused) Submit(context.Context, providers.Request) (providers.Receipt, error) {
	r.n++
	return providers.Receipt{}, &providers.Error{Kind: providers.Invalid, Call: "submit", Message: "no such template"}
}

// TestADeadRunsPlacesAreFreedInTime: a run that died with a call on the wire and a job open
// keeps their places until the window, and the deadline, are over.
func TestADeadRunsPlacesAreFreedInTime(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	living := map[string]bool{"dead": true}
	alive := func(l string) bool { return living[l] }
	windows := engine.Limits{Submits: []providers.Window{{Count: 1, Per: time.Minute}}}
	var doc engine.SharedLimits
	take := func(ledger, job string, seconds int, l engine.Limits) bool {
		return doc.Take(at(seconds), ledger, job, at(seconds).Add(time.Hour), l, alive).Now(at(seconds))
	}
	if !take("dead", "1", 0, windows) || take("me", "2", 1000, windows) {
		t.Error("a call on the wire counts until it is answered")
	}
	delete(living, "dead") // seen at 1100
	if take("me", "2", 1100, windows) || take("me", "2", 1159, windows) || !take("me", "2", 1160, windows) {
		t.Error("the call of a dead run counts for a window from when its death is seen")
	}
	one := engine.Limits{Active: 1, Submits: []providers.Window{{Count: 100, Per: time.Second}}}
	doc = engine.SharedLimits{}
	living["dead"] = true
	if !take("dead", "1", 0, one) || take("me", "2", 7200, one) {
		t.Error("a job of a run that goes on counts until it ends")
	}
	delete(living, "dead")
	doc.Answered(at(1), "dead", "1")
	doc.Jobs["dead"]["1"] = at(8000)
	if take("me", "2", 7999, one) || !take("me", "2", 8000, one) {
		t.Error("a job of a dead run counts until its deadline")
	}
	if !take("me", "2", 8001, one) || take("me", "3", 8002, one) {
		t.Error("a request that is sent again needs no second place")
	}
	doc.Ended("me", "2")
	if !take("me", "3", 8003, one) {
		t.Error("a job that ended frees its place")
	}
}

// TestASlowAccountRecovers with time, also when the run that slowed it down has ended.
func TestASlowAccountRecovers(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	limits := engine.Limits{Submits: []providers.Window{{Count: 60, Per: time.Minute}}}
	alive := func(string) bool { return true }
	for after, want := range map[time.Duration]time.Duration{0: 2 * time.Second, time.Hour: time.Second} {
		var doc engine.SharedLimits
		doc.Obey(start, engine.Order{Do: engine.GoSlow})
		now := start.Add(after)
		if together := doc.Begin(now, "me", nil); together.Factor != float64(time.Second)/float64(want) {
			t.Errorf("after %s: a factor of %v", after, together.Factor)
		}
		doc.Take(now, "me", "1", now, limits, alive)
		if turn := doc.Take(now, "me", "2", now, limits, alive); turn.At.Sub(now) != want {
			t.Errorf("after %s: the next row leaves after %s, want %s", after, turn.At.Sub(now), want)
		}
	}
}

// TestWhoPaidBeside: another ledger's calls count from the first to the last, and a little
// longer, since a gateway may hold a request back. One's own never do, and spans that are
// joined to save room only grow.
func TestWhoPaidBeside(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	account := &common{alive: map[string]bool{}}
	a, b := member{account, "a", engine.Limits{}}, member{account, "b", engine.Limits{}}
	call := func(m member, minutes int) {
		t.Helper()
		if turn := m.Take(at(minutes), "job", at(minutes+60)); !turn.Now(at(minutes)) {
			t.Fatalf("no place at %d: %+v", minutes, turn)
		}
		m.Answered(at(minutes), "job")
	}
	call(b, 0) // b has two spans: 0 to 5, and 60
	call(b, 5)
	call(a, 30)
	call(b, 60)
	for _, c := range []struct {
		from, to int
		a, b     bool
	}{
		{-60, -1, false, false}, {-60, 0, true, false}, {2, 3, true, false}, {14, 16, true, false}, {17, 59, false, true},
		{17, 29, false, false}, {42, 60, true, false}, {72, 90, false, false}, {-90, 90, true, true},
	} {
		if beside := a.Beside(at(c.from), at(c.to)); beside != c.a {
			t.Errorf("%+v: beside a: %v", c, beside)
		}
		if beside := b.Beside(at(c.from), at(c.to)); beside != c.b {
			t.Errorf("%+v: beside b: %v", c, beside)
		}
	}
	for minutes := 100; minutes < 100+60*20; minutes += 20 {
		call(b, minutes)
	}
	for _, minutes := range []int{0, 5, 60, 100, 1280} {
		if !a.Beside(at(minutes), at(minutes)) {
			t.Errorf("the call at %d is forgotten", minutes)
		}
	}
	if n := len(account.doc.Paying["b"]); n > 32 {
		t.Errorf("%d spans are kept", n)
	}
}

// TestLatePlacesAreMadeUp: runs that wait for the lock of their account come to each place
// late. Hardly anything of what the limits allow is lost by that, and they hold.
func TestLatePlacesAreMadeUp(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	limits := engine.Limits{Submits: []providers.Window{{Count: 50, Per: time.Second}, {Count: 300, Per: 10 * time.Second}}}
	var doc engine.SharedLimits
	var taken []time.Time
	alive := func(string) bool { return true }
	for now := start; now.Sub(start) < 30*time.Second; {
		job := fmt.Sprint(len(taken))
		turn := doc.Take(now, "me", job, now.Add(time.Hour), limits, alive)
		if turn.Now(now) {
			taken = append(taken, now)
			doc.Answered(now, "me", job)
			turn.At = now
		}
		now = turn.At.Add(17 * time.Millisecond)
	}
	for _, w := range limits.Submits {
		for i := w.Count; i < len(taken); i++ {
			if taken[i].Sub(taken[i-w.Count]) < w.Per {
				t.Fatalf("more than %d places within %s", w.Count, w.Per)
			}
		}
	}
	if len(taken) < 870 {
		t.Errorf("%d places of 900 were taken", len(taken))
	}
}
