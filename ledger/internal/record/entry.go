package record

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// An entry is kept as two records. Its body holds what the provider is sent: it is large,
// does not change between planning and success, and is dropped then. The other record
// holds the rest, which is small and changes often.

// Head walks the fields that balances, indexes and the check at the start are computed
// from. They come first, so that a check need not read further.
func Head(c *Codec, e *ledger.Entry) {
	state(c, &e.State)
	text(c, &e.Key)
	account(c, &e.Account)
	Money(c, &e.Money)
	ticket(c, &e.Ticket)
	list(c, &e.Attempts, attempt)
	list(c, &e.Elsewhere, balance)
}

// attempt walks an earlier attempt. What was fetched for it is an optional member of the
// entry, because the first edition did not have it.
func attempt(c *Codec, a *ledger.Attempt) {
	ticket(c, &a.Ticket)
	state(c, &a.Outcome)
	account(c, &a.Account)
	number(c, &a.Charged)
	Count(c, &a.Basis)
	text(c, &a.Reason)
	instant(c, &a.At)
}

// Entry walks everything but the body.
func Entry(c *Codec, e *ledger.Entry) {
	Head(c, e)
	Count(c, &e.Version)
	content(c, e)
	Count(c, &e.Basis)
	text(c, &e.Reason)
	text(c, &e.By)
	result(c, &e.Result)
	flag(c, &e.Overdue)
	Count(c, &e.Asked)
	fingerprint(c, &e.Kept)
	list(c, &e.History, moment)
	instant(c, &e.PlannedAt)
	instant(c, &e.IntendedAt)
	instant(c, &e.SubmittedAt)
	instant(c, &e.AskedAt)
	instant(c, &e.SettledAt)
	flag(c, &e.Purged)
	if c.first {
		assume(e)
		return
	}
	members(c, e)
}

// The optional members of an entry's record, by their number on disk. A later
// edition may add more: this one must not change a record that it cannot read
// whole.
const (
	memberFetched = 1 // of the entry
	memberEarlier = 2 // what was fetched for its earlier attempts
	memberMade    = 3 // what the planned length is made of
	memberInForce = 4 // the estimate that the current attempt was sent with
	memberSent    = 5 // what is known of a request that has a key
	memberChain   = 6 // the step of an entry, what comes before it, and its holes
	memberFilled  = 7 // what the holes were filled with
)

// members walks the fields that not every entry has, each with its number and its length.
// An unknown number is an error of a newer edition: writing the entry back without that
// member would lose it.
func members(c *Codec, e *ledger.Entry) {
	if !c.reading {
		writeMembers(c, e)
		return
	}
	n := 0
	for Count(c, &n); n > 0 && c.err == nil; n-- {
		tag, size := 0, 0
		Count(c, &tag)
		Count(c, &size)
		inner := Codec{buf: c.take(size), reading: true}
		if err := inner.read(func(c *Codec) { member(c, tag, e) }); err != nil {
			c.fail(err)
		}
	}
}

// writeMembers writes the members that are not empty.
func writeMembers(c *Codec, e *ledger.Entry) {
	var tags []int
	if e.Fetched != (ledger.Fetched{}) {
		tags = append(tags, memberFetched)
	}
	if slices.ContainsFunc(e.Attempts, func(a ledger.Attempt) bool { return a.Fetched != (ledger.Fetched{}) }) {
		tags = append(tags, memberEarlier)
	}
	if !e.Made.IsZero() {
		tags = append(tags, memberMade)
	}
	if e.InForce != (credit.Estimate{}) {
		tags = append(tags, memberInForce)
	}
	if e.Sent != (ledger.Sent{}) {
		tags = append(tags, memberSent)
	}
	if e.Step != "" || e.After != "" || len(e.Fill) > 0 {
		tags = append(tags, memberChain)
	}
	if len(e.Filled) > 0 {
		tags = append(tags, memberFilled)
	}
	list(c, &tags, func(c *Codec, tag *int) {
		data := Encode(nil, func(c *Codec) { member(c, *tag, e) })
		Count(c, tag)
		raw(c, &data)
	})
}

func member(c *Codec, tag int, e *ledger.Entry) {
	switch tag {
	case memberFetched:
		fetched(c, &e.Fetched, e.File)
	case memberEarlier:
		for i := range e.Attempts {
			fetched(c, &e.Attempts[i].Fetched, e.File)
		}
	case memberMade:
		breakdown(c, &e.Made)
	case memberInForce:
		estimate(c, &e.InForce)
	case memberSent:
		sent(c, &e.Sent)
	case memberChain:
		chain(c, &e.Content)
	case memberFilled:
		list(c, &e.Filled, filled)
	default:
		c.fail(fmt.Errorf("%w: part %d of a row", ledger.ErrNewer, tag))
	}
}

func sent(c *Codec, s *ledger.Sent) {
	fingerprint(c, &s.Hash)
	text(c, &s.Callback)
	Count(c, &s.Turn)
	Count(c, &s.Resends)
}

// chain walks what ties an entry to the steps before it. A hole is mostly filled from the
// entry that comes directly before, so only the difference to its key is written.
func chain(c *Codec, t *ledger.Content) {
	text(c, &t.Step)
	text(c, &t.After)
	list(c, &t.Fill, func(c *Codec, f *ledger.Fill) {
		Count(c, &f.At)
		textLike(c, &f.From, t.After)
		text(c, &f.Field)
	})
}

func filled(c *Codec, f *ledger.Filled) {
	name(c, &f.Job)
	text(c, &f.Text)
}

// breakdown walks the parts of a length.
func breakdown(c *Codec, b *job.Breakdown) {
	text(c, &b.Script)
	number(c, &b.Fixed)
	list(c, &b.Voices, say)
}

func say(c *Codec, s *job.Say) {
	text(c, &s.Voice)
	Count(c, &s.Tracks)
	number(c, &s.Spoken)
	number(c, &s.Silence)
}

// fetched walks a file. Its name is mostly the one that was planned for the row, so only
// the difference is written.
func fetched(c *Codec, f *ledger.Fetched, like string) {
	textLike(c, &f.File, like)
	number(c, &f.Bytes)
	fingerprint(c, &f.SHA256)
}

// assume fills in the fetched files that version 1 did not record: the videos of rows that
// have succeeded lie under the row's name. Without a hash such a file counts as assumed and
// not as proven.
func assume(e *ledger.Entry) {
	if e.Purged {
		return
	}
	if e.State == ledger.Succeeded && e.Result.VideoURL != "" {
		e.Fetched.File = e.File
	}
	for i := range e.Attempts {
		if e.Attempts[i].Outcome == ledger.Succeeded {
			e.Attempts[i].Fetched.File = e.File
		}
	}
}

func content(c *Codec, e *ledger.Entry) {
	t := &e.Content
	Count(c, &t.Row)
	textLike(c, &t.Operation, e.Account.Provider)
	fingerprint(c, &t.Fingerprint)
	text(c, &t.Reference)
	textLike(c, &t.File, e.Key)
	estimate(c, &t.Estimate)
	number(c, &t.Seconds.Low)
	number(c, &t.Seconds.Likely)
	number(c, &t.Seconds.High)
}

func estimate(c *Codec, e *credit.Estimate) {
	number(c, &e.Low)
	number(c, &e.Likely)
	number(c, &e.High)
	Count(c, &e.Basis)
	text(c, &e.PriceDate)
}

func result(c *Codec, r *job.Result) {
	text(c, &r.VideoURL)
	textLike(c, &r.ShareURL, r.VideoURL)
	textLike(c, &r.ThumbnailURL, r.VideoURL)
	text(c, &r.Name)
	number(c, &r.Duration)
	number(c, &r.Bytes)
}

func moment(c *Codec, m *ledger.Moment) {
	instant(c, &m.At)
	kind(c, &m.Kind)
	text(c, &m.Detail)
}

// Body walks the payload and media that a submit sends.
func Body(c *Codec, e *ledger.Entry) {
	raw(c, &e.Payload)
	list(c, &e.Media, medium)
}

func medium(c *Codec, m *job.Media) {
	text(c, &m.Part)
	text(c, &m.Path)
	text(c, &m.Type)
	text(c, &m.SHA256)
}

// HasBody reports whether an entry has a body to keep.
func HasBody(e ledger.Entry) bool { return len(e.Payload) > 0 || len(e.Media) > 0 }

// SameBody reports whether two entries have the same body.
func SameBody(a, b ledger.Entry) bool {
	return bytes.Equal(a.Payload, b.Payload) && slices.Equal(a.Media, b.Media)
}
