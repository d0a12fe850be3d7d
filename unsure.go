package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Unsure is a row whose outcome is not known. Its JSON is that of `resolve --json`.
type Unsure struct {
	Key    string    `json:"key"`
	Row    int       `json:"row"`
	Part   string    `json:"part,omitempty"` // of a step that rows wait for; then there is no key
	From   time.Time `json:"from"`           // its job, if there is one, was made between From and Until
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Look   string    `json:"look"` // where a person looks for the job
	Cost   string    `json:"cost_of_a_wrong_guess"`
	// ResendUntil is until when the request can be sent again under its key, and is one
	// job; zero where the service does not know it.
	ResendUntil time.Time `json:"resend_until,omitzero"`
	// Claims are jobs that earlier requests made after all, although those were given up. One of
	// them can be adopted.
	Claims []string `json:"claims,omitempty"`
	// Values are the cells that feed the video, by which a person knows it again; none
	// where the sheet does not have the row as it was sent.
	Values []Value `json:"values"`
}

// Who names the row, or the step that rows wait for.
func (u Unsure) Who() string { return whoOf(u.Row, u.Key, u.Part) }

// Flag names it on a command line.
func (u Unsure) Flag() []string { return flagOf(u.Key, u.Part) }

// Who names the row that the job may be of, or the step.
func (p Proposal) Who() string { return whoOf(p.Row, p.Key, p.Part) }

// Flag names it on a command line.
func (p Proposal) Flag() []string { return flagOf(p.Key, p.Part) }

func whoOf(row int, key, part string) string {
	if part != "" {
		return "the step " + part
	}
	return fmt.Sprintf("row %d (key %s)", row, key)
}

func flagOf(key, part string) []string {
	if part != "" {
		return wording.Flag("--part", part)
	}
	return wording.Flag("--row", key)
}

// Value is a cell of a row, with the name of its column.
type Value struct {
	Column string `json:"column"`
	Text   string `json:"text"`
}

// PlainReason says in words for people why it is not known whether a row was made. The
// ledger keeps the error as the call returned it.
func PlainReason(reason string) string {
	reason = strings.TrimRight(strings.TrimPrefix(reason, "submit: "), ". ")
	switch {
	case reason == "":
		return "its answer was lost"
	case strings.Contains(reason, "connection lost"), strings.Contains(reason, "EOF"), strings.Contains(reason, "connection reset"):
		return "the connection was lost before the answer came"
	case strings.Contains(reason, "deadline exceeded"), strings.Contains(reason, "timeout"):
		return "no answer came in time"
	}
	if rest, ok := strings.CutPrefix(reason, "status "); ok {
		return "the service answered with the error " + rest
	}
	return reason
}

// around is how much the time of a lost job may differ from the time of sending: clocks
// differ, and a submit can take minutes.
const around = 2 * time.Minute

// Unsure lists the rows whose outcome is not known, which a person decides with
// [Campaign.Resolve].
func (c *Campaign) Unsure(ctx context.Context) ([]Unsure, error) {
	store, err := c.peekExisting(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	list := []Unsure{}
	states := []ledger.State{ledger.Unsure, ledger.Intended}
	// The other process may just be sending these rows.
	if isGoing(store) {
		states = states[:1] // what is intended is on its way
	}
	for e, err := range store.Entries(ctx, ledger.Query{States: states}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		traits := c.checkerOf(e).Traits()
		list = append(list, Unsure{
			Key: KeyOf(e), Row: e.Row, Part: PartOf(e), From: e.IntendedAt, Until: latestSent(e),
			Reason: e.Reason, Look: c.lookIn(traits.Look), Cost: traits.GuessCost, Values: []Value{},
			ResendUntil: resendUntil(e, traits, time.Now()), Claims: claimsOf(e),
		})
	}
	c.addValues(ctx, list)
	return list, nil
}

// claimsOf are the jobs that an entry's earlier requests made after all.
func claimsOf(e ledger.Entry) (jobs []string) {
	for _, ticket := range e.Claims() {
		jobs = append(jobs, ticket.Job)
	}
	return jobs
}

// lookIn says where a person looks for a job. The simulator's jobs are in no account.
func (c *Campaign) lookIn(service string) string {
	if !c.simulated() {
		return service
	}
	return "the jobs of the simulator: " + wording.Shown("reelmerge", "sandbox", "bank", "--json", "--state", c.sandboxState())
}

// addValues adds what the sheet says of the rows. A sheet that cannot be read adds nothing.
func (c *Campaign) addValues(ctx context.Context, list []Unsure) {
	at := map[string]int{}
	for i, u := range list {
		at[u.Key] = i
	}
	planner, err := c.open()
	if err != nil || len(list) == 0 {
		return
	}
	planner.Fetch = c.addresses().remembered
	seen := c.seeColumns(planner)
	planner.Visit = func(v engine.Visited) error {
		if i, waits := at[v.Key]; waits && v.Key != "" {
			list[i].Values = seen.values(v.Cells)
		}
		return nil
	}
	_, _ = c.pass(ctx, planner) // what it says of the rows is enough
}

// latestSent is the latest time that a lost job can have. Usually that is soon after
// sending. After a restore, it is the time of the restore.
func latestSent(e ledger.Entry) time.Time {
	if last := len(e.History) - 1; e.Reason == restoredReason && last >= 0 {
		return e.History[last].At.Add(around)
	}
	return e.IntendedAt.Add(around)
}

// Proposal is a job that may belong to an unsure row. Its JSON is that of `resolve
// --propose --json`.
type Proposal struct {
	Key    string `json:"key"`
	Row    int    `json:"row"`
	Part   string `json:"part,omitempty"`
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
	Why    string `json:"why"`
}

// Propose asks the service for jobs that may be the lost ones. It records nothing: a
// person looks at them and decides.
func (c *Campaign) Propose(ctx context.Context) ([]Proposal, error) {
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	store, err := c.existing(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	client, err := c.connectOpen(ctx, store, config)
	if err != nil {
		return nil, err
	}
	defer client.close()
	proposer, ok := providers.As[providers.Proposer](client.provider)
	if !ok {
		return nil, fail(Usage, fmt.Errorf("%s cannot be asked for jobs that could be lost ones", c.service.Title), "",
			next("resolve").to("says where to look"))
	}
	return gather(ctx, store, proposer)
}

// gather asks for each unsure row. An operation that cannot be searched is passed over,
// since other rows may be of another one.
func gather(ctx context.Context, store ledger.Store, proposer providers.Proposer) ([]Proposal, error) {
	list := []Proposal{}
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Unsure}}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		found, err := proposals(ctx, store, proposer, e)
		if errors.Is(err, providers.ErrNotSearchable) {
			continue
		}
		if err != nil {
			return nil, fail(Held, fmt.Errorf("ask for jobs: %w", err), "try again when the service answers")
		}
		for _, p := range found {
			list = append(list, Proposal{KeyOf(e), e.Row, PartOf(e), p.Ticket.Job, p.VideoURL, p.Why})
		}
	}
	return list, nil
}

// proposals asks for the jobs that one row may have. A job that another row holds is no
// proposal; if the ledger cannot tell, the job is left out as well.
func proposals(ctx context.Context, store ledger.Store, proposer providers.Proposer, e ledger.Entry) ([]providers.Proposal, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return proposer.Propose(ctx, providers.Lost{
		Request: providers.Request{Operation: e.Operation, Body: e.Body(), Reference: e.Reference},
		Since:   e.IntendedAt,
		Taken: func(job string) bool {
			entry, err := ledger.Holder(ctx, store, job)
			return err != nil || entry.Key != ""
		},
	})
}

// Said are the values by which a person knows a video again: "Name: Zoë, City: Köln".
func (u Unsure) Said() string {
	var parts []string
	for _, v := range u.Values {
		parts = append(parts, v.Column+": "+wording.Shorten(v.Text))
	}
	return strings.Join(parts, ", ")
}
