package credit

import "fmt"

// Basis says where a number comes from. The zero value is the honest one: we do
// not know.
type Basis uint8

// The bases. Their numbers are those of the ledger's records, so new ones come last; how
// strong they are is told by [Basis.Weaker].
const (
	Unknown    Basis = iota // not told by the service, and not seen before
	Observed                // seen: earlier rows of the campaign, or the service's word on this very job
	Configured              // the campaign file says so
	Documented              // the service publishes it
	Estimated               // the price is known, and the length that it is for is not
)

// basisNames are the words of reports and JSON, in the order of the constants.
func basisNames() [5]string {
	return [...]string{"unknown", "observed", "configured", "documented", "estimated"}
}

// String returns the word that reports print.
func (b Basis) String() string {
	if names := basisNames(); int(b) < len(names) {
		return names[b]
	}
	return fmt.Sprintf("basis(%d)", uint8(b))
}

// MarshalText writes the word.
func (b Basis) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the word.
func (b *Basis) UnmarshalText(text []byte) error {
	for i, name := range basisNames() {
		if name == string(text) {
			*b = Basis(i)
			return nil
		}
	}
	return fmt.Errorf("read basis: unknown word %q", text)
}

// Weaker returns the less certain of two bases: a sum is known no better than
// its worst part.
func (b Basis) Weaker(other Basis) Basis {
	if other.strength() < b.strength() {
		return other
	}
	return b
}

// strength orders the bases: an estimated length is known less well than an observed one.
func (b Basis) strength() int {
	switch b {
	case Estimated:
		return 1
	case Observed:
		return 2
	case Configured:
		return 3
	case Documented:
		return 4
	case Unknown:
	}
	return 0
}

// Estimate is what one paid call will cost, as an interval. An estimate whose
// basis is Unknown carries no numbers, and must not be read as free.
type Estimate struct {
	Low       Amount `json:"low"`
	Likely    Amount `json:"likely"`
	High      Amount `json:"high"`
	Basis     Basis  `json:"basis"`
	PriceDate string `json:"price_date,omitempty"` // ISO 8601 date of the price list, when there is one
}

// Exactly is an estimate without spread.
func Exactly(a Amount, basis Basis) Estimate {
	return Estimate{Low: a, Likely: a, High: a, Basis: basis}
}

// Known reports whether there are numbers at all.
func (e Estimate) Known() bool { return e.Basis != Unknown }

// Account is what amounts may be added within: one payer at one provider in one
// unit.
type Account struct {
	Provider string `json:"provider"`
	Payer    string `json:"payer"` // empty is the owner of the token
	Unit     string `json:"unit"`
}

// String names the account in words: "colossyan minutes", "samsar credits of acme".
func (a Account) String() string {
	if a.Payer == "" {
		return a.Provider + " " + a.Unit
	}
	return a.Provider + " " + a.Unit + " of " + a.Payer
}

// Mean is what a row adds to the sum of many, where finished videos have taught it. All rows
// share the doubt about the mean, from Low to High. By Own each row is off for itself, and
// in a sum such errors mostly cancel out.
type Mean struct {
	Low, Likely, High Amount
	Own               Amount
}

// Sum adds estimates of one account and remembers how many of them were unknown.
type Sum struct {
	Estimate
	Rows    int // rows with a known estimate
	Unknown int // rows without a price: the total is "at least"

	least, most Amount // ends that all rows share
	squares     square // of the errors that rows have for themselves
}

// Add adds one row's estimate. Its basis becomes the weakest of all, since a sum is only as
// certain as its least certain part.
func (s *Sum) Add(e Estimate) {
	if !e.Known() {
		s.Unknown++
		return
	}
	s.widen(e, Mean{Low: e.Low, Likely: e.Likely, High: e.High})
}

// AddOfMany adds a row whose mean is known from others like it. The zero Mean adds the
// row's own estimate.
func (s *Sum) AddOfMany(e Estimate, m Mean) {
	if !e.Known() || m == (Mean{}) {
		s.Add(e)
		return
	}
	s.widen(e, m)
}

// widen adds a row: the sum grows wider by what all rows share, and by the root of the
// squares of the rest.
func (s *Sum) widen(e Estimate, m Mean) {
	s.least = s.least.Plus(m.Low)
	s.Likely = s.Likely.Plus(m.Likely)
	s.most = s.most.Plus(m.High)
	s.squares.add(m.Own)
	own := s.squares.root()
	s.Low, s.High = max(0, s.least.Minus(own)), s.most.Plus(own)
	if s.Rows == 0 {
		s.Basis = e.Basis
	}
	s.Basis = s.Basis.Weaker(e.Basis)
	s.PriceDate = max(s.PriceDate, e.PriceDate)
	s.Rows++
}

// Charge is an amount that a job cost, and how that is known. With an unknown basis the
// amount has no meaning, and the ledger books the whole reservation: a budget that is used
// up too early is better than one that is exceeded.
type Charge struct {
	Amount Amount
	Basis  Basis
}
