package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func (a *app) listUnsure(ctx context.Context, c *reelmerge.Campaign, key string) error {
	list, err := c.Unsure(ctx)
	if err != nil {
		return err
	}
	if key != "" {
		list = slices.DeleteFunc(list, func(u reelmerge.Unsure) bool { return u.Key != key && u.Part != key })
	}
	if a.json {
		err = a.printJSON(map[string]any{"campaign": c.File().Name, "rows": list})
	} else {
		a.printUnsure(c, list)
		err = a.askUnsure(ctx, c, &list)
	}
	if err == nil && len(list) > 0 {
		err = exit(exitDecide)
	}
	return err
}

// askUnsure asks a person, row by row, what the service has. What is not answered waits.
func (a *app) askUnsure(ctx context.Context, c *reelmerge.Campaign, list *[]reelmerge.Unsure) error {
	if !a.interactive() {
		return nil
	}
	var waiting []reelmerge.Unsure
	for _, u := range *list {
		answer := a.question(ctx, fmt.Sprintf("Is the video of %s there? (the id of its job / n / empty: later)", u.Who()))
		d := reelmerge.Decision{Key: u.Key, Part: u.Part, Choice: reelmerge.Adopt, Ticket: answer}
		switch strings.ToLower(answer) {
		case "", "later", "y", "yes":
			waiting = append(waiting, u)
			continue
		case "n", "no":
			d = reelmerge.Decision{Key: u.Key, Part: u.Part, Choice: reelmerge.NotSubmitted}
		}
		if err := a.decide(ctx, c, []reelmerge.Decision{d}); err != nil {
			return err
		}
	}
	*list = waiting
	return nil
}

// betweenTimes writes a span of time, with the first day if it is another one than the
// last.
func betweenTimes(from, until time.Time) string {
	from, until = from.Local(), until.Local()
	first := from.Format("15:04:05")
	if from.YearDay() != until.YearDay() || from.Year() != until.Year() {
		first = from.Format("15:04:05 on 2 January 2006")
	}
	return "between " + first + " and " + until.Format("15:04:05 on 2 January 2006 (MST)")
}

func (t *terminal) printUnsure(c *reelmerge.Campaign, list []reelmerge.Unsure) {
	out := func(format string, args ...any) {
		for _, l := range wording.Prose(wording.Clean(fmt.Sprintf(format, args...)), widthOf(t.screen.out)) {
			fmt.Fprintln(t.out, l)
		}
	}
	if len(list) == 0 {
		out("nothing to decide")
		return
	}
	for _, u := range list {
		out("We do not know whether %s was made: %s.", u.Who(), reelmerge.PlainReason(u.Reason))
		if values := u.Said(); values != "" {
			out("  It says:         %s", values)
		}
		out("  Look for it %s, in %s", betweenTimes(u.From, u.Until), u.Look)
		if !u.ResendUntil.IsZero() {
			out("  Send the same again, which cannot be paid twice until %s: %s", u.ResendUntil.Local().Format("15:04 on 2 January 2006"),
				howToDecide(c.Command, u.Flag(), u.Row, "resend", ""))
		}
		for _, job := range u.Claims {
			out("  Its job came after all: %s", howToDecide(c.Command, u.Flag(), u.Row, "adopt", job))
		}
		out("  It is there:     %s", howToDecide(c.Command, u.Flag(), u.Row, "adopt", "JOB-ID"))
		out("  It is not there: %s", howToDecide(c.Command, u.Flag(), u.Row, "not-submitted", ""))
		out("  Send it anyway:  %s", howToDecide(c.Command, u.Flag(), u.Row, "resubmit", ""))
	}
	if cost := list[0].Cost; cost != "" {
		out("A wrong guess costs: %s", cost)
	}
}

// propose asks the service for jobs that may be the lost ones, and records nothing.
func (a *app) propose(ctx context.Context, c *reelmerge.Campaign) error {
	list, err := c.Propose(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": c.File().Name, "proposals": list})
	}
	printProposals(a.out, c, list)
	return nil
}

func printProposals(to io.Writer, c *reelmerge.Campaign, list []reelmerge.Proposal) {
	out := func(format string, args ...any) { fmt.Fprintln(to, wording.Clean(fmt.Sprintf(format, args...))) }
	if len(list) == 0 {
		out("the service shows no job that could be a lost one")
	}
	for _, p := range list {
		out("%s could be job %s: %s", p.Who(), p.Ticket, p.Why)
		if p.URL != "" {
			out("  watch it:   %s", p.URL)
		}
		out("  it is that: %s", howToDecide(c.Command, p.Flag(), p.Row, "adopt", p.Ticket))
	}
}

// howToDecide says how a person decides a row: with a command to copy or, if its key or
// ticket cannot be typed, with a line of a decisions file.
func howToDecide(command commander, who []string, row int, verb, ticket string) string {
	key := strings.Join(who, " ")
	if wording.Typable(key) && wording.Typable(ticket) {
		flags := append(slices.Clone(who), "--"+verb)
		if ticket != "" {
			flags = append(slices.Clone(who), wording.Flag("--"+verb, ticket)...)
		}
		return command("resolve", flags...)
	}
	why := wording.Hidden(key)
	if wording.Typable(key) {
		why = wording.Hidden(ticket)
	}
	return fmt.Sprintf("%s, with the line %d,%s,%s below row,decision,ticket (a command would not have %s)",
		command("resolve", "--decisions", "FILE"), row, verb, shownTicket(ticket), why)
}

// shownTicket leaves out a ticket that cannot be shown as it is.
func shownTicket(ticket string) string {
	if wording.Typable(ticket) {
		return ticket
	}
	return "JOB-ID"
}
