package reelmerge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/approval"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// ApproveOptions say what is approved, and by whom.
type ApproveOptions struct {
	Plan      string // the digest that the plan has shown, or at least its first 12 digits
	By        string // who approves
	Note      string // why
	NewLedger bool   // begin the ledger of a paid campaign
}

// Approved is what was approved.
type Approved struct {
	Digest string
	Rows   int
	Caps   []approval.Cap
	Path   string // of the file that records it
}

// digits are those of a digest: all, or at least as many as a plan shows.
var digits = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

// Approve records that a person agrees to a plan: to its rows as they are now, at the prices
// in force, up to its highest cost. The plan is made again. Where it is another one by now,
// nothing is approved.
func (c *Campaign) Approve(ctx context.Context, o ApproveOptions) (*Approved, error) {
	if c.file.Approval == nil {
		return nil, fail(Usage, errors.New("the campaign asks for no approval"), "with approval: required in the campaign, a run sends only what was approved")
	}
	if !digits.MatchString(o.Plan) {
		return nil, fail(Usage, fmt.Errorf("%q is no digest of a plan", o.Plan), "it is what the plan shows: at least 12 digits of it", next("plan"))
	}
	// Rows that came through a pipe are gone after the first reading.
	c.stdin.keep = true
	plan, err := c.Plan(ctx, PlanOptions{Pinned: !c.file.Rows.Link.Empty()})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(plan.Digest, o.Plan) {
		return nil, fail(Undecided, fmt.Errorf("the plan is another one by now: %s, with %d rows to send, of which %s", plan.ShortDigest(), plan.Actions.Submit, plan.Approval),
			"nothing was approved; look at the plan again", next("plan"))
	}
	store, err := c.openLedger(ctx, func() error { return c.mayBegin(ctx, o.NewLedger, true) })
	if err != nil {
		return nil, err
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	a := &approval.Approval{Head: approval.Head{Ledger: summary.Identity.ID, By: o.By, At: time.Now().UTC().Round(0), Note: o.Note, Terms: plan.terms}, Pairs: plan.pairs}
	path, err := c.write(output{path: c.path(filepath.Join(approvalFolder, plan.Digest+".jsonl")), named: true}, a.Write)
	if err != nil {
		return nil, fail(Usage, fmt.Errorf("write approval: %w", err), "nothing was approved")
	}
	return &Approved{Digest: plan.Digest, Rows: plan.Actions.Submit, Caps: a.Caps, Path: path}, nil
}

// approvalFolder is the folder of the approvals, in the output folder.
const approvalFolder = "approvals"

// conditions are where rows are sent, and the prices in force. What finished videos taught
// changes no price, and so is not among them.
func (c *Campaign) conditions() approval.Conditions {
	now := approval.Conditions{Provider: c.service.Name, Address: c.baseURL(), Ground: "service", Prices: c.pricesHash()}
	switch {
	case c.simulated():
		now.Ground = "sandbox"
	case c.IsTest():
		now.Ground = "test mode"
	}
	return now
}

// asks are what a plan asks to be approved beside its rows: the conditions, and the highest
// cost.
func (c *Campaign) asks(cost *purse, books map[credit.Account]ledger.Money) approval.Terms {
	t := approval.Terms{Conditions: c.conditions()}
	for account, sum := range cost.sums {
		highest := approval.Cap{Account: account}
		if sum.Unknown == 0 {
			most := books[account].Charged.Plus(books[account].Reserved).Plus(sum.High)
			highest.Most = &most
		}
		t.Caps = append(t.Caps, highest)
	}
	return t
}

// pricesHash is the hash of the prices in force, in hexadecimal.
func (c *Campaign) pricesHash() string {
	rate := c.file.Prices
	text, err := json.Marshal(map[string]any{"prices": c.prices, "currency": rate.Currency, "per_unit": rate.PerUnit})
	if err != nil {
		panic(err) // amounts and texts can be encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// gate lets the rows of a run pass that were approved, and others as far as the campaign
// lets them go without.
type gate struct {
	pairs   map[approval.Pair]bool
	caps    map[credit.Account]credit.Amount // what each may be charged, by the newest approval; an account without one has none
	newest  *approval.Approval               // nil: there is none at the prices in force
	over    *credit.Amount                   // what each account may be charged without an approval; nil: nothing
	used    map[credit.Account]credit.Amount // of it, since the newest approval
	waiting []string                         // keys of rows that wait for an approval, the first ones
	waits   map[string]bool                  // all of them
}

// gate reads the approvals of the campaign's ledger; nil where the campaign asks for none.
// One that was changed, or is of another ledger, stops everything, since such a
// file does not come about by accident.
func (c *Campaign) gate(ctx context.Context, store ledger.Store) (*gate, error) {
	if c.file.Approval == nil {
		return nil, nil
	}
	g := &gate{pairs: map[approval.Pair]bool{}, waits: map[string]bool{}, caps: map[credit.Account]credit.Amount{}}
	if store == nil { // nothing was approved for a ledger that is not there
		return g, g.allow(ctx, nil, c.file.Approval)
	}
	summary, err := store.Summary(ctx)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	all, err := c.approvals(summary.Identity.ID)
	if err != nil {
		return nil, err
	}
	now := c.conditions()
	for _, a := range all {
		if a.Conditions == now {
			g.take(a)
		}
	}
	return g, g.allow(ctx, store, c.file.Approval)
}

// take lets the rows of an approval pass. The newest one says how much may be spent.
func (g *gate) take(a *approval.Approval) {
	for _, pair := range a.Pairs {
		g.pairs[pair] = true
	}
	if g.newest != nil && !a.At.After(g.newest.At) {
		return
	}
	g.newest = a
	g.caps = map[credit.Account]credit.Amount{}
	for _, highest := range a.Caps {
		if highest.Most != nil {
			g.caps[highest.Account] = *highest.Most
		}
	}
}

// approvals reads the files of a ledger's approvals.
func (c *Campaign) approvals(ledgerID string) (all []*approval.Approval, _ error) {
	entries, err := os.ReadDir(c.path(approvalFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fail(Usage, fmt.Errorf("read approvals: %w", err), "nothing was sent")
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".jsonl")
		if !ok || !digits.MatchString(name) {
			continue
		}
		path := c.path(filepath.Join(approvalFolder, entry.Name()))
		data, err := atomicfile.Read(path, mostApproval)
		var a *approval.Approval
		if err == nil {
			a, err = approval.Parse(data)
		}
		switch {
		case err != nil:
		case a.Ledger != ledgerID:
			err = errors.New("it is for another ledger")
		case a.Digest != name:
			err = errors.New("it has the name of another one")
		}
		if err != nil {
			return nil, fail(Usage, fmt.Errorf("the approval %q approves nothing: %w", path, err), "nothing was sent; take the file away, and approve the plan again", next("plan"))
		}
		all = append(all, a)
	}
	return all, nil
}

// mostApproval bounds a file of approvals in bytes: a million rows need a hundred million.
const mostApproval = 1 << 29

// allow computes how much of what may be sent without an approval is used up: by what was
// sent so since the newest approval, for each account by itself.
func (g *gate) allow(ctx context.Context, store ledger.Store, asked *campaign.Approval) error {
	if asked.Over == nil {
		return nil
	}
	g.over = asked.Over
	for account := range g.caps { // what goes without an approval comes on top
		g.caps[account] = g.caps[account].Plus(*g.over)
	}
	g.used = map[credit.Account]credit.Amount{}
	if store == nil {
		return nil
	}
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return ledgerFailure(err)
		}
		if e.IntendedAt.IsZero() || g.newest != nil && e.IntendedAt.Before(g.newest.At) || g.pairs[pairOf(e.Key, e.Fingerprint)] {
			continue
		}
		g.used[e.Account] = g.used[e.Account].Plus(e.Money.Charged).Plus(e.Money.Reserved)
	}
	return nil
}

func pairOf(key string, f ledger.Fingerprint) approval.Pair {
	return approval.Pair{Key: key, Fingerprint: f.String()}
}

// lets reports whether a row that would be sent may be, and notes one that may not. A row
// without a known price is never sent without an approval.
func (g *gate) lets(v engine.Visited) bool {
	if g == nil || g.approved(v) {
		return true
	}
	cost, account := v.Expected.Cost, v.Content.Account
	if len(v.Parts) > 0 {
		cost = credit.Estimate{} // a part that is not approved is more than the row's own price
	}
	if used := g.used[account].Plus(cost.High); g.over != nil && cost.Basis != credit.Unknown && used <= *g.over {
		g.used[account] = used
		if g.newest == nil { // no charge of the account had an approval
			g.caps[account] = *g.over
		}
		return true
	}
	g.waits[v.Key] = true
	if len(g.waiting) < namedRows {
		g.waiting = append(g.waiting, v.Key)
	}
	return false
}

// approved reports whether a row is in an approval, and every part that it is sent after.
func (g *gate) approved(v engine.Visited) bool {
	for _, part := range v.Parts {
		if part.Content.Fingerprint.IsZero() || !g.pairs[pairOf(part.Key, part.Content.Fingerprint)] {
			return false
		}
	}
	return !v.Content.Fingerprint.IsZero() && g.pairs[pairOf(v.Key, v.Content.Fingerprint)]
}

// namedRows is how many rows that wait are named.
const namedRows = 10

// keep leaves of the rows that are ready those that may be sent.
func (g *gate) keep(ready []engine.Ready) []engine.Ready {
	if g == nil {
		return ready
	}
	return slices.DeleteFunc(ready, func(r engine.Ready) bool { return g.waits[r.Key] })
}

// approves reports whether every row that a run would send is in an approval.
func (g *gate) approves() bool { return g != nil && g.newest != nil && g.over == nil }

// name is the digest of the newest approval in force.
func (g *gate) name() string {
	if g == nil || g.newest == nil {
		return ""
	}
	return g.newest.Digest
}

// count is the number of rows that wait.
func (g *gate) count() int {
	if g == nil {
		return 0
	}
	return len(g.waits)
}

// says names the rows that wait.
func (g *gate) says() string {
	text := strings.Join(g.waiting, ", ")
	if more := len(g.waits) - len(g.waiting); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// limits are what each account may be charged.
func (g *gate) limits() map[credit.Account]credit.Amount {
	if g == nil {
		return nil
	}
	return g.caps
}

// ask notes a row that would be sent for the digest of the plan, and whether it waits.
func (p *planning) ask(v *engine.Visited) {
	if p.gate == nil && !p.options.Digest || v.Action != engine.ActionSubmit {
		return
	}
	p.pairs.take(*v)
	p.gate.lets(*v)
}

// sayApproval puts the digest into the plan, where one is asked for, and how far an
// approval is.
func (p *planning) sayApproval() {
	if p.gate == nil && !p.options.Digest {
		return
	}
	p.terms = p.campaign.asks(p.purse, p.past.books)
	p.page.Digest = approval.Digest(p.terms, p.pairs.list)
	p.page.Approval = p.gate.report(p.pairs.rows)
}

// report says how many of the rows that would be sent are approved; nil where the campaign
// asks for no approval.
func (g *gate) report(sending int) *report.Approval {
	if g == nil {
		return nil
	}
	return &report.Approval{Required: true, Approved: sending - len(g.waits), Waiting: len(g.waits), Rows: g.waiting}
}

// tellWaiting says which rows wait for an approval, and whether what was approved is spent.
func (r *running) tellWaiting(out *Outcome) {
	if r.gate == nil {
		return
	}
	out.Unapproved = r.gate.count()
	out.Waits = r.gate.says()
	budget := r.campaign.file.Budget
	for _, most := range r.gate.caps {
		lower := budget == nil || most < budget.Limit
		out.CapReached = out.CapReached || lower && out.HeldFor == engine.HoldBudget
	}
}
