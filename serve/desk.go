package serve

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
)

// desk keeps what was read of one campaign, as long as none of its files has changed. It is a
// memory and no truth: a server that has lost it reads again.
type desk struct {
	mu    sync.Mutex
	last  *survey
	shown []*reelmerge.Plan // the last plans that people saw, to say what changed since

	mending sync.Mutex // one correction at a time
}

// survey is one reading of the sheet beside the ledger.
type survey struct {
	state string // of the files that it was made from
	made  time.Time
	used  time.Time
	plan  *reelmerge.Plan
	rows  []line
	notes []string
	cells map[int][]string // of the first rows, with their corrections; see mostCells
}

// line is a row of the sheet in a list.
type line struct {
	Number   int
	Key      string
	Action   engine.Action
	Problems int
}

// Limits of what a survey keeps.
const (
	mostProblems = 20_000
	mostSurveys  = 6
	mostShown    = 4
	worthALook   = 6
	mostCells    = 400_000     // in memory, so that a page of problems reads no sheet
	surveyLasts  = time.Minute // pictures and lists that the sheet names may change, too
)

// desk returns the desk of a place. Where there are many, the one that was not used for the
// longest time forgets.
func (s *shelf) desk(p place) *desk {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.desks[p.key()] == nil {
		s.desks[p.key()] = &desk{}
	}
	return s.desks[p.key()]
}

// forget leaves the surveys that were used last.
func (s *shelf) forget() {
	type kept struct {
		desk *desk
		used time.Time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []kept
	for _, d := range s.desks {
		if d.mu.TryLock() { // one at work is in use
			if d.last != nil {
				list = append(list, kept{d, d.last.used})
			}
			d.mu.Unlock()
		}
	}
	slices.SortFunc(list, func(a, b kept) int { return b.used.Compare(a.used) })
	for _, k := range list[min(len(list), mostSurveys):] {
		if k.desk.mu.TryLock() {
			k.desk.last, k.desk.shown = nil, nil
			k.desk.mu.Unlock()
		}
	}
}

// survey reads the sheet, unless it was read as it is now. Several who ask at once wait for
// one reading.
func (s *shelf) survey(ctx context.Context, p place, c *reelmerge.Campaign, a *answers) (*survey, error) {
	d := s.desk(p)
	defer s.forget()
	d.mu.Lock()
	defer d.mu.Unlock()
	state := stateOf(c)
	if d.last != nil && d.last.state == state && time.Since(d.last.made) < surveyLasts {
		d.last.used = time.Now()
		return d.last, nil
	}
	now := &survey{state: state, made: time.Now(), used: time.Now(), cells: map[int][]string{}}
	var err error
	now.plan, err = c.Plan(ctx, reelmerge.PlanOptions{Digest: true, Risk: worthALook, Most: mostProblems, Each: func(v engine.Visited) {
		now.rows = append(now.rows, line{Number: v.Number, Key: v.Key, Action: v.Action})
		if (len(now.cells)+1)*len(v.Cells) <= mostCells {
			now.cells[v.Number] = slices.Clone(v.Cells)
		}
	}})
	if err != nil {
		return nil, err
	}
	now.count()
	_, now.notes = a.open()
	d.last = now
	d.show(now.plan)
	return now, nil
}

// count counts the problems of each row.
func (s *survey) count() {
	n := map[int]int{}
	for _, p := range s.plan.Result.Problems {
		n[p.Row]++
	}
	for i := range s.rows {
		s.rows[i].Problems = n[s.rows[i].Number]
	}
}

// show remembers a plan. The caller holds the lock.
func (d *desk) show(plan *reelmerge.Plan) {
	d.shown = slices.DeleteFunc(d.shown, func(p *reelmerge.Plan) bool { return p.Digest == plan.Digest })
	d.shown = append(d.shown, plan)
	if len(d.shown) > mostShown {
		d.shown = slices.Delete(d.shown, 0, 1)
	}
}

// since says what is different from a plan that was shown; empty where it is not remembered.
func (d *desk) since(digest string, now *reelmerge.Plan) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.shown {
		if p.Digest == digest && digest != "" {
			return now.Since(p).String()
		}
	}
	return ""
}

// at returns the place of the row with a number in the list.
func (s *survey) at(number int) (int, bool) {
	return slices.BinarySearchFunc(s.rows, number, func(l line, n int) int { return l.Number - n })
}

// stateOf says in which state the files of a campaign are: which they are, how large, and
// when they were written.
func stateOf(c *reelmerge.Campaign) string {
	f := c.File()
	return statesOf(append([]string{f.Path, f.Template, f.Rows.File, f.Rows.Suppress, f.Prices.Table, c.CorrectionsFile()}, ownFiles(c)...))
}

// ownFiles are the files of a campaign's folder that decide what a plan says.
func ownFiles(c *reelmerge.Campaign) (list []string) {
	for _, name := range []string{"ledger.db", "run.json", "approvals"} {
		list = append(list, filepath.Join(c.Folder(), name))
	}
	return list
}
