package reelmerge

import (
	"context"
	"errors"

	"github.com/reelmerge/reelmerge/engine"
)

// Subject is what a question is about.
type Subject string

// The subjects of questions.
const (
	NewLedger Subject = "new ledger"      // a paid campaign has no ledger yet, so every row would be paid
	OtherHost Subject = "other machine"   // the folder was used elsewhere
	Joining   Subject = "joining"         // a ledger of a database that this folder does not know
	Restored  Subject = "restored"        // rows may have been made again before a restore
	Problems  Subject = "problems"        // some rows have problems: send the others?
	Columns   Subject = "earlier results" // the sheet has columns of earlier results
	Payment   Subject = "payment"         // rows are to be sent and paid for
	Account   Subject = "account"         // the token is another one than before
	Service   Subject = "service"         // a file describes the service, and the token would go there
	Forever   Subject = "forever"         // the operation cannot be undone
)

// Question is asked of a person before an operation that costs money or cannot be undone.
type Question struct {
	About   Subject
	Text    string       // ends in a question mark
	Rows    int          // the number of rows that it is about; 0 if they are not counted
	Plan    *engine.Plan // what would be sent, where it is about rows
	Balance string       // of the account, where it is about payment; empty: the service does not say
	// Otherwise says what follows from a no.
	Otherwise string
}

// declinedError is the error after a no. Its text says what follows from it.
type declinedError struct{ text string }

func (d *declinedError) Error() string { return d.text }

// person reports whether there is a person to ask.
func (c *Campaign) person() bool { return c.options.Ask != nil }

// agree asks, and ends the operation unless the answer is yes.
func (c *Campaign) agree(ctx context.Context, q Question) error {
	yes := c.options.Ask(ctx, q)
	switch {
	// An interrupt during the question is no answer. Whether it was asked matters to the
	// caller, so both reasons are kept.
	case ctx.Err() != nil:
		return &Error{Cause: Stopped, Err: errors.Join(&declinedError{q.Otherwise}, context.Cause(ctx))}
	case !yes:
		return &Error{Cause: Declined, Err: &declinedError{q.Otherwise}}
	}
	return nil
}

// seek asks unless the answer was given before. Without a person it ends the operation
// with the risk as its error: silence never counts as a yes.
func (c *Campaign) seek(ctx context.Context, given bool, risk string, q Question) error {
	switch {
	case given:
		return nil
	case !c.person():
		return &Error{Cause: Usage, Err: errors.New(risk), Hint: "add --yes to go on", Question: &q}
	}
	return c.agree(ctx, q)
}

// Otherwise returns what follows from a no, if the error says that a person said no or
// left before the answer.
func Otherwise(err error) (text string, asked bool) {
	declined, asked := errors.AsType[*declinedError](err)
	if !asked {
		return "", false
	}
	return declined.text, true
}
