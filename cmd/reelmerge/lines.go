package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// statesLine counts rows by state, in the order of a row's life.
func statesLine(states map[ledger.State]int) string {
	var parts []string
	for _, state := range ledger.States() {
		if n := states[state]; n > 0 || state == ledger.Succeeded {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}

// changedToo goes behind a count of states: those rows are counted there as well.
func changedToo(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d changed since bought", n)
}

// balanceLines are what each account was charged; accounts are never added up.
func balanceLines(summary ledger.Summary, test bool) (lines []string) {
	for _, account := range credit.InOrder(summary.Books) {
		lines = append(lines, moneyLine(test, account, summary.Books[account]))
	}
	return lines
}

func moneyLine(test bool, account credit.Account, m ledger.Money) string {
	text := fmt.Sprintf("%s: %s %s", account, m.Charged.Grouped(), report.Charged(test))
	if m.Reserved > 0 {
		text += fmt.Sprintf(", %s reserved", m.Reserved.Grouped())
	}
	if m.Released > 0 {
		text += fmt.Sprintf(", %s released", m.Released.Grouped())
	}
	if m.Overrun > 0 {
		text += fmt.Sprintf(", %s of it more than was reserved", m.Overrun.Grouped())
	}
	return text
}

// testLine says what a simulator's videos are.
const testLine = "simulator: the videos are test pictures, and nothing was paid"

// costLines say what a run would cost in each account, with the basis of the
// numbers. A total with an unknown part is "at least".
func costLines(plan *engine.Plan) (lines []string) {
	for _, account := range credit.InOrder(plan.Cost) {
		sum := plan.Cost[account]
		switch {
		case sum.Rows == 0:
			lines = append(lines, fmt.Sprintf("not known for %s (%s)", wording.Plural(sum.Unknown, "row"), account))
		case sum.Unknown > 0:
			lines = append(lines, fmt.Sprintf("at least %s %s (%s), and %s nobody can price", sum.Likely.Grouped(), account, sum.Basis, wording.Plural(sum.Unknown, "row")))
		case sum.Low == sum.High:
			lines = append(lines, fmt.Sprintf("%s %s (%s)", sum.Likely.Grouped(), account, sum.Basis))
		default:
			lines = append(lines, fmt.Sprintf("about %s %s, between %s and %s (%s)", sum.Likely.Grouped(), account, sum.Low.Grouped(), sum.High.Grouped(), sum.Basis))
		}
	}
	return lines
}

// happened says an event in words.
func happened(k ledger.Kind) string {
	return cmp.Or(map[ledger.Kind]string{
		ledger.Plan:    "planned",
		ledger.Intend:  "about to be sent",
		ledger.Unsend:  "not sent, so it may be sent again",
		ledger.Submit:  "accepted by the service",
		ledger.Reject:  "refused by the service",
		ledger.Lose:    "answer lost: nobody knows whether it was made",
		ledger.Search:  "looked for at the service",
		ledger.Adopt:   "found at the service",
		ledger.Observe: "being made",
		ledger.Succeed: "made",
		ledger.Fail:    "failed",
		ledger.Cancel:  "cancelled",
		ledger.Repeat:  "to be sent again, whatever became of the first",
		ledger.Keep:    "kept as it was bought",
		ledger.Purge:   "forgotten",
		ledger.Disown:  "its job was another row's: nobody knows again",
		ledger.Fetch:   "video fetched to this machine",
	}[k], string(k))
}

// story tells one row's life as a timeline.
func story(e ledger.Entry, test bool) []string {
	lines := []string{fmt.Sprintf("row %d, key %s: %s", e.Row, e.Key, e.State)}
	if e.Ticket.Job != "" {
		lines = append(lines, "ticket: "+e.Ticket.Job)
	}
	if e.Fetched.File != "" {
		lines = append(lines, "video: "+e.Fetched.File)
	}
	for _, m := range e.History {
		line := m.At.Local().Format(time.DateTime) + "  " + happened(m.Kind)
		if m.Detail != "" {
			line += ": " + m.Detail
		}
		lines = append(lines, line)
	}
	for _, attempt := range e.Attempts {
		lines = append(lines, fmt.Sprintf("earlier attempt: %s, %s %s (%s) %s", attempt.Outcome, attempt.Charged.Grouped(), report.Charged(test), attempt.Basis, attempt.Reason))
	}
	if test {
		lines = append(lines, testLine)
	}
	return append(lines, moneyLine(test, e.Account, e.Money))
}
