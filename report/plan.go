package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// Plan is what a run would do: the document of `plan --json`, and what the
// tables and pages of a plan begin with. Amounts are decimal strings in JSON,
// durations seconds, and what nobody knows is null.
type Plan struct {
	Campaign string   `json:"campaign"`
	Test     bool     `json:"test"` // on the simulator: nothing would be paid
	Rows     PlanRows `json:"rows"`
	Actions  Actions  `json:"actions"`
	Spent    []Spent  `json:"spent"`
	Cost     []Cost   `json:"cost"`
	Time     Time     `json:"time"`
	Budget   *Budget  `json:"budget"`
}

// PlanRows accounts for every row of the sheet.
type PlanRows struct {
	Total    int `json:"total"`
	Valid    int `json:"valid"`
	Refused  int `json:"refused"`
	Filtered int `json:"filtered"`
}

// Actions counts what a run would do with each row, and what it would not touch.
type Actions struct {
	Submit    int `json:"submit"`
	Done      int `json:"done"`
	InFlight  int `json:"in_flight"`
	Unsure    int `json:"unsure"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Changed   int `json:"changed"`
	Removed   int `json:"removed"`
}

// Cost is what a run would charge one account. Costs of different accounts are
// never added.
type Cost struct {
	Provider string         `json:"provider"`
	Payer    string         `json:"payer"`
	Unit     string         `json:"unit"`
	Low      *credit.Amount `json:"low"`
	Likely   *credit.Amount `json:"likely"`
	High     *credit.Amount `json:"high"`
	Basis    credit.Basis   `json:"basis"`
	// UnknownRows nobody can price; with them the amounts are "at least".
	UnknownRows int    `json:"unknown_rows"`
	Money       *Money `json:"money"`
}

// Money is a cost in a currency, by a rate of a day.
type Money struct {
	Currency string        `json:"currency"`
	Low      credit.Amount `json:"low"`
	Likely   credit.Amount `json:"likely"`
	High     credit.Amount `json:"high"`
	AsOf     string        `json:"as_of"`
}

// Spent is what one account has paid before this run, and what is held of it for
// videos whose end is open, each at its highest estimate.
type Spent struct {
	Provider string        `json:"provider"`
	Payer    string        `json:"payer"`
	Unit     string        `json:"unit"`
	Charged  credit.Amount `json:"charged"`
	InFlight credit.Amount `json:"in_flight"`
	// Unsure is held for rows of which nobody knows whether they were made.
	Unsure credit.Amount `json:"unsure"`
}

// Time says how long a run would take, and why.
type Time struct {
	Low     *float64 `json:"low"`
	Likely  *float64 `json:"likely"`
	High    *float64 `json:"high"`
	BoundBy string   `json:"bound_by"`
	// Each is how long the service works on one video, and EachBasis how that is
	// known.
	Each      *float64     `json:"each"`
	EachBasis credit.Basis `json:"each_basis"`
	// StopAt is when the run stops by itself, and InTime how many rows it sends
	// until then; null where the campaign has no such time.
	StopAt *time.Time `json:"stop_at"`
	InTime *int       `json:"in_time"`
	// Shorter says what would make the run shorter; empty when there is nothing, or
	// no need.
	Shorter string `json:"shorter"`
}

// Budget is the campaign's, and whether it covers the plan at its high estimate;
// null where that is not known.
type Budget struct {
	Limit credit.Amount `json:"limit"`
	Unit  string        `json:"unit"`
	// Reaches is what would be spent in all at the most: before this run, by what
	// is open, and by this run.
	Reaches *credit.Amount `json:"reaches"`
	Enough  *bool          `json:"enough"`
}

// Costs turns the sums of a plan into its costs, ordered by account.
func Costs(sums map[credit.Account]*credit.Sum) []Cost {
	list := []Cost{}
	for account, sum := range sums {
		c := Cost{
			Provider: account.Provider, Payer: account.Payer, Unit: account.Unit,
			Basis: sum.Basis, UnknownRows: sum.Unknown,
		}
		if sum.Rows > 0 {
			c.Low, c.Likely, c.High = &sum.Low, &sum.Likely, &sum.High
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

// InCurrency returns the cost in money, at a rate; nil where no amount is known.
func (c Cost) InCurrency(r Rate) *Money {
	if c.Low == nil {
		return nil
	}
	return &Money{Currency: r.Currency, Low: r.of(*c.Low), Likely: r.of(*c.Likely), High: r.of(*c.High), AsOf: r.AsOf}
}

// SpentOf turns the ledger's books into what is spent, ordered by account. The
// second map holds the part of each reservation that belongs to rows nobody knows
// about.
func SpentOf(books map[credit.Account]ledger.Money, unsure map[credit.Account]credit.Amount) []Spent {
	list := []Spent{}
	for a, m := range books {
		if m != (ledger.Money{}) {
			list = append(list, Spent{a.Provider, a.Payer, a.Unit, m.Charged, m.Reserved.Minus(unsure[a]), unsure[a]})
		}
	}
	slices.SortFunc(list, func(a, b Spent) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

func (s Spent) account() string {
	return wording.Clean(credit.Account{Provider: s.Provider, Payer: s.Payer, Unit: s.Unit}.String())
}

// account names who pays in what.
func (c Cost) account() string {
	return wording.Clean(credit.Account{Provider: c.Provider, Payer: c.Payer, Unit: c.Unit}.String())
}

// Seconds returns a duration for JSON.
func Seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// Status is where a campaign stands: the document of `status --json`, and with
// Event "summary" the last line of `run --json`.
type Status struct {
	Event    string     `json:"event,omitempty"`
	Campaign string     `json:"campaign"`
	States   States     `json:"states"`
	Rows     StatusRows `json:"rows"`
	Changed  int        `json:"changed"` // bought rows that no longer say what was bought
	Test     bool       `json:"test"`    // the simulator's: nothing was paid
	Credits  []Credits  `json:"credits"`
	Running  bool       `json:"running"`
	Held     string     `json:"held"`
}

// States counts entries by state.
type States struct {
	Planned   int `json:"planned"`
	Intended  int `json:"intended"`
	Submitted int `json:"submitted"`
	Unsure    int `json:"unsure"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// CountStates counts by state.
func CountStates(n map[ledger.State]int) States {
	return States{
		Planned: n[ledger.Planned], Intended: n[ledger.Intended], Submitted: n[ledger.Submitted], Unsure: n[ledger.Unsure],
		Succeeded: n[ledger.Succeeded], Failed: n[ledger.Failed], Cancelled: n[ledger.Cancelled],
	}
}

// Total returns how many entries there are.
func (s States) Total() int {
	return s.Planned + s.Intended + s.Submitted + s.Unsure + s.Succeeded + s.Failed + s.Cancelled
}

// words returns the states as a marketer reads them, with their numbers.
func (s States) words() []Count {
	return []Count{
		{StatusMade, s.Succeeded},
		{StatusInProgress, s.Intended + s.Submitted},
		{StatusNotKnown, s.Unsure},
		{StatusFailed, s.Failed},
		{StatusCancelled, s.Cancelled},
		{StatusPlanned, s.Planned},
	}
}

// Count is a number with its name.
type Count struct {
	Name string
	N    int
}

// StatusRows accounts for the rows of the last run's sheet.
type StatusRows struct {
	Total    int `json:"total"`
	Refused  int `json:"refused"`
	Filtered int `json:"filtered"`
}

// Credits are the books of one account.
type Credits struct {
	Provider string        `json:"provider"`
	Payer    string        `json:"payer"`
	Unit     string        `json:"unit"`
	Reserved credit.Amount `json:"reserved"`
	Charged  credit.Amount `json:"charged"`
	Released credit.Amount `json:"released"`
	Overrun  credit.Amount `json:"overrun"`
}

// CreditsOf turns the ledger's books into those of a report, ordered by account.
func CreditsOf(books map[credit.Account]ledger.Money) []Credits {
	list := []Credits{}
	for a, m := range books {
		list = append(list, Credits{a.Provider, a.Payer, a.Unit, m.Reserved, m.Charged, m.Released, m.Overrun})
	}
	slices.SortFunc(list, func(a, b Credits) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

func (c Credits) account() string {
	return wording.Clean(credit.Account{Provider: c.Provider, Payer: c.Payer, Unit: c.Unit}.String())
}
