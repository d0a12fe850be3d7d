package boltstore

import (
	"bytes"
	"slices"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// An entry is kept as two records. Its body, which is what the provider will be
// sent, is large, never changes between planning and success, and goes away
// then; all the rest is small and changes often.

// head walks what the books, the indexes and the check at start are made of. It
// comes first, so that a check need not read further.
func head(c *codec, e *ledger.Entry) {
	state(c, &e.State)
	text(c, &e.Key)
	account(c, &e.Account)
	money(c, &e.Money)
	ticket(c, &e.Ticket)
	list(c, &e.Attempts, attempt)
	list(c, &e.Elsewhere, book)
}

func attempt(c *codec, a *ledger.Attempt) {
	ticket(c, &a.Ticket)
	state(c, &a.Outcome)
	account(c, &a.Account)
	number(c, &a.Charged)
	count(c, &a.Basis)
	text(c, &a.Reason)
	instant(c, &a.At)
}

// entry walks everything but the body.
func entry(c *codec, e *ledger.Entry) {
	head(c, e)
	count(c, &e.Version)
	content(c, e)
	count(c, &e.Basis)
	text(c, &e.Reason)
	text(c, &e.By)
	result(c, &e.Result)
	flag(c, &e.Overdue)
	count(c, &e.Asked)
	fingerprint(c, &e.Kept)
	list(c, &e.History, moment)
	instant(c, &e.PlannedAt)
	instant(c, &e.IntendedAt)
	instant(c, &e.SubmittedAt)
	instant(c, &e.AskedAt)
	instant(c, &e.SettledAt)
	flag(c, &e.Purged)
}

func content(c *codec, e *ledger.Entry) {
	t := &e.Content
	count(c, &t.Row)
	textLike(c, &t.Operation, e.Account.Provider)
	fingerprint(c, &t.Fingerprint)
	text(c, &t.Reference)
	textLike(c, &t.File, e.Key)
	estimate(c, &t.Estimate)
	number(c, &t.Seconds.Low)
	number(c, &t.Seconds.Likely)
	number(c, &t.Seconds.High)
}

func estimate(c *codec, e *credit.Estimate) {
	number(c, &e.Low)
	number(c, &e.Likely)
	number(c, &e.High)
	count(c, &e.Basis)
	text(c, &e.PriceDate)
}

func result(c *codec, r *ledger.Result) {
	text(c, &r.VideoURL)
	textLike(c, &r.ShareURL, r.VideoURL)
	textLike(c, &r.ThumbnailURL, r.VideoURL)
	text(c, &r.Name)
	number(c, &r.Duration)
	number(c, &r.Bytes)
}

func moment(c *codec, m *ledger.Moment) {
	instant(c, &m.At)
	kind(c, &m.Kind)
	text(c, &m.Detail)
}

// body walks what a submit sends.
func body(c *codec, e *ledger.Entry) {
	raw(c, &e.Payload)
	list(c, &e.Media, medium)
}

func medium(c *codec, m *ledger.Media) {
	text(c, &m.Part)
	text(c, &m.Path)
	text(c, &m.Type)
	text(c, &m.SHA256)
}

func hasBody(e ledger.Entry) bool { return len(e.Payload) > 0 || len(e.Media) > 0 }

func sameBody(a, b ledger.Entry) bool {
	return bytes.Equal(a.Payload, b.Payload) && slices.Equal(a.Media, b.Media)
}
