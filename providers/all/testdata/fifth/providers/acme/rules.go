package acme

import (
	"encoding/json"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// order is a request as the service reads it.
type order struct {
	Title   string `json:"title"`
	Seconds int64  `json:"seconds"`
}

// Checker knows the rules and prices: a second costs a credit.
type Checker struct{}

// Traits says how the service behaves.
func (Checker) Traits() providers.Traits {
	return providers.Traits{
		Submits: []providers.Window{{Count: 10, Per: time.Second}}, Active: 4,
		FirstPoll: time.Second, MaxPoll: time.Minute, Deadline: time.Hour,
		FindComplete: true, Settle: time.Second,
		CancelMeans: "Acme cannot stop a video.", Look: "Acme, Videos", GuessCost: "the same video a second time",
	}
}

// Check reports every rule that the request breaks.
func (Checker) Check(r providers.Request) (found problem.List) {
	var o order
	if json.Unmarshal(r.Body, &o) != nil {
		return problem.List{{Code: "ACM-1", Message: "the request is not one that Acme takes", Hint: "see: reelmerge schema acme-video"}}
	}
	if o.Title == "" || len(o.Title) > 40 {
		found = append(found, problem.Problem{Code: "ACM-1", Place: problem.Place{Pointer: "/title"}, Value: o.Title, Message: "a title has 1 to 40 bytes", Hint: "shorten the title"})
	}
	if o.Seconds < 1 || o.Seconds > 60 {
		found = append(found, problem.Problem{Code: "ACM-2", Place: problem.Place{Pointer: "/seconds"}, Message: "a video has 1 to 60 seconds", Hint: "write a number from 1 to 60"})
	}
	return found
}

// Quote says what the request will cost.
func (Checker) Quote(r providers.Request, _ job.Length) credit.Estimate {
	var o order
	if json.Unmarshal(r.Body, &o) != nil || o.Seconds < 1 {
		return credit.Estimate{}
	}
	return credit.Exactly(credit.Of(o.Seconds), credit.Documented)
}

// Charge is what was quoted; a failure costs nothing.
func (Checker) Charge(quoted credit.Estimate, p providers.Progress) credit.Charge {
	switch p.Outcome {
	case providers.Succeeded:
		return credit.Charge{Amount: quoted.Likely, Basis: quoted.Basis}
	case providers.Failed:
		return credit.Charge{Basis: credit.Documented}
	case providers.Running, providers.Cancelled:
	}
	return credit.Charge{}
}

// Account is the token's.
func (Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: "credits"}
}
