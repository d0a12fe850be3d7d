package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// office delivers the simulator's webhooks to a receiver in the same process,
// and keeps copies. Without a receiver it delivers none.
type office struct {
	mu     sync.Mutex
	to     *engine.Receiver
	bodies [][]byte
}

func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	to := o.to
	o.bodies = append(o.bodies, body)
	o.mu.Unlock()
	w := httptest.NewRecorder()
	if to != nil {
		to.ServeHTTP(w, httptest.NewRequest(http.MethodPost, r.URL.String(), bytes.NewReader(body)))
	}
	return w.Result(), nil
}

// called is a run over some rows with a receiver for its callbacks.
type called struct {
	service
	sandbox  *sandbox.Sandbox
	store    *ledgertest.Memory
	office   *office
	receiver *engine.Receiver
	engine   *engine.Engine
	ready    []engine.Ready
	heads    int // links that were asked for
}

const hookURL = "https://hooks.example.com/reelmerge"

func newCalled(t *testing.T, rowCount int, o sandbox.Options) *called {
	c := &called{office: &office{}}
	o.Webhooks = c.office
	sb, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	c.sandbox, c.service = sb, colossyanOver(t, sb.Transport())
	c.bank = func() map[string]int { return jobsByName(t, sb) }
	c.store = newMemory(t)
	c.ready = planRows(t, c.store, c.service, rows(rowCount))
	c.receiver = engine.NewReceiver(c.provider.(providers.Notifier))
	c.office.to = c.receiver
	c.engine = newEngine(c.store, c.service)
	c.engine.Callback, c.engine.Notices = hookURL, c.receiver.Notices()
	c.engine.CheckLink = func(ctx context.Context, url string) error {
		c.heads++
		return head(ctx, sb.Transport(), url)
	}
	return c
}

func head(ctx context.Context, transport http.RoundTripper, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

func (c *called) run(t *testing.T) (engine.Outcome, map[string]ledger.Entry) {
	t.Helper()
	out, err := c.engine.Run(t.Context(), c.ready)
	if err != nil {
		t.Fatal(err)
	}
	return out, states(t, c.store)
}

func (c *called) paidOnce(t *testing.T) {
	t.Helper()
	for name, jobs := range c.bank() {
		if jobs != 1 {
			t.Errorf("%s has %d jobs", name, jobs)
		}
	}
}

// TestCallbackSettlesBeforeTheNextPoll compares a run whose callbacks arrive with
// one whose callbacks are lost, where polling is what remains.
func TestCallbackSettlesBeforeTheNextPoll(t *testing.T) {
	const render = 97 * time.Second
	for name, test := range map[string]struct {
		faults string
		atOnce bool
	}{
		"arrives": {"", true},
		"is lost": {"webhook-lost=100%", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalled(t, 5, sandbox.Options{Render: render, Faults: test.faults})
				out, entries := c.run(t)
				for key, e := range entries {
					took := e.SettledAt.Sub(e.SubmittedAt)
					if e.State != ledger.Succeeded || took < render || (took < render+10*time.Millisecond) != test.atOnce {
						t.Errorf("%s is %s after %v", key, e.State, took)
					}
					if e.By == ledger.ByCallback {
						t.Errorf("%s was settled on the callback's word alone", key)
					}
				}
				if c.heads != 0 || out.Ignored != (engine.Ignored{}) {
					t.Errorf("%d links asked for, mail %+v", c.heads, out.Ignored)
				}
				c.paidOnce(t)
			})
		})
	}
}

// TestForgedCallbackChangesNothing has strangers claim that jobs failed, and that
// jobs exist which do not, next to the same run without them.
func TestForgedCallbackChangesNothing(t *testing.T) {
	story := func(t *testing.T, faults string) (kinds map[string][]ledger.Kind, r *engine.Receiver) {
		synctest.Test(t, func(t *testing.T) {
			c := newCalled(t, 6, sandbox.Options{Render: 40 * time.Second, Faults: "accept-then-drop@2,webhook-lost=100%," + faults})
			out, entries := c.run(t)
			kinds, r = map[string][]ledger.Kind{}, c.receiver
			for key, e := range entries {
				for _, m := range e.History {
					kinds[key] = append(kinds[key], m.Kind)
				}
				kinds[key] = append(kinds[key], ledger.Kind(e.State))
			}
			if out.Ignored != (engine.Ignored{}) || c.heads != 0 {
				t.Errorf("mail %+v, %d links asked for", out.Ignored, c.heads)
			}
			c.paidOnce(t)
		})
		return kinds, r
	}
	want, _ := story(t, "")
	got, r := story(t, "webhook-forged=100%,webhook-stranger=100%")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forged callbacks changed something (-without +with):\n%s", diff)
	}
	if r.Forged() != 12 || r.Received() != 12 {
		t.Errorf("%d forged of %d, want 12 of 12", r.Forged(), r.Received())
	}
}

// TestCallbackSettlesAnUnsureRow loses the answer to a submit. Nothing can be
// asked about that row; its callback settles it, as soon as its link answers.
func TestCallbackSettlesAnUnsureRow(t *testing.T) {
	const render = 50 * time.Second
	for name, test := range map[string]struct {
		faults  string
		deaf    int // how many times the link does not answer
		want    ledger.State
		by      ledger.By
		heads   int
		settled time.Duration
	}{
		"finished":               {"", 0, ledger.Succeeded, ledger.ByCallback, 1, render},
		"failed":                 {",failed@1", 0, ledger.Failed, ledger.ByCallback, 0, 30 * time.Second}, // some way in, as the simulator has it,
		"before its own submit":  {",webhook-early@1", 0, ledger.Succeeded, ledger.ByCallback, 1, 0},
		"twice":                  {",webhook-twice@1", 0, ledger.Succeeded, ledger.ByCallback, 1, render},
		"the link answers later": {"", 2, ledger.Succeeded, ledger.ByCallback, 3, render + 30*time.Second},
		"the link never answers": {"", 99, ledger.Unsure, "", 4, 0},
		"it never comes":         {",webhook-lost@1", 0, ledger.Unsure, "", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalled(t, 1, sandbox.Options{Render: render, Faults: "accept-then-drop@1" + test.faults})
				begun, confirm := time.Now(), c.engine.CheckLink
				c.engine.CheckLink = func(ctx context.Context, url string) error {
					if err := confirm(ctx, url); c.heads > test.deaf {
						return err
					}
					return errors.New("not there yet")
				}
				_, entries := c.run(t)
				e := entries["row-000"]
				if e.State != test.want || e.By != test.by || c.heads != test.heads {
					t.Errorf("%s by %q after asking %d times, want %s by %q after %d", e.State, e.By, c.heads, test.want, test.by, test.heads)
				}
				if took := e.SettledAt.Sub(begun); e.State.Settled() && took.Round(time.Second) != test.settled {
					t.Errorf("settled after %v, want %v", took, test.settled)
				}
				if waited := time.Since(begun); e.State.Settled() == (waited >= overnight().Deadline) {
					t.Errorf("%s, and the run lasted %v", e.State, waited)
				}
				c.paidOnce(t)
			})
		})
	}
}

// TestUnsignedCallbackDoesNotSettleAnUnsureRow has a receiver without a secret:
// what it reads is a hint, and a hint about a row without a ticket is worth nothing.
func TestUnsignedCallbackDoesNotSettleAnUnsureRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalled(t, 1, sandbox.Options{Render: time.Minute, Faults: "accept-then-drop@1"})
		c.listenWithout(t)
		_, entries := c.run(t)
		if e := entries["row-000"]; e.State != ledger.Unsure || c.heads != 0 || len(c.office.bodies) != 1 {
			t.Errorf("%s, %d links asked for, %d callbacks", e.State, c.heads, len(c.office.bodies))
		}
	})
}

// TestUnsignedCallbackIsAReasonToAsk is about a row that has a ticket.
func TestUnsignedCallbackIsAReasonToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const render = 97 * time.Second
		c := newCalled(t, 1, sandbox.Options{Render: render})
		c.listenWithout(t)
		_, entries := c.run(t)
		e := entries["row-000"]
		if took := e.SettledAt.Sub(e.SubmittedAt); e.State != ledger.Succeeded || e.By != "" || took.Round(time.Second) != render {
			t.Errorf("%s by %q after %v", e.State, e.By, took)
		}
	})
}

// listenWithout has the run listen without the secret that it signs with.
func (c *called) listenWithout(t *testing.T) {
	reader, err := colossyan.New(providers.Config{Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	c.receiver = engine.NewReceiver(reader)
	c.office.to, c.engine.Notices = c.receiver, c.receiver.Notices()
}

// TestNoticeThatNamesAJobIsConfirmedByAskingForIt: the signature says who sent it,
// and the service says whether there is such a job.
func TestNoticeThatNamesAJobIsConfirmedByAskingForIt(t *testing.T) {
	for name, test := range map[string]struct {
		real bool
		want ledger.State
	}{"its own job": {true, ledger.Succeeded}, "a job that does not exist": {false, ledger.Unsure}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalled(t, 1, sandbox.Options{Render: time.Minute, Faults: "accept-then-drop@1,webhook-lost=100%"})
				notices := make(chan providers.Notice, 1)
				c.engine.Notices = notices
				go func() {
					time.Sleep(30 * time.Second)
					id := "00000000-0000-0000-0000-000000000000"
					if bank, err := c.sandbox.Bank(); err == nil && test.real {
						id = bank[0].Job
					}
					notices <- providers.Notice{Reference: "row-000", Authentic: true, Ticket: job.Ticket{Job: id}}
				}()
				_, entries := c.run(t)
				if e := entries["row-000"]; e.State != test.want {
					t.Errorf("%s with ticket %q", e.State, e.Ticket.Job)
				}
				c.paidOnce(t)
			})
		})
	}
}

// TestNoticeWithoutOurReferenceIsMatchedByItsTicket: a proxy in front of the
// receiver has cut off the query that carried it.
func TestNoticeWithoutOurReferenceIsMatchedByItsTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const render = 97 * time.Second
		c := newCalled(t, 1, sandbox.Options{Render: render, Faults: "webhook-lost=100%"})
		notices := make(chan providers.Notice, 1)
		c.engine.Notices = notices
		go func() {
			time.Sleep(render)
			if bank, err := c.sandbox.Bank(); err == nil {
				notices <- providers.Notice{Authentic: true, Ticket: job.Ticket{Job: bank[0].Job}}
			}
		}()
		_, entries := c.run(t)
		if took := entries["row-000"].SettledAt.Sub(entries["row-000"].SubmittedAt); took.Round(time.Second) != render {
			t.Errorf("settled after %v, want %v", took, render)
		}
	})
}

// TestNoticesSaidBeforeAndTooLateAreCounted lets every callback come twice, and
// those of an earlier run once more.
func TestNoticesSaidBeforeAndTooLateAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalled(t, 4, sandbox.Options{Render: 40 * time.Second, Faults: "webhook-twice=100%"})
		c.ready = c.ready[:3]
		out, before := c.run(t)
		if sum := out.Ignored.Duplicate + out.Ignored.Late; sum < 2 || sum > 3 { // the run may end before the last one
			t.Errorf("mail %+v after 3 callbacks that came twice", out.Ignored)
		}
		synctest.Wait()
		earlier := engine.NewReceiver(c.provider.(providers.Notifier))
		for _, body := range c.office.bodies[:4] {
			post(earlier, bytes.NewReader(body))
		}
		c.office.to, c.engine.Notices, c.ready = nil, earlier.Notices(), readyRows(t, c.store)
		out, after := c.run(t)
		if out.Ignored.Late != 4 {
			t.Errorf("mail %+v, want 4 late", out.Ignored)
		}
		for key, e := range before {
			if e.State == ledger.Succeeded && after[key].Version != e.Version {
				t.Errorf("%s was changed by a late callback", key)
			}
		}
		c.paidOnce(t)
	})
}

// TestCallbackKeepsAPlannedRowFromBeingBoughtAgain: a person looked too early and
// said that a row was not made. Its callback says otherwise before it is sent.
func TestCallbackKeepsAPlannedRowFromBeingBoughtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalled(t, 1, sandbox.Options{Render: 10 * time.Minute, Faults: "accept-then-drop@1"})
		notices := c.engine.Notices
		c.engine.Notices = nil
		_, entries := c.run(t)
		e := entries["row-000"]
		if _, err := c.store.Apply(t.Context(), ledger.Change{Key: e.Key, Version: e.Version, Event: ledger.Event{
			Kind: ledger.Unsend, At: time.Now(), By: ledger.ByPerson,
		}}); err != nil {
			t.Fatal(err)
		}
		c.engine.Notices, c.ready = notices, readyRows(t, c.store)
		c.engine.Limits.Submits = []providers.Window{{Count: 1, Per: time.Hour}}
		_, entries = c.run(t)
		if e := entries["row-000"]; e.State != ledger.Succeeded || e.By != ledger.ByCallback {
			t.Errorf("%s by %q", e.State, e.By)
		}
		c.paidOnce(t)
	})
}

// TestInterruptedRunStillBelievesWhatItWasTold ends a run at the moment when a
// callback about an unsure row has come: nobody would send it a second time.
func TestInterruptedRunStillBelievesWhatItWasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalled(t, 1, sandbox.Options{Render: time.Minute, Faults: "accept-then-drop@1"})
		ctx, cancel := context.WithCancel(t.Context())
		confirm := c.engine.CheckLink
		c.engine.CheckLink = func(ctx context.Context, url string) error {
			cancel()
			time.Sleep(time.Second)
			return confirm(ctx, url)
		}
		out, err := c.engine.Run(ctx, c.ready)
		if err != nil || !out.Interrupted {
			t.Fatalf("%+v, %v", out, err)
		}
		if e := states(t, c.store)["row-000"]; e.State != ledger.Succeeded {
			t.Errorf("%s", e.State)
		}
	})
}

// deaf answers the first polls of a process with a lost connection.
type deaf struct {
	http.RoundTripper
	mu   sync.Mutex
	left int
	lost int
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodGet && d.left > 0 {
		d.left--
		d.lost++
		return nil, io.ErrUnexpectedEOF
	}
	return d.RoundTripper.RoundTrip(r)
}

// TestOverdueJobIsAskedUntilItAnswers: each run asks for it, and one lost
// connection is not the answer; a service that never answers ends the run.
func TestOverdueJobIsAskedUntilItAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		lost, asked int
		want        ledger.State
	}{
		"at once":     {0, 0, ledger.Succeeded},
		"after two":   {2, 2, ledger.Succeeded},
		"not for now": {99, 5, ledger.Submitted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, err := sandbox.New(sandbox.Options{Render: 10 * time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				defer sb.Close()
				line := &deaf{RoundTripper: sb.Transport()}
				s, store := colossyanOver(t, line), newMemory(t)
				e := newEngine(store, s)
				e.Limits.Deadline = time.Minute
				if _, err := e.Run(t.Context(), planRows(t, store, s, rows(1))); err != nil {
					t.Fatal(err)
				}
				if entry := states(t, store)["row-000"]; !entry.Overdue {
					t.Fatalf("%s is not overdue", entry.State)
				}
				time.Sleep(10 * time.Minute)
				line.left = test.lost
				if _, err := e.Run(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				if entry := states(t, store)["row-000"]; entry.State != test.want || line.lost != test.asked {
					t.Errorf("%s after %d lost polls, want %s after %d", entry.State, line.lost, test.want, test.asked)
				}
			})
		})
	}
}

// TestAJobFoundByCallbackCountsAsActive: the run had given up on a row and sent
// another; when a callback shows that its job is running after all, no third one
// may join the two.
func TestAJobFoundByCallbackCountsAsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalled(t, 3, sandbox.Options{Render: time.Minute, Faults: "accept-then-drop@1,failed@2,webhook-lost=100%"})
		c.engine.Limits.Active = 1
		notices := make(chan providers.Notice, 1)
		c.engine.Notices = notices
		go func() {
			time.Sleep(10 * time.Second)
			if bank, err := c.sandbox.Bank(); err == nil {
				notices <- providers.Notice{Reference: "row-000", Authentic: true, Ticket: job.Ticket{Job: bank[0].Job}}
			}
		}()
		_, entries := c.run(t)
		found, last := entries["row-000"], entries["row-002"]
		if found.State != ledger.Succeeded || !found.SettledAt.After(entries["row-001"].SettledAt) {
			t.Fatalf("the found job is %s at %v: the test is broken", found.State, found.SettledAt)
		}
		if last.IntendedAt.Before(found.SettledAt) {
			t.Errorf("sent at %v, while the found job ran until %v", last.IntendedAt, found.SettledAt)
		}
		c.paidOnce(t)
	})
}
