package serve

import (
	"errors"
	"html/template"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/report"
)

// planPage is what the page of a plan shows around the plan itself.
type planPage struct {
	Plan     *reelmerge.Plan
	Board    template.HTML
	Rows     []report.RowNote // worth a look
	Most     []string         // the highest costs of what would be sent
	Running  bool
	Approval *report.Approval
	Problems int
	Stale    string // what changed since the plan that a person saw; empty: none was refused
	Refused  bool
	Unpaid   bool
	Service  string
	Notes    []string
}

// plan shows what a run would do, and has the buttons that approve it and carry it out.
func (s *Server) plan(v *visit) error { return v.planPage(planPage{}) }

// planPage shows the plan as it is now.
func (v *visit) planPage(p planPage) error {
	now, err := v.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if err != nil {
		return err
	}
	p.Plan = now.plan
	p.Approval, p.Problems, p.Notes = now.plan.Approval, now.plan.Rows.Refused, now.notes
	p.Service, p.Unpaid = v.campaign.Service().Title, v.campaign.IsTest()
	p.Running = v.runs.of(v.place).look().Going
	for _, r := range now.plan.Result.Risky {
		p.Rows = append(p.Rows, report.RowNote{Row: r.Row, Key: r.Key, Reason: strings.Join(r.Why, "; ")})
	}
	for _, c := range now.plan.Cost {
		p.Most = append(p.Most, c.AtMost())
	}
	page := now.plan.PlanPage
	page.Run, page.Look = "", nil // the page has buttons and links for them
	page.Source = filepath.Base(page.Source)
	if p.Board, err = fragment(page.WriteBody); err != nil {
		return err
	}
	f := v.frame("Plan", "plan")
	f.Live = true
	return v.page("plan", f, p)
}

// stale shows the plan as it is now to a person who has agreed to another one.
func (v *visit) stale(digest string) error {
	now, err := v.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if err != nil {
		return err
	}
	return v.planPage(planPage{Refused: true, Stale: v.shelf.desk(v.place).since(digest, now.plan)})
}

// errNoName is returned for an approval without a name.
var errNoName = errors.New("an approval needs a name")

// approve records that a person agrees to the plan that was shown.
func (s *Server) approve(v *visit) error {
	form := v.r.PostForm
	by := strings.TrimSpace(form.Get("by"))
	if by == "" {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errNoName, Hint: "go back and type your name: it is kept with the approval"}
	}
	done, err := v.campaign.Approve(v.r.Context(), reelmerge.ApproveOptions{Plan: form.Get("plan"), By: by, Note: strings.TrimSpace(form.Get("note"))})
	if reelmerge.CauseOf(err) == reelmerge.Undecided {
		return v.stale(form.Get("plan"))
	}
	if err != nil {
		return err
	}
	s.log.Info("approved", slog.Int("rows", done.Rows))
	s.hub.tell(v.place.key())
	goTo(v.w, "plan")
	return nil
}

// start runs the campaign in this process, as long as the plan is the one that was shown.
func (s *Server) start(v *visit) error {
	form := v.r.PostForm
	if form.Get("plan") == "" {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("no plan was named"), Hint: "look at the plan, and send it from there"}
	}
	a := answered(form["yes"])
	// The button says what it costs, and the digest holds the run to it.
	a.yes[reelmerge.Payment] = true
	// This campaign is used by the run, and closed at its end.
	c, err := s.shelf.open(v.r.Context(), v.place, a)
	if err != nil {
		return err
	}
	n, err := s.runs.start(v.place, c, form, a)
	if err != nil {
		return &reelmerge.Error{Cause: reelmerge.Locked, Err: err, Hint: "look at it, and stop it first where that is wanted"}
	}
	s.log.Info("run began")
	n.settle(v.r.Context())
	if l := n.look(); !l.Going && l.Question == nil && reelmerge.CauseOf(l.Err) == reelmerge.Undecided {
		return v.stale(form.Get("plan"))
	}
	goTo(v.w, "./")
	return nil
}

// halt stops the run of this process.
func (s *Server) halt(v *visit) error {
	n := s.runs.of(v.place)
	if n == nil || n.over() {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("no run of this page is going"), Hint: "a run in a terminal is stopped there, with Ctrl-C"}
	}
	n.halt()
	s.log.Info("run stopped")
	goTo(v.w, "./")
	return nil
}

// retry plans failed rows again: the row with the key, or all.
func (s *Server) retry(v *visit) error {
	var o reelmerge.RetryOptions
	if key := v.r.PostForm.Get("key"); key != "" {
		o.Rows = []string{key}
		o.Cancelled = true
	}
	done, err := v.campaign.Retry(v.r.Context(), o)
	if err != nil {
		return err
	}
	s.log.Info("retried", slog.Int("rows", done.Planned))
	s.hub.tell(v.place.key())
	goTo(v.w, "plan")
	return nil
}
