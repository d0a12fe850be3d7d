package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// Plan is what a run would do: the document of `plan --json`, and what the
// tables and pages of a plan begin with. Amounts are decimal strings in JSON,
// durations seconds, and what is not known is null.
type Plan struct {
	Campaign string   `json:"campaign"`
	Test     bool     `json:"test"` // on the simulator: nothing would be paid
	Rows     PlanRows `json:"rows"`
	Actions  Actions  `json:"actions"`
	Spent    []Spent  `json:"spent"`
	Cost     []Cost   `json:"cost"`
	Time     Time     `json:"time"`
	Budget   *Budget  `json:"budget"`
	// Digest names what is to be approved, and Approval says how far it is; empty and null
	// where the campaign asks for no approval.
	Digest   string    `json:"digest"`
	Approval *Approval `json:"approval"`
	// Steps says what would be sent of each step of a chain, the rows' own last, and
	// SharedSaves what it saves that rows share them. Both are empty where there is no chain.
	Steps       []Step     `json:"steps"`
	SharedSaves []Saving   `json:"shared_saves"`
	Waits       []StepWait `json:"waits"` // what keeps rows from being sent
	// Sheet says which copy was read of a sheet at a web address; null for a file.
	Sheet *Sheet `json:"sheet"`

	Service string `json:"-"` // as its vendor writes it
}

// ShortDigest is as much of the digest as people read and type.
func (p Plan) ShortDigest() string { return p.Digest[:min(len(p.Digest), 12)] }

// Step is what would be sent of one step of a chain.
type Step struct {
	Name      string `json:"name"`
	Operation string `json:"operation"`
	Jobs      int    `json:"jobs"`
	Rows      int    `json:"rows"` // that the jobs serve
	Cost      []Cost `json:"cost"`
}

// Costs says what the jobs cost, account by account.
func (s Step) Costs() string {
	var parts []string
	for _, c := range s.Cost {
		parts = append(parts, c.total())
	}
	return strings.Join(parts, ", ")
}

// Saving is what it saves, of one account, that rows share steps.
type Saving struct {
	Provider string        `json:"provider"`
	Payer    string        `json:"payer"`
	Unit     string        `json:"unit"`
	Amount   credit.Amount `json:"amount"`

	Apart credit.Amount `json:"-"` // the cost without sharing
}

// Text says what it would cost without sharing: "without sharing: 1,047,000 credits".
func (s Saving) Text() string {
	return "without sharing: " + s.Apart.In(s.Unit) + "; sharing saves " + s.Amount.In(s.Unit)
}

// StepWait is a job of a step that rows wait for and that no run makes by itself.
type StepWait struct {
	Step   string `json:"step"`
	Part   string `json:"part"`  // what people call the job: its step and six digits
	State  string `json:"state"` // failed, cancelled, unsure or intended
	Reason string `json:"reason"`
	Rows   int    `json:"rows"`

	Text string `json:"-"`
}

// PlanRows accounts for the rows of the sheet: each is valid, refused because of a problem,
// or left out.
type PlanRows struct {
	Total    int `json:"total"`
	Valid    int `json:"valid"`
	Refused  int `json:"refused"`
	Filtered int `json:"filtered"`
	// FilteredBy splits Filtered.
	FilteredBy FilteredBy `json:"filtered_by"`
}

// Approval says which rows that would be sent are approved.
type Approval struct {
	Required bool `json:"required"`
	Approved int  `json:"approved"`
	Waiting  int  `json:"waiting"`

	Rows []string `json:"-"` // keys of those that wait, the first ones
}

// String says how many rows wait, and which.
func (a Approval) String() string {
	text := wording.Count(a.Approved) + " approved, " + wording.Count(a.Waiting) + " waiting"
	if a.Waiting > 0 {
		text += ": " + strings.Join(a.Rows, ", ")
	}
	if more := a.Waiting - len(a.Rows); a.Waiting > 0 && more > 0 {
		text += " and " + wording.Count(more) + " more"
	}
	return text
}

// FilteredBy counts the rows that are left out, by what leaves them out: the condition, the
// list of suppressed people, or a missing consent.
type FilteredBy struct {
	Where    int `json:"where"`
	Suppress int `json:"suppress"`
	Consent  int `json:"consent"`
}

// Actions counts what a run would do with each row, and the rows that it would leave
// alone. The words are those of [RowResult.Status], in short.
type Actions struct {
	Submit    int `json:"submit"`
	Done      int `json:"done"`
	InFlight  int `json:"in_flight"`
	Unsure    int `json:"unsure"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Changed   int `json:"changed"`
	Waits     int `json:"waits"` // for a step that failed, was cancelled, or is not known to be made
	Removed   int `json:"removed"`
}

// Cost is what a run would charge one account, in the account's unit. Costs of different
// accounts are never added: a minute of one service is no credit of another.
type Cost struct {
	Provider string         `json:"provider"`
	Payer    string         `json:"payer"`
	Unit     string         `json:"unit"`
	Low      *credit.Amount `json:"low"`
	Likely   *credit.Amount `json:"likely"`
	High     *credit.Amount `json:"high"`
	Basis    credit.Basis   `json:"basis"`
	// UnknownRows are those whose price is not known; with them the amounts are "at
	// least".
	UnknownRows int    `json:"unknown_rows"`
	Money       *Money `json:"money"`

	Service string `json:"-"` // as its vendor writes it; empty: Provider
}

// Money is a cost in a currency, at the rate that the campaign gives. AsOf is the day of
// that rate, as the campaign writes it; empty where it says none.
type Money struct {
	Currency string        `json:"currency"`
	Low      credit.Amount `json:"low"`
	Likely   credit.Amount `json:"likely"`
	High     credit.Amount `json:"high"`
	AsOf     string        `json:"as_of"`
}

// Spent is what one account has paid before this run, and the amount that is set aside
// for videos that are not finished, each at its highest estimate.
type Spent struct {
	Provider string        `json:"provider"`
	Payer    string        `json:"payer"`
	Unit     string        `json:"unit"`
	Charged  credit.Amount `json:"charged"`
	InFlight credit.Amount `json:"in_flight"`
	// Unsure is held for rows of which it is not known whether they were made.
	Unsure credit.Amount `json:"unsure"`

	Service string `json:"-"` // as its vendor writes it; empty: Provider
}

// Time says how long a run would take, in seconds, and why. BoundBy names the limit that
// makes it last so long, such as "active: 1".
type Time struct {
	Low     *float64 `json:"low"`
	Likely  *float64 `json:"likely"`
	High    *float64 `json:"high"`
	BoundBy string   `json:"bound_by"`
	// Each is how long the service works on one video, and EachBasis how that is
	// known.
	Each      *float64     `json:"each"`
	EachBasis credit.Basis `json:"each_basis"`
	// Assumed is whether Each is a cautious guess of ours, because nothing is known.
	Assumed bool `json:"assumed,omitzero"`
	// StopAt is when the run stops by itself, and InTime how many rows it sends
	// until then; null where the campaign has no such time.
	StopAt *time.Time `json:"stop_at"`
	InTime *int       `json:"in_time"`
	// Shorter says what would make the run shorter; empty when there is nothing, or
	// no need.
	Shorter string `json:"shorter"`
}

// Budget is the campaign's limit, and whether it covers the plan at its high estimate.
// Enough is null where the price of some row is not known.
type Budget struct {
	Limit credit.Amount `json:"limit"`
	Unit  string        `json:"unit"`
	// Reaches is what would be spent in all at the most: before this run, by what
	// is open, and by this run.
	Reaches *credit.Amount `json:"reaches"`
	// Covers is about how many of the rows to send the budget covers; left out: all, or it
	// is not known.
	Covers *int  `json:"covers,omitempty"`
	Enough *bool `json:"enough"`
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
			// Without a row whose price is known the sums are zero, and zero would be a
			// price.
			c.Low, c.Likely, c.High = &sum.Low, &sum.Likely, &sum.High
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

// InCurrency returns the cost in money at a rate, or nil where no amount is known.
func (c Cost) InCurrency(r Rate) *Money {
	if c.Low == nil {
		return nil
	}
	return &Money{Currency: r.Currency, Low: r.of(*c.Low), Likely: r.of(*c.Likely), High: r.of(*c.High), AsOf: r.AsOf}
}

// SpentOf turns the ledger's balances into what is spent, ordered by account. The second
// map holds the part of each reservation that belongs to rows whose outcome is not known:
// it may be charged or may come back, and a person decides.
func SpentOf(books map[credit.Account]ledger.Money, unsure map[credit.Account]credit.Amount) []Spent {
	list := []Spent{}
	for a, m := range books {
		if m != (ledger.Money{}) {
			list = append(list, Spent{
				Provider: a.Provider, Payer: a.Payer, Unit: a.Unit,
				Charged: m.Charged, InFlight: m.Reserved.Minus(unsure[a]), Unsure: unsure[a],
			})
		}
	}
	slices.SortFunc(list, func(a, b Spent) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

// account names the account, with the service as its vendor writes it.
func (s Spent) account() string {
	return wording.Clean(credit.Account{Provider: cmp.Or(s.Service, s.Provider), Payer: s.Payer, Unit: s.Unit}.String())
}

// account names the service, the payer and the unit that a cost is in.
func (c Cost) account() string {
	return wording.Clean(credit.Account{Provider: c.service(), Payer: c.Payer, Unit: c.Unit}.String())
}

func (c Cost) service() string { return cmp.Or(c.Service, c.Provider) }

// Seconds returns a duration as JSON has it: a number of seconds, never null.
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
	Changed  int        `json:"changed"` // rows whose content has changed since they were bought
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

// CountStates turns the ledger's numbers of entries by state into those of a report.
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

// words returns the states as a marketer reads them, with their numbers. Intended and
// submitted are one: the difference matters to the ledger alone.
func (s States) words() []Count {
	return []Count{
		{StatusMade, s.Succeeded},
		{StatusBeingMade, s.Intended + s.Submitted},
		{StatusNotKnown, s.Unsure},
		{StatusFailed, s.Failed},
		{StatusCancelled, s.Cancelled},
		{StatusToSend, s.Planned},
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

// Credits is the balance of one account. Charged is final; Reserved is set aside for
// videos that are not finished; Released was set aside and came back; Overrun is what
// videos cost beyond what was set aside for them.
type Credits struct {
	Provider string        `json:"provider"`
	Payer    string        `json:"payer"`
	Unit     string        `json:"unit"`
	Reserved credit.Amount `json:"reserved"`
	Charged  credit.Amount `json:"charged"`
	Released credit.Amount `json:"released"`
	Overrun  credit.Amount `json:"overrun"`
	// Money says the amounts in a currency; left out where the campaign gives no rate.
	Money *Converted `json:"money,omitempty"`

	Service string `json:"-"` // as its vendor writes it; empty: Provider
}

// Converted is a balance in a currency, at the rate that the campaign gives.
type Converted struct {
	Currency string        `json:"currency"`
	Reserved credit.Amount `json:"reserved"`
	Charged  credit.Amount `json:"charged"`
	Released credit.Amount `json:"released"`
	Overrun  credit.Amount `json:"overrun"`
	AsOf     string        `json:"as_of"`
}

// CreditsOf turns the ledger's balances into those of a report, ordered by account.
func CreditsOf(books map[credit.Account]ledger.Money) []Credits {
	list := []Credits{}
	for a, m := range books {
		list = append(list, Credits{
			Provider: a.Provider, Payer: a.Payer, Unit: a.Unit,
			Reserved: m.Reserved, Charged: m.Charged, Released: m.Released, Overrun: m.Overrun,
		})
	}
	slices.SortFunc(list, func(a, b Credits) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

func (c Credits) account() string {
	return wording.Clean(credit.Account{Provider: cmp.Or(c.Service, c.Provider), Payer: c.Payer, Unit: c.Unit}.String())
}

// InCurrency returns the balance in money, at a rate.
func (c Credits) InCurrency(r Rate) *Converted {
	return &Converted{
		Currency: r.Currency, Reserved: r.of(c.Reserved), Charged: r.of(c.Charged), Released: r.of(c.Released), Overrun: r.of(c.Overrun), AsOf: r.AsOf,
	}
}

// Said writes what an account was charged, in units and money, and how far that is from
// the amount that was set aside: a name, "spent", and "54.86 minutes (49.37 USD), 36.39
// less than was set aside". The cost of a test has another name, since it is not paid.
func (c Credits) Said(test bool) (name, text string) {
	charged := c.Spent()
	switch {
	case c.Charged == 0 && test:
		name, text = "cost", "nothing would be charged"
	case c.Charged == 0:
		name, text = "spent", "nothing"
	case test:
		name, text = "cost", charged+" would be charged"
	default:
		name, text = "spent", charged
	}
	if c.Payer != "" {
		text += ", by " + wording.Clean(c.Payer)
	}
	if c.Reserved > 0 {
		text += ", " + c.SetAside() + " set aside for videos whose end is open"
	}
	if c.Charged > 0 {
		text += c.offReservation()
	}
	return name, text
}

// Line is [Credits.Said] in a line.
func (c Credits) Line(test bool) string {
	name, text := c.Said(test)
	return name + ": " + text
}

// offReservation says how far the charges are from the amounts that were set aside for
// them. Some rows can cost less and others more, so it may have to say both.
func (c Credits) offReservation() string {
	switch {
	case c.Released > c.Overrun && c.Overrun >= Telling:
		return fmt.Sprintf(", %s less than was set aside, although some rows cost %s more than was set aside for them",
			c.Released.Minus(c.Overrun).Rounded(), c.Overrun.Rounded())
	case c.Released > c.Overrun:
		return fmt.Sprintf(", %s less than was set aside", c.Released.Rounded())
	case c.Overrun-c.Released >= Telling:
		return fmt.Sprintf(", %s more than was set aside", c.Overrun.Minus(c.Released).Rounded())
	}
	return ""
}

// Telling is the least amount above what was set aside that a person is told of: it is the
// last digit that people read.
const Telling = credit.Unit / 100

// Spent is what was charged, in units and money.
func (c Credits) Spent() string {
	return c.both(c.Charged, func(b Converted) credit.Amount { return b.Charged })
}

// SetAside is the amount held for videos that are not finished, in units and money. It
// rounds up: a reader must not think that less is bound.
func (c Credits) SetAside() string {
	return c.both(c.Reserved.Up(), func(b Converted) credit.Amount { return b.Reserved.Up() })
}

// both writes an amount in its unit and, where the campaign gives a rate, in money.
func (c Credits) both(a credit.Amount, of func(Converted) credit.Amount) string {
	text := a.In(wording.Clean(c.Unit))
	if c.Money == nil {
		return text
	}
	return text + " (" + of(*c.Money).Money(wording.Clean(c.Money.Currency)) + ")"
}
