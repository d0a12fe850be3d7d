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

// State says what happened to the money of an accepted call.
type State string

// The states of a charge.
const (
	Open     State = "open"     // the job runs; the amount is held
	Charged  State = "charged"  // the amount was taken
	Released State = "released" // the job came to nothing and the amount was given back
)

// Charge is one line of the bank: a paid call that a service accepted. It is there even if
// the answer was lost. Tests compare a ledger with the bank, so only the simulator writes
// it.
type Charge struct {
	Provider  string          `json:"provider"`
	Job       string          `json:"job"`              // the service's id of the job
	Result    string          `json:"result,omitempty"` // its id of the result, where that is another one
	Operation string          `json:"operation"`        // "colossyan/template-job"
	Reference string          `json:"reference"`        // the caller's own key, if the request carried one
	Content   string          `json:"content"`          // SHA-256 of the video's input: equal contents are the same video, with any callback fields
	BodyHash  string          `json:"body_hash"`        // SHA-256 of the request's body as it came
	Body      json.RawMessage `json:"body"`             // the request; of uploads, their names, types, sizes and hashes
	Time      time.Time       `json:"time"`             // when it was accepted
	Price     credit.Amount   `json:"price"`            // the cost of a success
	Amount    credit.Amount   `json:"amount"`           // the amount that is held, taken or given back, as State says
	Unit      string          `json:"unit"`
	State     State           `json:"state"`
	Payer     string          `json:"payer"` // empty: the owner of the credential
}

// charge returns the bank's line about a job at an instant.
func (j *job) charge(now time.Time) Charge {
	amount, state := j.cost(now)
	return Charge{
		Provider: j.Provider, Job: j.ID, Result: j.ResultID, Operation: j.Operation,
		Reference: j.Reference, Content: j.Content, BodyHash: j.BodyHash, Body: j.Body,
		Time: j.Created, Price: j.Price, Amount: amount, Unit: j.Unit, State: state, Payer: j.Payer,
	}
}

// Bank returns every accepted paid call in the order of acceptance, as it stands now. All
// of it is on disk.
func (s *Sandbox) Bank() ([]Charge, error) {
	jobs, err := s.books.list("", func(j *job) bool { return !j.Void })
	if err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	return charges(jobs, s.now()), nil
}

// ReadBank returns the bank of a state file. No sandbox may have the file open.
func ReadBank(path string) ([]Charge, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read bank: %w", err)
	}
	// A read-only bbolt still takes a lock, so a running sandbox makes this fail, and never
	// gives half an answer.
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

// charges returns the lines of the bank for jobs.
func charges(jobs []job, now time.Time) []Charge {
	lines := make([]Charge, len(jobs))
	for i := range jobs {
		lines[i] = jobs[i].charge(now)
	}
	return lines
}
