// Package ledger is the memory of a campaign: one entry for every row, one for each part
// that rows share, and the one table of the changes that are legal.
//
// An [Entry] is the memory of one row: its [State], its request, the provider's ticket
// and the money. It changes only through [Next], which is pure: an entry and an [Event]
// give the next entry, or an error when the change is not legal. A [Store] makes such
// changes durable before it answers, so that a run can be killed at any moment:
//
//	planned  ── intend ──▶ intended ── submit ──▶ submitted ── succeed ──▶ succeeded
//	   ▲                     │    │                   ├─────── fail ─────▶ failed
//	   └────── unsend ───────┘    └── lose ──▶ unsure ┘─────── cancel ───▶ cancelled
//
// An entry is intended, durably, before the first byte of its submit leaves. An entry
// that is found intended after a crash becomes unsure: it is searched for, or a person
// decides, but it is never simply sent again.
package ledger

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
)

// State is the step that an entry has reached. Each state is defined by the conclusion
// that it allows after a crash.
type State string

// The states, and the only ones.
const (
	// Planned means nothing was sent: either never, or it is proven that the
	// last attempt created nothing. After a crash it may be sent.
	Planned State = "planned"
	// Intended means a request is about to be sent, or was sent and its answer
	// was lost. After a crash the two look the same, so an Intended entry found
	// at start becomes Unsure and is never sent again without proof.
	Intended State = "intended"
	// Submitted means the provider accepted the job and gave a ticket. After a
	// crash the job is asked for by its ticket.
	Submitted State = "submitted"
	// Unsure means that it is not known whether a job was created. The job is searched
	// for where the provider can be searched, and otherwise the row waits for a person.
	Unsure State = "unsure"
	// Succeeded means the video exists and its result is recorded. Settled.
	Succeeded State = "succeeded"
	// Failed means the provider refused the request or could not make the
	// video. Settled, until a person retries it or mends the row.
	Failed State = "failed"
	// Cancelled means a person stopped it. Settled.
	Cancelled State = "cancelled"
)

// States lists every state in the order of a row's life.
func States() []State {
	return []State{Planned, Intended, Submitted, Unsure, Succeeded, Failed, Cancelled}
}

// Settled reports whether the state changes only by an explicit command of a
// person (invariant L6).
func (s State) Settled() bool { return s == Succeeded || s == Failed || s == Cancelled }

// Open reports whether money is reserved in this state (invariant L5).
func (s State) Open() bool { return s == Intended || s == Submitted || s == Unsure }

// Fingerprint is the SHA-256 of what would be bought: the operation, the payload
// without callback, webhook and reference fields, and the hashes of media files.
type Fingerprint [32]byte

// IsZero reports whether there is no fingerprint.
func (f Fingerprint) IsZero() bool { return f == Fingerprint{} }

// String writes the fingerprint in hexadecimal.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// MarshalText writes hexadecimal, and nothing for the zero value.
func (f Fingerprint) MarshalText() ([]byte, error) {
	if f.IsZero() {
		return nil, nil
	}
	return []byte(f.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (f *Fingerprint) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*f = Fingerprint{}
		return nil
	}
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(f) {
		return fmt.Errorf("read fingerprint %q: want 64 hexadecimal digits", text)
	}
	copy(f[:], raw)
	return nil
}

// Content is everything that a submit needs (invariant L11). It is recorded with the plan,
// so that a sheet which is sorted or edited during a run changes no video.
type Content struct {
	Row         int             `json:"row,omitempty"`
	Operation   string          `json:"op,omitempty"`
	Fingerprint Fingerprint     `json:"fp,omitzero"`
	Payload     json.RawMessage `json:"payload,omitempty"`
	Media       []job.Media     `json:"media,omitempty"`
	Reference   string          `json:"ref,omitempty"` // opaque, ours; the only thing of the row that a provider may echo
	File        string          `json:"file,omitempty"`
	Account     credit.Account  `json:"acct,omitzero"`
	Estimate    credit.Estimate `json:"est,omitzero"`
	Seconds     job.Length      `json:"secs,omitzero"`
	Made        job.Breakdown   `json:"made,omitzero"`   // of Seconds
	Step        string          `json:"step,omitempty"`  // of the row's chain; empty where there is none
	After       string          `json:"after,omitempty"` // the key of the entry that must have succeeded first
	Fill        []Fill          `json:"fill,omitempty"`  // the holes of Payload, in their order
}

// Sent is the request of an attempt at a service that knows requests by a key of ours. The
// same request may be sent again under the same key, and is then one job.
type Sent struct {
	Hash     Fingerprint `json:"hash,omitzero"` // of all that was sent but the key; zero: there was no key
	Callback string      `json:"callback,omitempty"`
	// Turn is how often the service itself refused a first send. It is part of the key, so
	// that no remembered refusal is the answer to the next one.
	Turn    int `json:"turn,omitempty"`
	Resends int `json:"resends,omitempty"`
}

// MostResends is how often the program sends the request of an attempt again, over all
// runs.
const MostResends = 3

// Fetched is the file that the video of an attempt was fetched into, as it was
// then. The zero value says that none was.
type Fetched struct {
	File   string      `json:"file"`
	Bytes  int64       `json:"bytes,omitempty"`
	SHA256 Fingerprint `json:"sha256,omitzero"` // of its bytes
}

// Proven reports whether the contents of the fetched file are known. Ledgers of the first
// edition kept only its name.
func (f Fetched) Proven() bool { return !f.SHA256.IsZero() }

// Attempt is an earlier try of the same row, kept with its cost.
type Attempt struct {
	Ticket  job.Ticket     `json:"ticket,omitzero"`
	Outcome State          `json:"outcome"`
	Account credit.Account `json:"acct,omitzero"` // who paid for it
	Charged credit.Amount  `json:"charged,omitzero"`
	Basis   credit.Basis   `json:"basis,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	At      time.Time      `json:"at"`
	Fetched Fetched        `json:"fetched,omitzero"`
}

// Moment is one line of a row's story.
type Moment struct {
	At     time.Time `json:"t"`
	Kind   Kind      `json:"e"`
	Detail string    `json:"d,omitempty"`
}

// Entry is what the ledger knows about one row. Keys name rows for good.
type Entry struct {
	Key     string `json:"key"`
	Version uint64 `json:"v"` // grows by one with each event; compare-and-set goes by it
	State   State  `json:"state"`
	Content
	// InForce is the estimate that the current attempt was sent with, where finished videos
	// have taught one: its high end is what was reserved. Content.Estimate stays as planned.
	InForce credit.Estimate `json:"force,omitzero"`
	Sent    Sent            `json:"sent,omitzero"`
	// Filled is what the holes of the current attempt were filled with, one for each of Fill.
	// It is empty before the intent.
	Filled []Filled `json:"filled,omitempty"`

	Ticket  job.Ticket   `json:"ticket,omitzero"`
	Money   Money        `json:"money,omitzero"`
	Basis   credit.Basis `json:"basis,omitempty"`  // of Money.Charged
	Reason  string       `json:"reason,omitempty"` // why it failed, is unsure or was cancelled; the provider's words, redacted
	By      By           `json:"by,omitempty"`     // who settled it
	Result  job.Result   `json:"result,omitzero"`
	Fetched Fetched      `json:"fetched,omitzero"` // a file is the row's only when this says so
	Overdue bool         `json:"overdue,omitempty"`
	Asked   int          `json:"asked,omitempty"` // searches that found nothing
	Kept    Fingerprint  `json:"kept,omitzero"`   // a changed row that a person chose to keep as it is

	PlannedAt   time.Time `json:"planned,omitzero"`
	IntendedAt  time.Time `json:"intended,omitzero"`
	SubmittedAt time.Time `json:"submitted,omitzero"`
	AskedAt     time.Time `json:"askedat,omitzero"`
	SettledAt   time.Time `json:"settled,omitzero"`

	Attempts  []Attempt `json:"tries,omitempty"`
	Elsewhere []Balance `json:"elsewhere,omitempty"` // what earlier attempts cost other accounts; Money is of Account alone
	History   []Moment  `json:"hist,omitempty"`
	Purged    bool      `json:"purged,omitempty"`
}

// Expected is the estimate that the entry's reservation was made by: the one in force
// when it was sent, else the planned one.
func (e Entry) Expected() credit.Estimate {
	if e.InForce.Known() {
		return e.InForce
	}
	return e.Estimate
}

// Tickets returns the job ids that belong to the entry for good: the current one
// and those of its earlier attempts, each once.
func (e Entry) Tickets() []string {
	var jobs []string
	if e.Ticket.Job != "" {
		jobs = append(jobs, e.Ticket.Job)
	}
	for _, a := range e.Attempts {
		if a.Ticket.Job != "" && !slices.Contains(jobs, a.Ticket.Job) {
			jobs = append(jobs, a.Ticket.Job)
		}
	}
	return jobs
}

// Adopted reports whether the current job was found again rather than named by
// the service in the answer to the request: then it may be another row's.
func (e Entry) Adopted() bool { return e.origin() == Adopt }

// Disowned reports whether a person took back the job that was adopted last. The row is
// not searched for any more, because a search would find the same job again.
func (e Entry) Disowned() bool { return e.origin() == Disown }

// origin returns the latest event of the current attempt that gave the row a ticket, took
// it away, or began the attempt. It goes by the order of the history and not by its times,
// because clocks are set back, and only by the part without a gap: an event that is no
// longer in the history could have come in between.
func (e Entry) origin() Kind {
	for _, m := range slices.Backward(unbroken(e.History)) {
		switch m.Kind {
		case Plan, Intend, Submit, Adopt, Disown:
			return m.Kind
		case Unsend, Reject, Lose, Search, Observe, Succeed, Fail, Cancel, Repeat, Keep, Purge, Fetch, Resend, Claim:
		}
	}
	return ""
}

// Session names the credentials that the current job goes by, as its intent told,
// or the search that found it: jobs of the same credentials have the same. It is no
// secret, and empty where it was not recorded.
func (e Entry) Session() string {
	for _, m := range slices.Backward(unbroken(e.History)) {
		if m.Kind == Intend || m.Kind == Adopt {
			return m.Detail
		}
	}
	return ""
}

// Files returns the files that were fetched for the entry and not forgotten: that of its
// current attempt first.
func (e Entry) Files() (files []Fetched) {
	if e.Fetched.File != "" {
		files = append(files, e.Fetched)
	}
	for _, a := range e.Attempts {
		if a.Fetched.File != "" {
			files = append(files, a.Fetched)
		}
	}
	return files
}

// Assumed reports whether only the name is known of some file of the entry.
func (e Entry) Assumed() bool {
	return slices.ContainsFunc(e.Files(), func(f Fetched) bool { return !f.Proven() })
}

// Balances returns the entry's balance of each account, the current account first.
func (e Entry) Balances() []Balance {
	return append([]Balance{{Account: e.Account, Money: e.Money}}, e.Elsewhere...)
}

// Changed reports whether the sheet's row has another content than the one that was
// bought, or may have been, and no person has decided about it yet.
func (e Entry) Changed(now Fingerprint) bool {
	return e.State != Planned && e.State != Failed && e.State != Cancelled &&
		e.Fingerprint != now && e.Kept != now
}
