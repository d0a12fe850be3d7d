package ledger

import "github.com/reelmerge/reelmerge/credit"

// Money is the balance of one entry, or of one account over all entries. At every instant
// Charged − Overrun + Released + Reserved = Ever (invariant L5).
type Money struct {
	Ever     credit.Amount `json:"ever"`     // everything ever reserved
	Reserved credit.Amount `json:"reserved"` // held now, at the high estimate
	Charged  credit.Amount `json:"charged"`  // the cost; where it is not known, the reservation
	Released credit.Amount `json:"released"`
	Overrun  credit.Amount `json:"overrun"` // the part of Charged above its reservation
}

// Balance is what one account has paid, or has reserved, for an entry.
type Balance struct {
	Account credit.Account `json:"acct"`
	Money   Money          `json:"money"`
}

// Balanced reports whether the amounts agree (invariant L5).
func (m Money) Balanced() bool {
	return m.Charged-m.Overrun+m.Released+m.Reserved == m.Ever && m.Reserved >= 0
}

// reserve holds an amount for a submit that is about to leave.
func (m *Money) reserve(a credit.Amount) {
	m.Ever += a
	m.Reserved += a
}

// hold replaces the reservation by the amount that the provider says it holds. That is
// closer to the later charge than our estimate.
func (m *Money) hold(c credit.Charge) {
	if c.Basis == credit.Unknown {
		return
	}
	if more := c.Amount - m.Reserved; more > 0 {
		m.Ever += more
	} else {
		m.Released -= more
	}
	m.Reserved = c.Amount
}

// charge settles the reservation: the rest is released, and a charge beyond it is booked
// in full as overrun. An unknown charge counts as the whole reservation, because it must
// not let a budget be exceeded.
func (m *Money) charge(c credit.Charge) {
	amount := c.Amount
	if c.Basis == credit.Unknown {
		amount = m.Reserved
	}
	if more := amount - m.Reserved; more > 0 {
		m.Overrun += more
	} else {
		m.Released -= more
	}
	m.Charged += amount
	m.Reserved = 0
}

// reopen takes a settlement back: the charge is none, and the whole reservation
// is held again.
func (m *Money) reopen(charged, reservation credit.Amount) {
	if more := charged - reservation; more > 0 {
		m.Overrun -= more
	} else {
		m.Released += more
	}
	m.Charged -= charged
	m.Reserved = reservation
}

// Plus returns the sum of two balances of one account.
func (m Money) Plus(o Money) Money {
	m.add(o, 1)
	return m
}

func (m *Money) add(o Money, sign credit.Amount) {
	m.Ever += sign * o.Ever
	m.Reserved += sign * o.Reserved
	m.Charged += sign * o.Charged
	m.Released += sign * o.Released
	m.Overrun += sign * o.Overrun
}

// wrapped reports whether a sum went past the largest amount.
func (m Money) wrapped() bool {
	return m.Ever < 0 || m.Reserved < 0 || m.Charged < 0 || m.Released < 0 || m.Overrun < 0
}

func (m Money) isZero() bool { return m == Money{} }
