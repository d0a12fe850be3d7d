package reelmerge

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/storyboard"
)

// PreviewOptions say which rows are shown, and where.
type PreviewOptions struct {
	Keys []string // of the rows; none: the riskiest
	Risk int      // how many of the riskiest rows are shown; 0 is 12
	By   string   // a column of which one row of each value is worth a look; empty: none
	Page string   // the file that the page is written to; empty writes preview.html into the output folder
	Kept bool     // write no page

	Stills   string                             // a folder for a picture of each scene, made by Chromium; empty: none
	Animatic string                             // a file for a film of the rows, in MP4; empty: none
	Progress func(what string, done, total int) // is called after each picture; nil is not called
}

// The rows that a preview shows unless it is told.
const (
	usualRisk   = 12
	mostPreview = 500 // rows; a page of more is slow to open
	previewFile = "preview.html"
)

// Preview is a storyboard of some rows.
type Preview struct {
	report.Storyboard
	Result   *engine.Plan `json:"-"` // of all rows
	File     string       `json:"page"`
	Stills   *Stills      `json:"stills"`   // nil where none were asked for
	Animatic *Animatic    `json:"animatic"` // likewise
}

// Preview shows rows as they would be sent, with their price, and writes them as a page. It
// pays for nothing and asks no service (invariant L13).
func (c *Campaign) Preview(ctx context.Context, o PreviewOptions) (*Preview, error) {
	page := output{path: cmp.Or(o.Page, c.path(previewFile)), named: o.Page != ""}
	if err := c.vetOutputs(o.Page, o.Animatic); err != nil {
		return nil, err
	}
	if err := c.sheetThere(ctx); err != nil {
		return nil, err
	}
	studio, err := openStudio(ctx, o)
	if err != nil {
		return nil, err
	}
	defer studio.close()
	o.Risk = min(cmp.Or(o.Risk, usualRisk), mostPreview)
	chosen, err := c.chooseRows(ctx, o)
	if err != nil {
		return nil, err
	}
	plan, served, err := c.showRows(ctx, chosen)
	if err != nil {
		return nil, err
	}
	done := &Preview{Result: plan, Storyboard: report.Storyboard{
		Campaign: c.file.Name, Test: c.IsTest(), At: time.Now(), Source: c.file.Rows.Shown(), Service: c.service.Title, Run: c.Command("run"),
		Rows: []report.StoryRow{},
	}}
	shown := map[int]*engine.Shown{}
	for _, s := range plan.Shown {
		shown[s.Row] = s
	}
	for _, r := range chosen {
		if s := shown[r.Row]; s != nil {
			done.Rows = append(done.Rows, c.storyRow(s, r.Why, served))
		}
	}
	if !o.Kept {
		done.File, err = c.writePage(page, done.WriteHTML)
	}
	if err == nil {
		err = studio.work(ctx, c, done)
	}
	return done, err
}

// chooseRows goes through the sheet for the rows to show: those of the keys, or the riskiest.
func (c *Campaign) chooseRows(ctx context.Context, o PreviewOptions) ([]engine.RiskyRow, error) {
	if len(o.Keys) > 0 {
		return c.rowsOf(ctx, o.Keys)
	}
	planner, err := c.planOffline()
	if err != nil {
		return nil, err
	}
	if err := hasColumn(planner, o.By); err != nil {
		planner.Rows.Close()
		return nil, err
	}
	planner.Risky = o.Risk
	planner.By = o.By
	plan, err := c.pass(ctx, planner)
	if err != nil {
		return nil, err
	}
	return plan.Risky, nil
}

// planOffline opens the sheet for a plan beside the ledger's rows, without a ledger: what a
// row looks like does not depend on what was bought.
func (c *Campaign) planOffline() (*engine.Planner, error) {
	planner, err := c.open()
	if err == nil {
		planner.Most = 1 // problems are told with their rows
		planner.Voices = c.voices()
	}
	return planner, err
}

// hasColumn refuses a column that the sheet has not.
func hasColumn(planner *engine.Planner, name string) error {
	if names := columnNames(planner.Rows); name != "" && !slices.Contains(names, name) {
		return fail(Usage, fmt.Errorf("--by %q: the sheet has no such column", name), nearestColumn(name, names))
	}
	return nil
}

// rowsOf finds rows by their keys, or by their numbers where no row has that key.
func (c *Campaign) rowsOf(ctx context.Context, keys []string) ([]engine.RiskyRow, error) {
	planner, err := c.planOffline()
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	found := map[string]int{}
	for _, key := range keys {
		wanted[key] = true
	}
	planner.Visit = func(v engine.Visited) error {
		for _, name := range []string{v.Key, fmt.Sprint("row ", v.Number)} {
			if wanted[name] && found[name] == 0 {
				found[name] = v.Number
			}
		}
		return nil
	}
	if _, err := c.pass(ctx, planner); err != nil {
		return nil, err
	}
	rows := make([]engine.RiskyRow, 0, len(keys))
	for _, key := range keys {
		if found[key] == 0 {
			return nil, fail(Usage, fmt.Errorf("no row has the key %q", key), "see the column "+fmt.Sprintf("%q", c.file.Rows.Key)+" of the sheet; \"row 7\" names a row by its number")
		}
		rows = append(rows, engine.RiskyRow{Row: found[key], Key: key})
	}
	return rows[:min(len(rows), mostPreview)], nil
}

// showRows goes through the sheet again and keeps these rows as they would be seen. It counts
// the rows that each part is made for, by the part's key.
func (c *Campaign) showRows(ctx context.Context, rows []engine.RiskyRow) (_ *engine.Plan, served map[string]int, _ error) {
	past, err := c.recall(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer past.close()
	planner, err := c.open()
	if err != nil {
		return nil, nil, err
	}
	served = map[string]int{}
	planner.Visit = func(v engine.Visited) error {
		for _, p := range v.Parts {
			served[p.Key]++
		}
		return nil
	}
	planner.Most = 1
	planner.Show = map[int]bool{}
	planner.Voices = c.voices()
	for _, r := range rows {
		planner.Show[r.Row] = true
	}
	if past.store != nil {
		planner.Ledger = past.store
		planner.Going = isGoing(past.store)
	}
	plan, err := c.pass(ctx, planner)
	return plan, served, err
}

// storySteps are the steps before a row's own, as they would be sent.
func (c *Campaign) storySteps(s *engine.Shown, pictures storyboard.Pictures, served map[string]int) []report.StoryStep {
	steps := []report.StoryStep{}
	for _, p := range s.Parts {
		var sum credit.Sum
		sum.Add(p.Expected.Cost)
		cost := c.costOf(p.Content.Account, sum)
		steps = append(steps, report.StoryStep{
			Name: p.Content.Step, Operation: p.Content.Operation, Rows: served[p.Key], Cost: &cost,
			Fields: storyboard.Fields(withHoles(p.Content.Payload, p.Content.Fill, s.Parts), pictures),
		})
	}
	return steps
}

// withHoles is the request of a step with the names of what will fill it, as a template has
// them.
func withHoles(payload []byte, holes []ledger.Fill, parts []engine.PartVisit) []byte {
	texts := make([]string, len(holes))
	for i, hole := range holes {
		step := "previous" // one that is made already
		for _, p := range parts {
			if p.Key == hole.From {
				step = p.Content.Step
			}
		}
		texts[i] = "{" + step + "." + hole.Field + "}"
	}
	return ledger.FillIn(payload, holes, texts)
}

// storyRow is a row of the storyboard.
func (c *Campaign) storyRow(s *engine.Shown, why []string, served map[string]int) report.StoryRow {
	row := report.StoryRow{
		Key: s.Key, Row: s.Row, Why: append([]string{}, why...), Fingerprint: s.Fingerprint, Action: ActionWord(s.Action),
		Fits: storyboard.Fits(s.Fits), Spoken: []report.Saying{}, Problems: []report.StoryNote{}, Scenes: []report.StoryScene{},
	}
	pictures := c.picturesOf(s.Row)
	row.Steps = c.storySteps(s, pictures, served)
	if s.Creative != nil {
		row.Canvas, row.Scenes = storyboard.Row{Document: s.Creative, Notes: s.Scenes, Fits: s.Fits, Language: c.template.Language, Pictures: pictures}.Scenes()
	} else {
		row.Fields = storyboard.Fields(withHoles(s.Body, s.Content.Fill, s.Parts), pictures)
	}
	if s.Fingerprint != "" {
		var sum credit.Sum
		sum.Add(s.Expected.Cost)
		cost := c.costOf(s.Content.Account, sum)
		row.Cost = &cost
		row.Lasts = s.Expected.Length
	}
	for _, said := range s.Said {
		row.Spoken = append(row.Spoken, report.Saying(said))
	}
	for _, p := range s.Problems {
		row.Problems = append(row.Problems, report.StoryNote{Severity: p.Severity.String(), Code: p.Code, Message: p.Message, Hint: p.Hint})
	}
	return row
}

// picturesOf are the pictures that a row names, where a checked copy of them is here: in the
// folder of the campaign, or fetched before by a plan or a check. Nothing is fetched for a
// preview. What is here and cannot be shown is told with its row.
func (c *Campaign) picturesOf(row int) storyboard.Pictures {
	return func(address string) string {
		path := c.pathOf(address)
		if path == "" {
			return ""
		}
		data, err := storyboard.Inline(path)
		if err != nil {
			c.note("row %d: %s is not shown: %v", row, filepath.Base(path), wording.WithoutPath(err))
			return ""
		}
		return data
	}
}

// pathOf is where the copy of a picture would be; empty where there is none, or none that may
// be looked at.
func (c *Campaign) pathOf(address string) string {
	switch {
	case strings.Contains(address, "://"):
		file, kept := c.addresses().shelf.Kept(address)
		if !kept {
			return ""
		}
		return file.Path
	case address == "" || !filepath.IsLocal(filepath.FromSlash(address)):
		return ""
	}
	return filepath.Join(c.file.Dir, filepath.FromSlash(address))
}
