package reelmerge

import (
	"cmp"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Story tells the life of a row as a timeline, in lines for people.
func (c *Campaign) Story(e ledger.Entry) []string {
	lines := []string{fmt.Sprintf("row %d, key %s: %s", e.Row, e.Key, report.StatusOf(&e))}
	if e.Ticket.Job != "" {
		lines = append(lines, "job: "+e.Ticket.Job)
	}
	if e.Fetched.File != "" {
		lines = append(lines, "video: "+e.Fetched.File)
	}
	for _, m := range e.History {
		line := m.At.Local().Format(time.DateTime) + "  " + happened(m.Kind)
		if m.Detail != "" && m.Kind != ledger.Intend { // that names the credentials, for searches
			line += ": " + PlainReason(m.Detail)
		}
		lines = append(lines, line)
	}
	for _, attempt := range e.Attempts {
		lines = append(lines, c.earlierAttempt(attempt))
	}
	if c.IsTest() {
		lines = append(lines, c.TestLine())
	}
	return append(lines, c.Balance(e.Account, e.Money).Line(c.IsTest()))
}

// earlierAttempt says how an earlier attempt ended, and what it cost.
func (c *Campaign) earlierAttempt(a ledger.Attempt) string {
	_, cost := c.Balance(a.Account, ledger.Money{Charged: a.Charged}).Said(c.IsTest())
	text := fmt.Sprintf("earlier attempt: %s, cost: %s", report.StatusOf(&ledger.Entry{State: a.Outcome}), cost)
	if a.Reason != "" {
		text += ": " + PlainReason(a.Reason)
	}
	return text
}

// happened says an event in words.
func happened(k ledger.Kind) string {
	return cmp.Or(map[ledger.Kind]string{
		ledger.Plan:    "to send",
		ledger.Intend:  "about to be sent",
		ledger.Unsend:  "not sent, so it may be sent again",
		ledger.Submit:  "accepted by the service",
		ledger.Reject:  "refused by the service",
		ledger.Lose:    "answer lost: it is not known whether it was made",
		ledger.Resend:  "sent again under its key, which is one job",
		ledger.Claim:   "an earlier request made a job as well",
		ledger.Search:  "looked for at the service",
		ledger.Adopt:   "found at the service",
		ledger.Observe: "being made",
		ledger.Succeed: "made",
		ledger.Fail:    "failed",
		ledger.Cancel:  "cancelled",
		ledger.Repeat:  "to be sent again, although the first may have been made",
		ledger.Keep:    "kept as it was bought",
		ledger.Purge:   "forgotten",
		ledger.Disown:  "its job was another row's: it is not known again",
		ledger.Fetch:   "video fetched to this machine",
	}[k], string(k))
}
