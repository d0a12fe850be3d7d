package serve

import (
	"errors"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
)

// How much of a long list stands on a page.
const (
	problemsOnPage = 100
	rowsOnPage     = 100
)

// pager leads through the pages of a list.
type pager struct {
	Page, Pages    int
	First, Last    int
	Total          int
	Before, Behind int // numbers of pages; 0: there is none
	Query          string
}

// pageOf is the part of a list of so many that a request asks for.
func pageOf(r *http.Request, total, each int) pager {
	pages := max(1, (total+each-1)/each)
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n, pages)
	p := pager{Page: n, Pages: pages, First: (n - 1) * each, Last: min(total, n*each), Total: total, Before: n - 1}
	if n < pages {
		p.Behind = n + 1
	}
	return p
}

// fault is a problem in the list, with its cell.
type fault struct {
	problem.Problem
	Whole string // the text of the cell
	Mends bool   // it can be corrected
}

// faults are problems with the cells that they are at.
func (v *visit) faults(now *survey, list problem.List) (all []fault, _ error) {
	cells, err := v.cellsAt(now, list)
	if err != nil {
		return nil, err
	}
	mends := v.campaign.CorrectionsFile() != ""
	for _, p := range list {
		at := slices.Index(now.plan.Columns, p.Column)
		if of := cells[p.Row]; at < 0 || at >= len(of) {
			all = append(all, fault{Problem: p})
		} else {
			all = append(all, fault{p, of[at], mends && p.Cell != "" && p.Column != now.plan.Key})
		}
	}
	return all, nil
}

// cellsAt are the cells of rows with problems. Those far below in a large sheet are read.
func (v *visit) cellsAt(now *survey, list problem.List) (map[int][]string, error) {
	var numbers []int
	for _, p := range list {
		if _, known := now.cells[p.Row]; !known && p.Row > 0 {
			numbers = append(numbers, p.Row)
		}
	}
	if len(numbers) == 0 {
		return now.cells, nil
	}
	cells := maps.Clone(now.cells)
	rows, err := v.campaign.Cells(v.r.Context(), numbers...)
	for number, row := range rows {
		for _, cell := range row.Cells {
			cells[number] = append(cells[number], cell.Value)
		}
	}
	return cells, err
}

// problems shows what is wrong, cell by cell.
func (s *Server) problems(v *visit) error {
	now, err := s.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if err != nil {
		return err
	}
	plan := now.plan
	all := plan.Result.Problems
	p := pageOf(v.r, len(all), problemsOnPage)
	faults, err := v.faults(now, all[p.First:p.Last])
	if err != nil {
		return err
	}
	f := v.frame("Problems", "problems")
	f.Live = true
	return v.page("problems", f, struct {
		Pager             pager
		Problems          []fault
		Rows              report.PlanRows
		Errors, Warnings  int
		Cut               bool
		Notices           []string
		NoticesOfSettings []string
	}{
		Pager: p, Problems: faults, Rows: plan.Rows, Errors: plan.Result.Found, Warnings: plan.Result.Warnings,
		Cut: plan.Result.Found+plan.Result.Warnings > len(all), Notices: notices(plan.Result), NoticesOfSettings: now.notes,
	})
}

// notices are the remarks of a plan, in a sentence each.
func notices(plan *engine.Plan) (list []string) {
	for _, n := range plan.Notices {
		text := n.Message
		if n.Hint != "" {
			text += "; " + n.Hint
		}
		list = append(list, text)
	}
	return list
}

// rows lists the rows of the sheet, or those of one state.
func (s *Server) rows(v *visit) error {
	now, err := s.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if err != nil {
		return err
	}
	state := v.r.FormValue("state")
	search := strings.TrimSpace(v.r.FormValue("find"))
	kept := now.rows
	if state != "" || search != "" {
		kept = nil
		for _, l := range now.rows {
			if (state == "" || string(l.Action) == state) && (search == "" || strings.Contains(strings.ToLower(l.Key), strings.ToLower(search)) || strconv.Itoa(l.Number) == search) {
				kept = append(kept, l)
			}
		}
	}
	p := pageOf(v.r, len(kept), rowsOnPage)
	if query := (url.Values{"state": {state}, "find": {search}}); state != "" || search != "" {
		p.Query = query.Encode() + "&"
	}
	f := v.frame("Rows", "rows")
	f.Live = true
	return v.page("rows", f, struct {
		Pager  pager
		Rows   []line
		State  string
		States []engine.Action
		Find   string
	}{p, kept[p.First:p.Last], state, actions(), search})
}

// actions are what a run would do with rows, in the order of the filter.
func actions() []engine.Action {
	return []engine.Action{
		engine.ActionSubmit, engine.ActionRefused, engine.ActionDone, engine.ActionInFlight, engine.ActionWaits, engine.ActionUnsure,
		engine.ActionFailed, engine.ActionChanged, engine.ActionCancelled, engine.ActionFiltered,
	}
}

// Word is what people read for what a run would do with the row.
func (l line) Word() string { return reelmerge.ActionWord(l.Action) }

// Tone says whether a person should look at the row.
func (l line) Tone() string {
	switch l.Action {
	case engine.ActionRefused, engine.ActionFailed:
		return "bad"
	case engine.ActionUnsure, engine.ActionChanged, engine.ActionWaits:
		return "warn"
	case engine.ActionDone:
		return "good"
	case engine.ActionSubmit, engine.ActionInFlight, engine.ActionCancelled, engine.ActionLater, engine.ActionFiltered:
	}
	return ""
}

// rowPage is what the page of a row shows.
type rowPage struct {
	Row            line
	Before, Behind int // numbers of rows; 0: there is none
	Place, Total   int
	Board          template.HTML
	Entry          *entry
	Cells          []reelmerge.Cell // nil where none can be mended
}

// entry is what the ledger knows of a row.
type entry struct {
	Key     string
	State   string
	Reason  string
	Video   string // its address at the service
	File    string // in the folder of the campaign
	Story   []string
	Retries bool
}

// row shows one row: its storyboard, and what became of it.
func (s *Server) row(v *visit) error {
	number, err := strconv.Atoi(v.r.PathValue("row"))
	now, failed := s.shelf.survey(v.r.Context(), v.place, v.campaign, v.answers)
	if failed != nil {
		return failed
	}
	i, found := now.at(number)
	if err != nil || !found {
		s.fail(v.w, v.r, http.StatusNotFound, errors.New("the sheet has no such row"), "go to the list of rows")
		return nil
	}
	p := rowPage{Row: now.rows[i], Place: i + 1, Total: len(now.rows)}
	if i > 0 {
		p.Before = now.rows[i-1].Number
	}
	if i+1 < len(now.rows) {
		p.Behind = now.rows[i+1].Number
	}
	preview, err := v.campaign.Preview(v.r.Context(), reelmerge.PreviewOptions{Keys: []string{"row " + strconv.Itoa(number)}, Kept: true})
	if err != nil {
		return err
	}
	preview.Run = "" // a page has a button for it
	preview.Source = filepath.Base(preview.Source)
	if p.Board, err = fragment(preview.WriteBody); err != nil {
		return err
	}
	if v.campaign.HasRun() && p.Row.Key != "" {
		if p.Entry, err = v.entry(p.Row.Key); err != nil {
			return err
		}
	}
	if v.campaign.CorrectionsFile() != "" {
		rows, err := v.campaign.Cells(v.r.Context(), number)
		if err != nil {
			return err
		}
		p.Cells = rows[number].Cells
	}
	f := v.frame("Row "+strconv.Itoa(number), "rows")
	f.Live = true
	return v.page("row", f, p)
}

// mend records that a cell says something else than in the sheet, and leads back to where the
// person was.
func (s *Server) mend(v *visit) error {
	form := v.r.PostForm
	row, err := strconv.Atoi(form.Get("row"))
	if err != nil {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("no row was named"), Hint: "mend a cell of the list"}
	}
	desk := s.shelf.desk(v.place)
	desk.mending.Lock()
	defer desk.mending.Unlock()
	o := reelmerge.CorrectOptions{Row: row, Column: form.Get("column"), Was: form.Get("was"), New: form.Get("new"), By: strings.TrimSpace(form.Get("by"))}
	if err := v.campaign.Correct(v.r.Context(), o); err != nil {
		return err
	}
	s.log.Info("mended", slog.Int("row", row))
	s.hub.tell(v.place.key())
	back := "row/" + strconv.Itoa(row)
	if page, err := strconv.Atoi(form.Get("page")); err == nil {
		back = "problems?page=" + strconv.Itoa(page)
	}
	goTo(v.w, back)
	return nil
}

// entry reads what the ledger knows of a row; nil where it knows nothing.
func (v *visit) entry(key string) (*entry, error) {
	e, err := v.campaign.Row(v.r.Context(), key)
	if reelmerge.CauseOf(err) == reelmerge.Usage {
		return nil, nil // a row that no run has seen
	}
	if err != nil {
		return nil, err
	}
	shown := &entry{
		Key: e.Key, State: report.StatusOf(&e), Reason: reelmerge.PlainReason(e.Reason), Video: e.Result.VideoURL,
		Story: v.campaign.Story(e), Retries: e.State == ledger.Failed || e.State == ledger.Cancelled,
	}
	if name := e.Fetched.File; name != "" {
		shown.File = "videos/" + name
	}
	return shown, nil
}
