package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// knowing is a described service that knows our key for a day, against the simulator. Its
// description is HeyGen's, with changes.
func knowing(t testing.TB, transport func(http.RoundTripper) http.RoundTripper, o sandbox.Options, changes ...string) service {
	t.Helper()
	data, err := os.ReadFile("../providers/builtin/heygen.service.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.NewReplacer(changes...).Replace(string(data)); len(changes) == 0 || text != string(data) {
		data = []byte(text)
	} else {
		t.Fatal("the description has not what is to be changed")
	}
	description, found := declared.Parse("heygen.service.yaml", data)
	if description == nil {
		t.Fatal(found)
	}
	o.Described = [][]byte{data}
	sb, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	of, err := description.Service(nil)
	if err != nil {
		t.Fatal(err)
	}
	var s service
	s.provider, err = of.New(providers.Config{BaseURL: sb.BaseURL("heygen", "http://127.0.0.1:8787"), Token: "token", Transport: transport(sb.Transport())})
	if err != nil {
		t.Fatal(err)
	}
	if s.checker, err = of.NewChecker("heygen/template", providers.Prices{}); err != nil {
		t.Fatal(err)
	}
	s.operation, s.payload = "heygen/template", `{"template_id":"t","title":%q}`
	s.bank = func() map[string]int {
		jobs := map[string]int{}
		lines, err := sb.Bank()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			var body struct{ Title string }
			if err := json.Unmarshal(line.Body, &body); err != nil {
				t.Fatal(err)
			}
			jobs[body.Title]++
		}
		return jobs
	}
	return s
}

func plain(r http.RoundTripper) http.RoundTripper { return r }

// mortal dies at the boundaries of a world.
func mortal(w *world) func(http.RoundTripper) http.RoundTripper {
	return func(r http.RoundTripper) http.RoundTripper { return mortalTransport{r, w} }
}

// brief are limits under which a run of a few rows is soon over.
func brief(workers int) engine.Limits {
	return engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour, Active: workers}
}

// go on runs what is ready, once.
func goOn(t testing.TB, store ledger.Store, s service) engine.Outcome {
	t.Helper()
	out, err := (&engine.Engine{Store: store, Provider: s.provider, Checker: s.checker, MaxWait: time.Minute, Limits: brief(4)}).Run(t.Context(), readyRows(t, store))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAKeySettlesLostAnswers of services that honour keys in each of the ways that there
// are: with the first answer or the current state, with or without a mark, with the first
// request in progress, with refusals remembered.
func TestAKeySettlesLostAnswers(t *testing.T) {
	const lossy = "accept-then-drop=15%,accept-then-500=5%,drop=10%,429=10%"
	const replay, status = "replay: first answer", "in_progress: [409]"
	for name, c := range map[string]struct {
		faults  string
		changes []string
	}{
		"first answer":         {lossy, nil},
		"current state":        {lossy, []string{replay, "replay: current state"}},
		"marked":               {lossy, []string{replay, "replay: first answer\n          replayed: {header: Idempotent-Replayed, is: \"true\"}"}},
		"marked in the answer": {lossy, []string{replay, "replay: first answer\n          replayed: {at: /data/replayed, is: \"true\"}"}},
		"in progress":          {"accept-then-drop=15%,key-busy=50%", nil},
		"refusals remembered":  {lossy + ",500=5%", []string{"remembers: unknown", "remembers: all answers\n          replayed: {header: Idempotent-Replayed, is: \"true\"}"}},
		"another body refused": {lossy, []string{status, "in_progress: [409]\n          changed: [422]"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := knowing(t, plain, sandbox.Options{Render: 20 * time.Second, Faults: c.faults, Seed: 3}, c.changes...)
				store, resent, v := newMemory(t), 0, verdict{}
				planRows(t, store, s, rows(60))
				for range 3 { // a run may hold after five answers that were lost alike
					goOn(t, store, s)
				}
				entries := states(t, store)
				judge(&v, mode{}, entries, s.bank())
				for _, e := range entries {
					for _, m := range e.History {
						if m.Kind == ledger.Resend {
							resent++
						}
					}
				}
				t.Logf("%d sent again, %+v", resent, v)
				for key, e := range entries {
					if e.State != ledger.Succeeded {
						t.Logf("%s: %s %+v %s", key, e.State, e.Sent, e.Reason)
					}
				}
				if v != (verdict{}) || resent < 10 {
					t.Errorf("%d sent again, %+v", resent, v)
				}
			})
		})
	}
}

// lostRow is a row whose job was made, and whose answer was lost.
func lostRow(t *testing.T, s service, w *world) *ledgertest.Memory {
	t.Helper()
	store := newMemory(t)
	planRows(t, store, s, rows(1))
	w.dieAt = map[int]bool{4: true} // with the answer on its way
	_, _ = (&engine.Engine{Store: mortalStore{store, w}, Provider: s.provider, Checker: s.checker}).Run(t.Context(), readyRows(t, store))
	w.restart()
	if e := states(t, store)["row-000"]; e.State != ledger.Intended || s.bank()["row-000"] != 1 {
		t.Fatalf("the row is %s, %v: the test is broken", e.State, s.bank())
	}
	return store
}

// TestAKeyIsUsedInsideItsTime: the service forgets a key after a day. Until nine tenths of
// that the same request is one job; after it a person decides, and nothing is bought.
func TestAKeyIsUsedInsideItsTime(t *testing.T) {
	for after, want := range map[time.Duration]ledger.State{
		time.Minute: ledger.Succeeded, 21 * time.Hour: ledger.Succeeded, 22 * time.Hour: ledger.Unsure, 48 * time.Hour: ledger.Unsure,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{}
			s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second})
			store := lostRow(t, s, w)
			time.Sleep(after)
			goOn(t, store, s)
			if e := states(t, store)["row-000"]; e.State != want || s.bank()["row-000"] != 1 {
				t.Errorf("after %s: %s, %d jobs", after, e.State, s.bank()["row-000"])
			}
		})
	}
}

// altered is a client of which a test changes something.
type altered struct {
	providers.Provider
	sent   func(providers.Request) ([32]byte, error)
	submit func(ctx context.Context, r providers.Request, n int) (providers.Receipt, error)
	ahead  time.Duration // of the service's clock
	n      *atomic.Int64 // submits so far
}

func (a altered) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if a.submit == nil {
		return a.Provider.Submit(ctx, r)
	}
	return a.submit(ctx, r, int(a.n.Add(1)))
}

func (a altered) Sent(r providers.Request) ([32]byte, error) {
	if a.sent != nil {
		return a.sent(r)
	}
	return a.Provider.(providers.Keyed).Sent(r)
}

func (a altered) Now() time.Time { return a.Provider.(providers.Keyed).Now().Add(a.ahead) }

// holding is a checker that says for how long the service knows keys.
type holding struct {
	providers.Checker
	keys time.Duration
}

func (h holding) Traits() providers.Traits {
	t := h.Checker.Traits()
	t.KeyHolds = h.keys
	return t
}

// TestNoResendWhereTheKeyIsInDoubt: a clock that was set back, a service whose clock is
// ahead, other credentials, other bytes, a restored copy, a job that a person took away.
// In each the row is left alone, and a person decides.
func TestNoResendWhereTheKeyIsInDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, s *service, store *ledgertest.Memory, e *engine.Engine)
		said   string
	}{
		"clock set back": {func(t *testing.T, _ *service, store *ledgertest.Memory, _ *engine.Engine) {
			move(t, store, ledger.Event{Kind: ledger.Lose, At: time.Now().Add(-2 * time.Hour)})
		}, "set back"},
		"restored": {func(t *testing.T, _ *service, store *ledgertest.Memory, _ *engine.Engine) {
			move(t, store, ledger.Event{Kind: ledger.Lose, At: states(t, store)["row-000"].IntendedAt.Add(-time.Nanosecond)})
		}, "restored"},
		"the service's clock is a day ahead": {func(_ *testing.T, s *service, _ *ledgertest.Memory, _ *engine.Engine) {
			s.provider = altered{Provider: s.provider, ahead: 24 * time.Hour}
		}, "forgotten"},
		"other credentials": {func(_ *testing.T, _ *service, _ *ledgertest.Memory, e *engine.Engine) { e.Session = "others" }, "other credentials"},
		"other bytes": {func(_ *testing.T, s *service, _ *ledgertest.Memory, _ *engine.Engine) {
			s.provider = altered{Provider: s.provider, sent: func(providers.Request) ([32]byte, error) { return [32]byte{1}, nil }}
		}, "would not be the same"},
		"disowned": {func(t *testing.T, _ *service, store *ledgertest.Memory, _ *engine.Engine) {
			move(t, store, ledger.Event{Kind: ledger.Lose, At: time.Now()})
			adopt := ledger.Event{Kind: ledger.Adopt, At: time.Now(), By: ledger.ByPerson}
			adopt.Ticket.Job = "other"
			move(t, store, adopt)
			move(t, store, ledger.Event{Kind: ledger.Disown, At: time.Now(), By: ledger.ByPerson})
		}, "another row's"},
		"no longer wanted": {func(_ *testing.T, _ *service, _ *ledgertest.Memory, e *engine.Engine) {
			e.Again = func(string) bool { return false }
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second})
				store := lostRow(t, s, w)
				time.Sleep(time.Hour)
				e := &engine.Engine{Limits: brief(1), MaxWait: time.Minute}
				c.change(t, &s, store, e)
				said := ""
				e.Store, e.Provider, e.Checker = store, s.provider, s.checker
				e.Observe = func(h engine.Happening) { said += h.Detail + "\n" }
				if _, err := e.Run(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				row := states(t, store)["row-000"]
				if row.State != ledger.Unsure || row.Sent.Resends != 0 || s.bank()["row-000"] != 1 || !strings.Contains(said, c.said) {
					t.Errorf("%s, %+v, %d jobs, said %q", row.State, row.Sent, s.bank()["row-000"], said)
				}
			})
		})
	}
}

// move records an event of the only row.
func move(t *testing.T, store ledger.Store, ev ledger.Event) {
	t.Helper()
	e := states(t, store)["row-000"]
	if _, err := store.Apply(t.Context(), ledger.Change{Key: e.Key, Version: e.Version, Event: ev}); err != nil {
		t.Fatal(err)
	}
}

// TestTheWebhookMayMove: what was sent named the old address, and is sent again with it.
func TestTheWebhookMayMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second}, "in_progress: [409]", "in_progress: [409]\n          changed: [422]")
		store := lostRow(t, s, w)
		out, err := (&engine.Engine{Store: store, Provider: s.provider, Checker: s.checker, Limits: brief(1), Callback: "https://new.example.com"}).Run(t.Context(), nil)
		if e := states(t, store)["row-000"]; err != nil || out.Held != "" || e.State != ledger.Succeeded || s.bank()["row-000"] != 1 {
			t.Errorf("%s, %+v, %v", e.State, out, err)
		}
	})
}

// TestARefusedResendSaysNothing about the first send: the row stays unsure, whatever the
// service answers, and the run holds where it must.
func TestARefusedResendSaysNothing(t *testing.T) {
	refuse := func(kind providers.Kind, key providers.KeyAnswer) error {
		return &providers.Error{Kind: kind, Call: "submit", Key: key, Message: "no"}
	}
	for name, c := range map[string]struct {
		err     error
		hold    engine.Hold
		resends int // that count
	}{
		"401":            {refuse(providers.Auth, 0), engine.HoldCredentials, 2},
		"402":            {refuse(providers.Funds, 0), engine.HoldFunds, 1},
		"404":            {refuse(providers.NotFound, 0), "", 3},
		"409":            {refuse(providers.Conflict, 0), "", 3},
		"422":            {refuse(providers.Invalid, 0), "", 3},
		"429":            {refuse(providers.Throttled, 0), "", 3},
		"busy":           {refuse(providers.Busy, 0), "", 3},
		"500":            {refuse(providers.Transient, 0), engine.HoldOutage, 2},
		"lost":           {refuse(providers.Unknown, 0), "", 3},
		"not understood": {refuse(providers.Contract, 0), "", 3},
		"in progress":    {refuse(providers.Unknown, providers.KeyInProgress), "", 0},
		"not sent":       {refuse(providers.NotSent, 0), engine.HoldOutage, 0},
		"another body":   {refuse(providers.Unknown, providers.KeyChanged), engine.HoldDoubt, 1},
		"no ticket":      {nil, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second})
				store := lostRow(t, s, w)
				s.provider = altered{Provider: s.provider, n: new(atomic.Int64), submit: func(context.Context, providers.Request, int) (providers.Receipt, error) {
					return providers.Receipt{}, c.err
				}}
				var held engine.Hold
				for range 2 { // a second run sends no more than is left
					held = goOn(t, store, s).HeldFor
					if name == "402" || c.hold == engine.HoldOutage || c.hold == engine.HoldDoubt {
						break
					}
				}
				e := states(t, store)["row-000"]
				if e.State != ledger.Unsure || e.Sent.Resends != c.resends || held != c.hold {
					t.Errorf("%s, %d resends, held for %q", e.State, e.Sent.Resends, held)
				}
			})
		})
	}
}

// TestAnswersToAFirstSendWithAKey: that one is in progress, or had another body, is no word
// that nothing was created.
func TestAnswersToAFirstSendWithAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := knowing(t, plain, sandbox.Options{Render: 20 * time.Second})
		store := newMemory(t)
		planRows(t, store, s, rows(2))
		first := s.provider
		s.provider = altered{Provider: first, n: new(atomic.Int64), submit: func(ctx context.Context, r providers.Request, n int) (providers.Receipt, error) {
			if n == 1 {
				return providers.Receipt{}, &providers.Error{Kind: providers.Unknown, Call: "submit", Key: providers.KeyInProgress}
			}
			return first.Submit(ctx, r)
		}}
		goOn(t, store, s)
		for key, e := range states(t, store) {
			if e.State != ledger.Succeeded || s.bank()[key] != 1 {
				t.Errorf("%s: %s, %d jobs", key, e.State, s.bank()[key])
			}
		}
	})
}

// TestAKeyOfAnotherRow: the answer names a job that another row holds. The row gets no
// ticket, and the run holds.
func TestAKeyOfAnotherRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second})
		store := lostRow(t, s, w)
		planned := rows(2)[1:]
		planRows(t, store, s, planned)
		if out := goOn(t, store, s); out.Held != "" {
			t.Fatal(out.Held)
		}
		entries := states(t, store)
		other, one := entries[planned[0]], entries["row-000"]
		if one.State != ledger.Succeeded || other.State != ledger.Succeeded {
			t.Fatalf("%s, %s", one.State, other.State)
		}
		planRows(t, store, s, []string{"row-002"})
		first := s.provider
		s.provider = altered{Provider: first, n: new(atomic.Int64), submit: func(ctx context.Context, r providers.Request, n int) (providers.Receipt, error) {
			if n == 1 {
				return providers.Receipt{}, &providers.Error{Kind: providers.Unknown, Call: "submit"}
			}
			return providers.Receipt{Ticket: other.Ticket}, nil
		}}
		out := goOn(t, store, s)
		if e := states(t, store)["row-002"]; e.State != ledger.Unsure || out.HeldFor != engine.HoldDoubt || e.Ticket.Job != "" {
			t.Errorf("%s, %q, held for %q", e.State, e.Ticket.Job, out.HeldFor)
		}
	})
}

// TestAServiceThatIgnoresItsKey pays twice, as the bank shows, and the ledger knows one job
// and one charge.
func TestAServiceThatIgnoresItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second, Faults: "key-ignored=100%"})
		store := lostRow(t, s, w)
		goOn(t, store, s)
		e, v := states(t, store)["row-000"], verdict{}
		judge(&v, mode{}, states(t, store), s.bank())
		if v.twice != 1 || e.State != ledger.Succeeded || len(e.Tickets()) != 1 || len(e.Attempts) != 0 || e.Money.Ever != e.Money.Reserved+e.Money.Charged+e.Money.Released-e.Money.Overrun {
			t.Errorf("%+v, %+v", v, e)
		}
	})
}

// TestKeyMutantsAreCaught breaks each rule of the resend, and the bank or the ledger shows
// it.
func TestKeyMutantsAreCaught(t *testing.T) {
	refusing := []string{"in_progress: [409]", "in_progress: [409]\n          changed: [422]"}
	replayed := func(kind providers.Kind) func(first providers.Provider) altered {
		return func(first providers.Provider) altered {
			return altered{Provider: first, n: new(atomic.Int64), submit: func(ctx context.Context, r providers.Request, n int) (providers.Receipt, error) {
				if n == 1 { // the first resend, refused
					return providers.Receipt{}, &providers.Error{Kind: kind, Call: "submit", Key: providers.KeyReplayed}
				}
				return first.Submit(ctx, r)
			}}
		}
	}
	for name, c := range map[string]struct {
		changes []string
		mutate  func(t *testing.T, s *service, store *ledgertest.Memory)
		caught  func(v verdict) bool
	}{
		"another body": {refusing, func(_ *testing.T, s *service, _ *ledgertest.Memory) {
			first := s.provider
			s.provider = altered{Provider: first, n: new(atomic.Int64), submit: func(ctx context.Context, r providers.Request, _ int) (providers.Receipt, error) {
				r.Body = json.RawMessage(strings.Replace(string(r.Body), `"title"`, `"fps":30,"title"`, 1))
				return first.Submit(ctx, r)
			}}
		}, func(v verdict) bool { return v.unsettled == 1 }},
		"after the window": {nil, func(_ *testing.T, s *service, _ *ledgertest.Memory) {
			s.checker = holding{s.checker, 240 * time.Hour}
			time.Sleep(30 * time.Hour)
		}, func(v verdict) bool { return v.twice == 1 }},
		"a new key": {nil, func(_ *testing.T, s *service, _ *ledgertest.Memory) {
			first := s.provider
			s.provider = altered{Provider: first, n: new(atomic.Int64), submit: func(ctx context.Context, r providers.Request, _ int) (providers.Receipt, error) {
				r.Key = strings.Repeat("0", 40)
				return first.Submit(ctx, r)
			}}
		}, func(v verdict) bool { return v.twice == 1 }},
		"planned on a refused resend": {nil, func(_ *testing.T, s *service, _ *ledgertest.Memory) {
			s.provider = replayed(providers.Throttled)(s.provider)
		}, func(v verdict) bool { return v.twice == 1 }},
		"failed on a refused resend": {nil, func(_ *testing.T, s *service, _ *ledgertest.Memory) {
			s.provider = replayed(providers.NotFound)(s.provider)
		}, func(v verdict) bool { return v.unsettled == 1 }},
		// The copy of a ledger does not know that the row was refused and sent anew since.
		"after a restore": {nil, func(t *testing.T, s *service, store *ledgertest.Memory) {
			move(t, store, ledger.Event{Kind: ledger.Lose, At: time.Now()})
			e := states(t, store)["row-000"]
			s.provider = altered{Provider: s.provider, n: new(atomic.Int64), sent: func(providers.Request) ([32]byte, error) { return e.Sent.Hash, nil },
				submit: rekeyed(s.provider)}
		}, func(v verdict) bool { return v.twice == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				s := knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second}, c.changes...)
				store := lostRow(t, s, w)
				c.mutate(t, &s, store)
				var v verdict
				goOn(t, store, s)
				goOn(t, store, s)
				if judge(&v, mode{}, states(t, store), s.bank()); !c.caught(v) {
					t.Errorf("was not caught: %+v, %v", v, s.bank())
				}
			})
		})
	}
}

// rekeyed sends under the key that the copy knows, which is not that of the job.
func rekeyed(first providers.Provider) func(ctx context.Context, r providers.Request, n int) (providers.Receipt, error) {
	return func(ctx context.Context, r providers.Request, _ int) (providers.Receipt, error) {
		r.Key = strings.Repeat("1", 40)
		return first.Submit(ctx, r)
	}
}

// TestLostAnswersOfFiveHundredRows: of ten answers to a request one is lost with its job
// made, one before, also of those that are sent again. For one row in 625 that is all four
// answers, and a person decides.
func TestLostAnswersOfFiveHundredRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := knowing(t, plain, sandbox.Options{Render: 20 * time.Second, Faults: "accept-then-drop=10%,drop=10%", Seed: 1})
		store, v := newMemory(t), verdict{}
		planRows(t, store, s, rows(500))
		for range 4 {
			goOn(t, store, s)
		}
		resent := 0
		entries := states(t, store)
		for _, e := range entries {
			if e.Sent.Resends > 0 || slices.ContainsFunc(e.History, func(m ledger.Moment) bool { return m.Kind == ledger.Resend }) {
				resent++
			}
		}
		judge(&v, mode{unsure: true}, entries, s.bank())
		t.Logf("%d rows cleared up by the key, %+v", resent, v)
		if v.twice > 0 || v.lost > 0 || v.unsettled > 0 || v.unsure > 1 || resent < 80 {
			t.Errorf("%d rows cleared up by the key, %+v", resent, v)
		}
	})
}
