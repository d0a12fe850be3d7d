package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/credit"
)

// State is what became of the money of one accepted call.
type State string

// The states of a charge.
const (
	Open     State = "open"     // the job runs; the amount is held
	Charged  State = "charged"  // the amount was taken
	Released State = "released" // the job came to nothing and the amount was given back
)

// Charge is one line of the bank: a paid call that a service accepted, whether
// or not the caller ever heard of it. The bank is what a ledger is compared
// with; it is kept by the simulator alone.
type Charge struct {
	Provider  string          `json:"provider"`
	Job       string          `json:"job"`              // the service's id of the job
	Result    string          `json:"result,omitempty"` // its id of the result, where that is another one
	Operation string          `json:"operation"`        // "colossyan/template-job"
	Reference string          `json:"reference"`        // the caller's own key, if the request carried one
	Content   string          `json:"content"`          // SHA-256 of what is made: equal contents are the same video, whatever the callback fields say
	BodyHash  string          `json:"body_hash"`        // SHA-256 of the request's body as it came
	Body      json.RawMessage `json:"body"`             // the request; of uploads, their names, types, sizes and hashes
	Time      time.Time       `json:"time"`             // when it was accepted
	Price     credit.Amount   `json:"price"`            // what it costs when all goes well
	Amount    credit.Amount   `json:"amount"`           // what is held, taken or given back, as State says
	Unit      string          `json:"unit"`
	State     State           `json:"state"`
	Payer     string          `json:"payer"` // empty: the owner of the credential
}

// charge is the bank's line about a job at an instant.
func (j *job) charge(now time.Time) Charge {
	amount, state := j.cost(now)
	return Charge{
		Provider: j.Provider, Job: j.ID, Result: j.ResultID, Operation: j.Operation,
		Reference: j.Reference, Content: j.Content, BodyHash: j.BodyHash, Body: j.Body,
		Time: j.Created, Price: j.Price, Amount: amount, Unit: j.Unit, State: state, Payer: j.Payer,
	}
}

// Bank returns every paid call that was accepted, in the order of acceptance,
// as it stands now. What it shows is on disk.
func (s *Sandbox) Bank() ([]Charge, error) {
	jobs, err := s.books.list("", func(j *job) bool { return !j.Void })
	if err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	return charges(jobs, s.now()), nil
}

// ReadBank returns the bank of a state file that no sandbox has open.
func ReadBank(path string) ([]Charge, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	db, err := openState(path, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	var jobs []job
	file := &journal{db: db}
	err = file.load(func(j *job) {
		if !j.Void {
			jobs = append(jobs, *j)
		}
	}, func(string, int) {})
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	return charges(jobs, time.Now()), nil
}

func charges(jobs []job, now time.Time) []Charge {
	lines := make([]Charge, len(jobs))
	for i := range jobs {
		lines[i] = jobs[i].charge(now)
	}
	return lines
}
