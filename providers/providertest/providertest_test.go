package providertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/providertest"
)

// The plain service is the smallest one that has everything a lost answer needs:
// it keeps the caller's reference and lists all jobs.
const plainOperation = "plain/video"

type plainJob struct {
	ID        string    `json:"id"`
	Reference string    `json:"reference"`
	Seconds   int64     `json:"seconds"`
	Created   time.Time `json:"created"`
	Cancelled bool      `json:"cancelled"`
}

// plainService plays it.
type plainService struct {
	mu     sync.Mutex
	render time.Duration
	jobs   []*plainJob
}

func newPlainService(render time.Duration) *plainService { return &plainService{render: render} }

func (s *plainService) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs", s.create)
	mux.HandleFunc("GET /jobs", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply(w, http.StatusOK, map[string]any{"jobs": s.jobs})
	})
	mux.HandleFunc("GET /jobs/{id}", s.with(func(w http.ResponseWriter, j *plainJob) {
		reply(w, http.StatusOK, map[string]any{"id": j.ID, "status": s.status(j), "seconds": j.Seconds})
	}))
	mux.HandleFunc("DELETE /jobs/{id}", s.with(func(w http.ResponseWriter, j *plainJob) {
		j.Cancelled = true
		reply(w, http.StatusNoContent, nil)
	}))
	return mux
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(w).Encode(v)
	}
}

func (s *plainService) create(w http.ResponseWriter, r *http.Request) {
	var j plainJob
	if err := json.NewDecoder(r.Body).Decode(&j); err != nil || j.Seconds <= 0 {
		reply(w, http.StatusBadRequest, map[string]string{"error": "seconds must be positive"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.ID, j.Created = fmt.Sprintf("job-%d", len(s.jobs)+1), time.Now()
	s.jobs = append(s.jobs, &j)
	reply(w, http.StatusCreated, map[string]string{"id": j.ID})
}

func (s *plainService) with(do func(http.ResponseWriter, *plainJob)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, j := range s.jobs {
			if j.ID == r.PathValue("id") {
				do(w, j)
				return
			}
		}
		reply(w, http.StatusNotFound, map[string]string{"error": "no such job"})
	}
}

func (s *plainService) status(j *plainJob) string {
	switch {
	case j.Cancelled:
		return "cancelled"
	case time.Since(j.Created) >= s.render:
		return "done"
	}
	return "running"
}

func (s *plainService) bank() ([]providertest.Charge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var charges []providertest.Charge
	for _, j := range s.jobs {
		charges = append(charges, providertest.Charge{Job: j.ID, Amount: credit.Of(j.Seconds), Unit: "seconds"})
	}
	return charges, nil
}

// plainClient is its client.
type plainClient struct{ rest *rest.Client }

func (c plainClient) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	var fields map[string]any
	if r.Operation != plainOperation || json.Unmarshal(r.Body, &fields) != nil {
		return providers.Receipt{}, &providers.Error{Kind: providers.Invalid, Call: "submit", Message: "not a request"}
	}
	fields["reference"] = r.Reference
	body, err := json.Marshal(fields)
	if err != nil {
		return providers.Receipt{}, err
	}
	call := rest.Call{Name: "submit", Method: http.MethodPost, Path: "/jobs", Paid: true}.JSON(body)
	var made plainJob
	answer, err := c.rest.DoJSON(ctx, call, &made)
	if err != nil {
		return providers.Receipt{}, err
	}
	if made.ID == "" {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no job")
	}
	return providers.Receipt{Ticket: job.Ticket{Job: made.ID}, Rate: answer.Rate}, nil
}

func (c plainClient) Poll(ctx context.Context, _ string, t job.Ticket) (providers.Progress, error) {
	var answered struct {
		Status  string `json:"status"`
		Seconds int64  `json:"seconds"`
	}
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: "/jobs/" + rest.Segment(t.Job)}
	answer, err := c.rest.DoJSON(ctx, call, &answered)
	if err != nil {
		return providers.Progress{}, err
	}
	p := providers.Progress{Ticket: t, Rate: answer.Rate}
	switch answered.Status {
	case "":
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	case "running":
	case "cancelled":
		p.Outcome = providers.Cancelled
	case "done":
		p.Outcome = providers.Succeeded
		p.Result = job.Result{VideoURL: "https://files.example.com/" + t.Job, Duration: time.Duration(answered.Seconds) * time.Second}
	default:
		p.Strange = answered.Status
	}
	return p, nil
}

func (c plainClient) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	var list struct{ Jobs []plainJob }
	if _, err := c.rest.DoJSON(ctx, rest.Call{Name: "find", Method: http.MethodGet, Path: "/jobs"}, &list); err != nil {
		return nil, err
	}
	span := rest.NewSpan(l)
	var found []job.Ticket
	for _, j := range list.Jobs {
		span.Shows(time.Time{}, j.ID)
		if j.Reference == l.Request.Reference && !l.Taken(j.ID) {
			found = append(found, job.Ticket{Job: j.ID})
		}
	}
	if len(found) == 0 {
		return nil, span.Nothing()
	}
	return found, nil
}

func (c plainClient) Cancel(ctx context.Context, _ string, t job.Ticket) error {
	_, err := c.rest.Do(ctx, rest.Call{Name: "cancel", Method: http.MethodDelete, Path: "/jobs/" + rest.Segment(t.Job)})
	return err
}

// plainChecker is its checker: a second of video costs a second.
type plainChecker struct{}

func (plainChecker) Traits() providers.Traits {
	return providers.Traits{
		Submits: []providers.Window{{Count: 10, Per: time.Second}}, Active: 4,
		FirstPoll: time.Second, MaxPoll: time.Minute, Deadline: time.Hour,
		FindComplete: true, Settle: time.Second,
		CancelMeans: "the job stops", Look: "Look in the list of jobs", GuessCost: "a second video",
	}
}

func (plainChecker) Check(r providers.Request) problem.List {
	var fields plainJob
	if json.Unmarshal(r.Body, &fields) != nil || fields.Seconds <= 0 {
		return problem.List{{Code: "PLA-1", Place: problem.Place{Pointer: "/seconds"}, Message: "seconds must be positive", Hint: "write a number"}}
	}
	return nil
}

func (plainChecker) Quote(r providers.Request, _ job.Length) credit.Estimate {
	var fields plainJob
	if json.Unmarshal(r.Body, &fields) != nil {
		return credit.Estimate{}
	}
	return credit.Exactly(credit.Of(fields.Seconds), credit.Documented)
}

func (plainChecker) Charge(quoted credit.Estimate, p providers.Progress) credit.Charge {
	if p.Outcome != providers.Succeeded {
		return credit.Charge{}
	}
	return credit.Charge{Amount: quoted.Likely, Basis: quoted.Basis}
}

func (plainChecker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: "plain", Unit: "seconds"}
}

func plain() providers.Service {
	return providers.Service{
		Name: "plain", Title: "Plain", TokenHint: "there is none",
		Operations: []providers.Operation{{Name: plainOperation}},
		NewChecker: func(operation string, _ providers.Prices) (providers.Checker, error) {
			if operation != plainOperation {
				return nil, errors.New("no such operation")
			}
			return plainChecker{}, nil
		},
		New: func(c providers.Config) (providers.Provider, error) {
			client, err := rest.New(c, rest.Options{Credentials: http.Header{"X-Api-Key": {c.Token}}})
			if err != nil {
				return nil, err
			}
			return plainClient{client}, nil
		},
	}
}

func plainSetup() providertest.Setup {
	return providertest.Setup{
		Service: plain(), Operation: plainOperation,
		Request: func(n int) providers.Request {
			return providers.Request{Body: json.RawMessage(fmt.Sprintf(`{"seconds":%d}`, n+1))}
		},
		Broken: []providers.Request{{Body: json.RawMessage(`{"seconds":0}`)}},
		Serve: func(_ *testing.T, p providertest.Play) providertest.Backend {
			s := newPlainService(p.Render)
			return providertest.Backend{Handler: s.handler(), Bank: s.bank}
		},
	}
}

// TestASecondServicePasses holds the suite to what it says: nothing in it is
// about one service alone.
func TestASecondServicePasses(t *testing.T) { providertest.Run(t, plainSetup()) }
