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
	NewLedger Subject = "new ledger"      // a paid campaign has no ledger yet: nothing counts as paid
	OtherHost Subject = "other machine"   // the folder was used elsewhere
	Restored  Subject = "restored"        // rows may have been made again before a restore
	Problems  Subject = "problems"        // some rows have problems: send the others?
	Columns   Subject = "earlier results" // the sheet has columns of earlier results
	Payment   Subject = "payment"         // rows are to be sent and paid for
	Forever   Subject = "forever"         // what is done cannot be taken back
)

// Question is what a person is asked before something that costs money or cannot be
// taken back.
type Question struct {
	About   Subject
	Text    string       // ends in a question mark
	Rows    int          // that it is about; 0: it is not counted
	Plan    *engine.Plan // what would be sent, where it is about rows
	Balance string       // of the account, where it is about payment; empty: the service does not say
	// Otherwise is what it comes to when the answer is no.
	Otherwise string
}

// declinedError says what came of a no.
type declinedError struct{ text string }

func (d *declinedError) Error() string { return d.text }

// person reports whether there is one who can be asked.
func (c *Campaign) person() bool { return c.options.Ask != nil }

// agree asks, and ends the operation unless the answer is yes.
func (c *Campaign) agree(ctx context.Context, q Question) error {
	yes := c.options.Ask(ctx, q)
	switch {
	case ctx.Err() != nil:
		return &Error{Cause: Stopped, Err: errors.Join(&declinedError{q.Otherwise}, context.Cause(ctx))}
	case !yes:
		return &Error{Cause: Declined, Err: &declinedError{q.Otherwise}}
	}
	return nil
}

// seek asks unless the answer was given before. Where there is no person, it ends the
// operation, and says why somebody has to agree.
func (c *Campaign) seek(ctx context.Context, given bool, risk string, q Question) error {
	switch {
	case given:
		return nil
	case !c.person():
		return &Error{Cause: Usage, Err: errors.New(risk), Hint: "add --yes to go on", Question: &q}
	}
	return c.agree(ctx, q)
}

// Otherwise returns what it came to that a person said no, or left before the answer.
func Otherwise(err error) (text string, asked bool) {
	declined, asked := errors.AsType[*declinedError](err)
	if !asked {
		return "", false
	}
	return declined.text, true
}
