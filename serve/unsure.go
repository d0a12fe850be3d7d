package serve

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// doubt is a row whose outcome is not known, as its page shows it.
type doubt struct {
	reelmerge.Unsure
	Why       string
	Says      string
	Between   string
	Resend    string // until when the same request is one job; empty: it cannot be sent so
	Proposals []reelmerge.Proposal
}

// unsure lists the rows that a person has to decide about, and the jobs that may be theirs
// where the service was asked for them.
func (s *Server) unsure(v *visit) error { return v.unsurePage(nil, false) }

func (v *visit) unsurePage(proposals []reelmerge.Proposal, asked bool) error {
	var doubts []doubt
	cost := ""
	if v.campaign.HasRun() {
		list, err := v.campaign.Unsure(v.r.Context())
		if err != nil {
			return err
		}
		for _, u := range list {
			doubts = append(doubts, doubtOf(u, proposals))
			cost = u.Cost
		}
	}
	p := pageOf(v.r, len(doubts), rowsOnPage)
	f := v.frame("Not known", "home")
	f.Live = !asked
	return v.page("unsure", f, map[string]any{"Doubts": doubts[p.First:p.Last], "Pager": p, "Cost": cost, "Asked": asked, "Found": len(proposals)})
}

func doubtOf(u reelmerge.Unsure, proposals []reelmerge.Proposal) doubt {
	now := time.Now()
	d := doubt{Unsure: u, Why: reelmerge.PlainReason(u.Reason), Says: u.Said()}
	d.Between = "between " + wording.Moment(u.From.Local(), now) + " and " + wording.Moment(u.Until.Local(), now)
	if !u.ResendUntil.IsZero() {
		d.Resend = wording.Moment(u.ResendUntil.Local(), now)
	}
	for _, p := range proposals {
		if p.Key == u.Key && p.Part == u.Part {
			d.Proposals = append(d.Proposals, p)
		}
	}
	return d
}

// propose asks the service for jobs that may be the lost ones. It costs nothing, and records
// nothing.
func (s *Server) propose(v *visit) error {
	list, err := v.campaign.Propose(v.r.Context())
	if err != nil {
		return err
	}
	return v.unsurePage(list, true)
}

// decide records a person's decision about a row.
func (s *Server) decide(v *visit) error {
	form := v.r.PostForm
	d := reelmerge.Decision{Key: form.Get("key"), Part: form.Get("part"), Choice: reelmerge.Choice(form.Get("choice")), Ticket: strings.TrimSpace(form.Get("ticket"))}
	switch {
	case d.Key == "" && d.Part == "":
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("no row was named"), Hint: "decide about a row of the list"}
	// The two are different buttons: one may be paid twice, which a person says in so many
	// words.
	case d.Choice == reelmerge.Resubmit && form.Get("sure") == "":
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("sending it anyway may pay for it twice"), Hint: "tick that this is meant"}
	}
	if err := v.campaign.Resolve(v.r.Context(), d); err != nil {
		return err
	}
	s.log.Info("decided", slog.String("choice", string(d.Choice)))
	s.hub.tell(v.place.key())
	goTo(v.w, "unsure")
	return nil
}
