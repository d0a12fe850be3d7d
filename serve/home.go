package serve

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// listed is a campaign in the list.
type listed struct {
	Place   place
	Name    string
	Service string
	Test    bool
	State   string // in a sentence
	Tone    string
}

// list shows the campaigns.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	var all []listed
	for _, p := range s.shelf.places() {
		all = append(all, s.listed(r.Context(), p))
	}
	_, may := s.shelf.home()
	s.show(w, r, http.StatusOK, "list", frame{Title: "Campaigns", Live: true, Body: map[string]any{
		"All": all, "Most": len(all) == mostCampaigns, "Begun": s.shelf.begun(), "MayBegin": may, "Starters": reelmerge.Starters(s.shelf.options.Services),
	}})
}

// listed says where a campaign stands, as far as its ledger tells: the sheets of all
// campaigns are not read for a list.
func (s *Server) listed(ctx context.Context, p place) listed {
	l := listed{Place: p, Name: p.Name}
	c, err := s.shelf.open(ctx, p, answered(nil))
	if err != nil {
		l.State, l.Tone = "cannot be used as it is", "bad"
		return l
	}
	defer c.Close()
	s.hub.follow(p, c)
	l.Name, l.Service, l.Test = c.File().Name, c.Service().Title, c.IsTest()
	if !c.HasRun() {
		l.State = "has not run yet"
		return l
	}
	status, err := s.status(ctx, p, c)
	switch {
	case err != nil:
		l.State, l.Tone = err.Error(), "bad"
	case status.Running:
		l.State, l.Tone = "running: "+reelmerge.TallyOf(status).String(), "good"
	default:
		l.State = reelmerge.TallyOf(status).String()
		if status.States[ledger.Unsure]+status.Parts[ledger.Unsure] > 0 {
			l.Tone = "warn"
		}
	}
	return l
}

// status is that of the run of this process, which knows more, or that of the ledger.
func (s *Server) status(ctx context.Context, p place, c *reelmerge.Campaign) (reelmerge.Status, error) {
	if l := s.runs.of(p).look(); l.Going && l.Status != nil {
		return *l.Status, nil
	}
	return c.Status(ctx, false)
}

// standing is what the first page of a campaign shows.
type standing struct {
	Running  bool
	Ours     bool // the run is one of this process
	Starting bool // it has sent nothing yet
	Stopping bool
	Counts   []count
	Done     int // of Total, for the bar
	Total    int
	Lines    []string // how the run goes, or what has been spent
	Held     string
	Trouble  []reelmerge.Trouble
	End      *ending
	Rows     int
	ToSend   int
	Digest   string // of the plan
	Problems int
	Cost     []string
	Unsure   int
	NoStep   int // steps that are not known to be made
	Failed   int
	Waiting  int // rows that an approval waits for
	NoPlan   *trouble
	Notes    []string
}

// count is a number of rows in a state.
type count struct {
	N           int
	Name, Tone  string
	StateFilter string // of the list of rows
}

// Always reports whether the number is shown also where it is zero.
func (c count) Always() bool {
	return c.Tone == "" && c.Name != report.StatusCancelled && c.Name != report.StatusLeftOut
}

// ending says how the last run of this process ended.
type ending struct {
	Text, Cure string
	Accept     string // what the button says to the next run; empty: there is none
	Button     string
	Reasons    []reelmerge.Reason
	Trouble    *trouble
	Stopped    bool
}

// home shows where a campaign stands, live while it runs, and what to do next.
func (s *Server) home(v *visit) error {
	look := s.runs.of(v.place).look()
	h := standing{Ours: look.Going, Stopping: look.Stopping, Starting: look.Going && look.Status == nil}
	h.Running = look.Going
	if v.campaign.HasRun() {
		status, err := s.status(v.r.Context(), v.place, v.campaign)
		if err != nil && !look.Going {
			return err
		}
		h.take(status, time.Now())
	}
	if !h.Running {
		h.survey(v)
	}
	h.End = endOf(look)
	f := v.frame(v.campaign.File().Name, "home")
	f.Live = true
	f.Busy = h.Running
	return v.page("home", f, h)
}

// take fills in what the ledger and the run know.
func (h *standing) take(s reelmerge.Status, now time.Time) {
	h.Running = h.Running || s.Running
	h.Held = s.Held
	made := s.States[ledger.Intended] + s.States[ledger.Submitted]
	h.Unsure, h.NoStep, h.Failed = s.States[ledger.Unsure], s.Parts[ledger.Unsure], s.States[ledger.Failed]
	toSend := s.States[ledger.Planned]
	if p := s.Progress; p != nil {
		toSend = p.ToSend
		h.Total = p.Total
		h.Done = s.States[ledger.Succeeded] + s.States[ledger.Failed] + s.States[ledger.Cancelled]
		h.Lines = runLines(p, now)
		h.Trouble = p.Trouble
		h.Stopping = h.Stopping || p.Stopping
	}
	word := report.StatusMade
	if s.Test {
		word = "test videos made"
	}
	h.Counts = []count{
		{toSend, report.StatusToSend, "", "submit"}, {made, report.StatusBeingMade, "", "in_flight"}, {s.States[ledger.Succeeded], word, "good", "done"},
		{h.Failed, report.StatusFailed, "bad", "failed"}, {h.Unsure, report.StatusNotKnown, "warn", "unsure"},
		{s.States[ledger.Cancelled], report.StatusCancelled, "", "cancelled"}, {s.Rows.Refused, report.StatusProblems, "bad", "refused"},
	}
	for _, c := range s.Credits {
		h.Lines = append(h.Lines, c.Line(s.Test))
	}
}

// runLines say how a run goes.
func runLines(p *reelmerge.Progress, now time.Time) (lines []string) {
	lines = append(lines, "runs since "+wording.Moment(p.Began.Local(), now)+", for "+wording.Lasting(now.Sub(p.Began).Truncate(time.Second)))
	if p.PerMinute != nil {
		lines = append(lines, fmt.Sprintf("%.1f sent a minute", *p.PerMinute))
	}
	if p.BoundBy != "" {
		lines = append(lines, "bound by "+p.BoundBy)
	}
	if p.NextAt != nil && p.NextAt.After(now.Add(time.Second)) {
		lines = append(lines, "the next row is sent "+wording.Moment(p.NextAt.Local(), now))
	}
	if p.Ends != nil && p.Ends.After(now) {
		lines = append(lines, "ends "+wording.Moment(p.Ends.Local(), now)+", in about "+wording.Lasting(p.Ends.Sub(now).Round(time.Second)))
	} else if p.ToSend > 0 {
		lines = append(lines, "when it ends is not known yet")
	}
	if p.StopAt != nil {
		lines = append(lines, "stops by itself "+wording.Moment(p.StopAt.Local(), now))
	}
	if p.CallbacksUntil != nil {
		lines = append(lines, "waits for callbacks until "+wording.Moment(p.CallbacksUntil.Local(), now))
	}
	return lines
}

// survey fills in what the sheet says now. A sheet that cannot be read is no reason to hide
// where the campaign stands.
func (h *standing) survey(v *visit) {
	now, err := v.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if err != nil {
		t := troubleOf(err)
		h.NoPlan = &t
		return
	}
	plan := now.plan
	h.Digest = plan.Digest
	h.Rows, h.ToSend, h.Problems, h.Notes = plan.Rows.Total, plan.Actions.Submit, plan.Rows.Refused, now.notes
	if a := plan.Approval; a != nil {
		h.Waiting = a.Waiting
	}
	for _, c := range plan.Cost {
		h.Cost = append(h.Cost, c.Brief())
	}
	if h.Counts == nil {
		h.Counts = []count{
			{plan.Rows.Total, "rows in the sheet", "", ""}, {h.ToSend, report.StatusToSend, "", "submit"},
			{h.Problems, report.StatusProblems, "bad", "refused"}, {plan.Rows.Filtered, report.StatusLeftOut, "", "filtered"},
		}
	}
}

// endOf says how the last run of this process ended; nil where it had none.
func endOf(l look) *ending {
	if l.Going || l.Out == nil {
		return nil
	}
	e := &ending{Stopped: l.Stopping, Text: l.Out.Tally.String(), Reasons: l.Out.Reasons}
	switch {
	case l.Err != nil:
		t := troubleOf(l.Err)
		if l.Question != nil {
			t.Question = askingOf(l.Question, l.Form, "run")
		}
		e.Text, e.Trouble = "", &t
	case l.Out.Held != "":
		e.Text = "The run holds: " + l.Out.Held
		e.Cure = l.Out.Cure
		e.accept(l.Out.HeldFor)
	case l.Out.Unapproved > 0:
		e.Text = wording.Plural(l.Out.Unapproved, "row") + " not sent: not approved yet"
	}
	return e
}

// accept offers what a flag of the command line does for a run that holds.
func (e *ending) accept(held engine.Hold) {
	const wait = "Send the rest, and wait up to a day for it"
	offer := map[engine.Hold][2]string{
		engine.HoldPrices: {acceptPrices, "These prices are right: send the rest"},
		engine.HoldOutage: {acceptWait, wait}, engine.HoldLimit: {acceptWait, wait},
	}[held]
	e.Accept, e.Button = offer[0], offer[1]
	// The button says what the flag would.
	for _, flag := range []string{"; --max-wait", ", or let a run wait longer", "; where they are right, add --accept-prices"} {
		e.Cure, _, _ = strings.Cut(e.Cure, flag)
	}
}
