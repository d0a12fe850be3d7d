package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// Sheet says which copy of a sheet a plan has read, if the sheet is at a web address.
type Sheet struct {
	Address string    `json:"address"` // without its path and query, which may be all that it takes to read it
	Copy    string    `json:"copy"`    // the file that was read
	Fetched time.Time `json:"fetched"` // when it came
	Asked   time.Time `json:"asked"`   // when the server said last that it is the newest
	Pinned  bool      `json:"pinned"`  // the server was not asked this time
	// Since is what is different from the copy before; null where there is none.
	Since *SheetChanges `json:"since"`
}

// SheetChanges are the differences between two copies of a sheet. Rows are known by their
// keys, and by all of their cells where the campaign has no key.
type SheetChanges struct {
	Fetched        time.Time   `json:"fetched"` // when the earlier copy came
	Added          ChangedRows `json:"added"`
	Removed        ChangedRows `json:"removed"`
	Changed        ChangedRows `json:"changed"`
	ColumnsAdded   []string    `json:"columns_added,omitempty"`
	ColumnsRemoved []string    `json:"columns_removed,omitempty"`
}

// ChangedRows counts rows, and names the first ones.
type ChangedRows struct {
	Rows int      `json:"rows"`
	Keys []string `json:"keys,omitempty"`
}

// Take counts a row.
func (r *ChangedRows) Take(name string) {
	if r.Rows++; len(r.Keys) < namedRows {
		r.Keys = append(r.Keys, name)
	}
}

// String names the rows.
func (r ChangedRows) String() string {
	if r.Rows == 0 {
		return ""
	}
	names := strings.Join(r.Keys, ", ")
	if more := r.Rows - len(r.Keys); more > 0 {
		names += fmt.Sprintf(" and %s more", wording.Count(more))
	}
	return wording.Count(r.Rows) + ": " + names
}

// Rows say where the rows came from, and what changed: a name and a text each.
func (s *Sheet) Rows() [][]string {
	if s == nil {
		return nil
	}
	asked := "asked " + moment(s.Asked)
	if s.Pinned {
		asked = "not asked, and asked last " + moment(s.Asked)
	}
	rows := [][]string{{s.Address, "fetched " + moment(s.Fetched) + ", " + asked}}
	if s.Since == nil {
		return rows
	}
	d := s.Since
	before := len(rows)
	for _, change := range [][]string{
		{"rows added", d.Added.String()}, {"rows gone", d.Removed.String()}, {"rows changed", d.Changed.String()},
		{"columns added", strings.Join(d.ColumnsAdded, ", ")}, {"columns gone", strings.Join(d.ColumnsRemoved, ", ")},
	} {
		if change[1] != "" {
			rows = append(rows, change)
		}
	}
	since := "the copy of " + moment(d.Fetched)
	if len(rows) == before {
		since += ": the same rows"
	}
	return append(rows[:before:before], append([][]string{{"compared with", since}}, rows[before:]...)...)
}

// moment is a time as people read it in a table.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
