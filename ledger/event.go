package ledger

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
)

// Kind names an event.
type Kind string

// The events. Each is the report of one side effect, or of one decision.
const (
	Plan    Kind = "plan"    // the sheet was read: this is what would be bought
	Intend  Kind = "intend"  // about to send: the reservation is made
	Unsend  Kind = "unsend"  // proven: nothing was created
	Submit  Kind = "submit"  // the provider answered with a ticket
	Reject  Kind = "reject"  // the provider refused the request for good
	Lose    Kind = "lose"    // the answer was lost
	Search  Kind = "search"  // looked for, and not found
	Adopt   Kind = "adopt"   // found again at the provider
	Observe Kind = "observe" // news of a job that goes on: another id, overdue
	Succeed Kind = "succeed" // the video exists
	Fail    Kind = "fail"    // the provider could not make the video
	Cancel  Kind = "cancel"  // stopped
	Repeat  Kind = "repeat"  // a person says: send it again, even if the first one was made
	Keep    Kind = "keep"    // a person says: the changed row stays as it was bought
	Purge   Kind = "purge"   // a person says: forget values, links and results
	Disown  Kind = "disown"  // a person says: the job that was adopted is another row's
	Fetch   Kind = "fetch"   // the file of the video is on this machine
	Resend  Kind = "resend"  // about to send the very same request again, under its key
	Claim   Kind = "claim"   // an answer came after its attempt was given up: this job exists as well
)

// Spends reports whether an event is the permission to send a paid request. Of a [Shared]
// store only the process that drives the ledger gives it.
func (k Kind) Spends() bool { return k == Intend || k == Resend }

// By says who is behind an event. The zero value is the program itself.
type By string

// Who can be behind an event.
const (
	ByCallback By = "callback" // an authenticated callback settled it
	ByPerson   By = "person"   // an explicit command
)

// Event is what happened to one entry.
type Event struct {
	Kind    Kind
	At      time.Time
	By      By
	Content Content // of Plan
	// Estimate, of Intend, is the one in force: what finished videos have taught since the
	// row was planned. An unknown one leaves the planned one in force.
	Estimate credit.Estimate
	// Sent, of Intend, is what a service is sent that knows requests by a key. Resend names
	// its hash again.
	Sent    Sent
	Filled  []Filled      // of Intend: what fills the holes of the payload
	Refused bool          // of Unsend: the service refused the request, and may remember its answer
	Ticket  job.Ticket    // of Submit, Adopt, Observe, Claim
	Charge  credit.Charge // of Succeed, Fail, Cancel
	Held    credit.Charge // of Submit, and of Adopt by a late answer: what the provider says it reserved, when it does
	Result  job.Result
	Reason  string      // of Intend, and of Adopt by a search: what [Entry.Session] returns
	Overdue bool        // of Observe
	Keep    Fingerprint // of Keep
	Fetched Fetched     // of Fetch
}
