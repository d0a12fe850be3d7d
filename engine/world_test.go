package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// world is one process after another over one ledger and one service. It dies at
// chosen boundaries: after that, nothing the process does has any effect. Or it is stopped at
// one of them, and goes on later.
type world struct {
	mu       sync.Mutex
	boundary int
	dieAt    map[int]bool
	dead     bool

	process *ledgertest.Process // of a shared ledger; nil: there is none
	pauses  stop
	awake   time.Time // when it goes on
	ended   time.Time // when it was stopped, or died
}

var errDead = errors.New("the process is dead")

// cross is a boundary: it dies here if it is to. What a dead process does next
// has no effect.
func (w *world) cross() error {
	w.mu.Lock()
	if !w.dead {
		w.boundary++
		w.meet()
	}
	dead, awake := w.dead, w.awake
	w.mu.Unlock()
	if dead {
		return errDead
	}
	time.Sleep(time.Until(awake))
	return nil
}

// stop has the process die or stop at a boundary.
func (w *world) stop(s stop) {
	if s.pause > 0 {
		w.pauses = s
	} else {
		w.dieAt[s.at] = true
	}
}

// meet has the process die or stop at this boundary, if it is to.
func (w *world) meet() {
	pauses := w.boundary == w.pauses.at
	w.dead = w.dieAt[w.boundary]
	if !w.dead && !pauses {
		return
	}
	w.ended = time.Now()
	if w.process != nil {
		w.process.Stop()
	}
	if pauses {
		w.awake = w.ended.Add(w.pauses.pause)
		time.AfterFunc(w.pauses.pause, w.process.Continue)
	}
}

func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = false
}

// mortalStore dies before or after a durable write.
type mortalStore struct {
	ledger.Store
	w *world
}

func (s mortalStore) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	if err := s.w.cross(); err != nil {
		return nil, err
	}
	entries, err := s.Store.Apply(ctx, changes...)
	if err != nil {
		return nil, err
	}
	if err := s.w.cross(); err != nil {
		return nil, err
	}
	return entries, nil
}

func (s mortalStore) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return s.Store.Entries(ctx, q)
}

// mortalTransport dies before a request has an effect, or after it, with the
// answer on its way.
type mortalTransport struct {
	http.RoundTripper
	w *world
}

func (t mortalTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.w.cross(); err != nil {
		return nil, err
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := t.w.cross(); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// service is what a trial runs against, with the bank that decides about it.
type service struct {
	provider providers.Provider
	checker  providers.Checker
	bank     func() map[string]int  // reference → accepted jobs
	taken    func() []credit.Amount // what each charged job cost, where the bank tells
	operation,
	payload string
}

const templateJob = "colossyan/template-job"

// unsearchable is the real Colossyan client against the simulator.
func unsearchable(t testing.TB, w *world, o sandbox.Options) service {
	sb, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	s := colossyanOver(t, mortalTransport{sb.Transport(), w})
	s.bank = func() map[string]int { return jobsByName(t, sb) }
	s.taken = func() (amounts []credit.Amount) {
		lines, err := sb.Bank()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if line.State == sandbox.Charged {
				amounts = append(amounts, line.Amount)
			}
		}
		return amounts
	}
	return s
}

// colossyanOver is the real Colossyan client over a transport.
func colossyanOver(t testing.TB, transport http.RoundTripper) service {
	provider, err := colossyan.New(providers.Config{
		BaseURL: "http://sandbox.test/colossyan/api/v1", Token: "secret", Transport: transport, WebhookSecret: "hook",
	})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := colossyan.NewChecker(templateJob, providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	return service{
		provider: provider, checker: checker, operation: templateJob,
		payload: `{"templateJobId":"t","dynamicVariables":{"name":%q}}`,
	}
}

// jobsByName counts what the bank accepted, by the value of the rows' variable.
func jobsByName(t testing.TB, sb *sandbox.Sandbox) map[string]int {
	jobs := map[string]int{}
	charges, err := sb.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range charges {
		var body struct {
			DynamicVariables struct{ Name string }
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			t.Fatal(err)
		}
		jobs[body.DynamicVariables.Name]++
	}
	return jobs
}

// shelf is a service that can be searched: jobs by our reference. Several processes may have
// one stock.
type shelf struct {
	w *world
	*stock
}

type stock struct {
	complete bool
	mu       sync.Mutex
	jobs     map[string][]string // key → job ids
	born     map[string]time.Time
}

func newStock(complete bool) *stock {
	return &stock{complete: complete, jobs: map[string][]string{}, born: map[string]time.Time{}}
}

// bank counts the jobs of each row.
func (s *stock) bank() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := map[string]int{}
	for ref, ids := range s.jobs {
		jobs[ref] = len(ids)
	}
	return jobs
}

func (s *shelf) Traits() providers.Traits {
	return providers.Traits{FindComplete: s.complete, Settle: 30 * time.Second}
}
func (s *shelf) Check(providers.Request) problem.List { return nil }
func (s *shelf) Quote(providers.Request, job.Length) credit.Estimate {
	return credit.Exactly(credit.Of(1), credit.Documented)
}
func (s *shelf) Charge(q credit.Estimate, p providers.Progress) credit.Charge {
	return credit.Charge{Amount: q.High, Basis: q.Basis}
}
func (s *shelf) Account(providers.Request) credit.Account {
	return credit.Account{Provider: "shelf", Unit: "jobs"}
}

// Submit asks the guard directly before the request leaves, as the transport of the real
// clients does, and gives a request up that takes too long to arrive.
func (s *shelf) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if err := s.w.cross(); err != nil { // dialled
		return providers.Receipt{}, err
	}
	if err := providers.Open(ctx); err != nil {
		return providers.Receipt{}, &providers.Error{Kind: providers.NotSent, Call: "submit", Err: err}
	}
	left := time.Now()
	if err := s.w.cross(); err != nil { // on the wire
		return providers.Receipt{}, err
	}
	if time.Since(left) > ledger.LongestSubmit {
		return providers.Receipt{}, &providers.Error{Kind: providers.Unknown, Call: "submit", Err: context.DeadlineExceeded}
	}
	s.mu.Lock()
	id := fmt.Sprintf("%s/%d", r.Reference, len(s.jobs[r.Reference]))
	s.jobs[r.Reference] = append(s.jobs[r.Reference], id)
	s.born[id] = time.Now()
	s.mu.Unlock()
	if err := s.w.cross(); err != nil {
		return providers.Receipt{}, err
	}
	return providers.Receipt{Ticket: job.Ticket{Job: id}}, nil
}

func (s *shelf) Poll(_ context.Context, _ string, t job.Ticket) (providers.Progress, error) {
	if err := s.w.cross(); err != nil {
		return providers.Progress{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.born[t.Job]) < 20*time.Second {
		return providers.Progress{}, nil
	}
	return providers.Progress{Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://v.test/" + t.Job}}, nil
}

// Find shows a job five seconds after its birth. One that the ledger knows is the
// witness of a search that finds nothing.
func (s *shelf) Find(_ context.Context, l providers.Lost) (found []job.Ticket, err error) {
	if err := s.w.cross(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.jobs[l.Request.Reference] {
		if time.Since(s.born[id]) >= 5*time.Second && !l.Taken(id) {
			found = append(found, job.Ticket{Job: id})
		}
	}
	if len(found) == 0 && l.Known != nil && !s.shows(l.Known) {
		return nil, providers.ErrNoWitness
	}
	return found, nil
}

// shows reports whether a job that the ledger knows is old enough to be shown.
func (s *shelf) shows(known func(string) (time.Time, bool)) bool {
	for job, born := range s.born {
		if _, ok := known(job); ok && time.Since(born) >= 5*time.Second {
			return true
		}
	}
	return false
}

func searchable(w *world, complete bool) service {
	s := &shelf{w, newStock(complete)}
	return service{
		provider: s, checker: s, operation: "shelf/make", payload: `{"name":%q}`,
		bank: s.bank,
	}
}

// rows names n rows; their keys are their references and their values.
func rows(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("row-%03d", i)
	}
	return keys
}

// planRows puts rows into a ledger as a planner would.
func planRows(t testing.TB, store ledger.Store, s service, keys []string) []engine.Ready {
	var ready []engine.Ready
	var changes []ledger.Change
	for i, key := range keys {
		body := []byte(fmt.Sprintf(s.payload, key))
		request := providers.Request{Operation: s.operation, Body: body}
		content := ledger.Content{
			Row: i + 2, Operation: s.operation, Fingerprint: ledger.Fingerprint{byte(i), byte(i >> 8), 1}, Payload: body,
			Reference: key, Account: s.checker.Account(request),
			Estimate: s.checker.Quote(request, job.Length{Low: time.Minute, Likely: time.Minute, High: 2 * time.Minute}),
		}
		changes = append(changes, ledger.Change{Key: key, Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: content}})
		ready = append(ready, engine.Ready{Key: key, Fingerprint: content.Fingerprint})
	}
	if _, err := store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	return ready
}

// readyRows is what planning an unchanged sheet again finds to send.
func readyRows(t testing.TB, store ledger.Store) (ready []engine.Ready) {
	for e, err := range store.Entries(t.Context(), ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, engine.Ready{Key: e.Key, Fingerprint: e.Fingerprint})
	}
	return ready
}

func newMemory(t testing.TB) *ledgertest.Memory {
	m := ledgertest.NewMemory(ledgertest.Identity())
	ledgertest.Checked(t, m)
	return m
}

func states(t testing.TB, store ledger.Store) map[string]ledger.Entry {
	entries := map[string]ledger.Entry{}
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries[e.Key] = e
	}
	return entries
}
