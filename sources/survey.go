package sources

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Survey is what one pass over a sheet tells about its columns: what they hold, and which
// of them could name rows.
type Survey struct {
	Rows    int
	Columns []Surveyed
}

// Surveyed is one column.
type Surveyed struct {
	Name    string
	Example string // the first value that is not empty

	rows     int
	idLike   bool // every value looks like an id
	seen     map[string]int
	clashes  int // rows whose value an earlier row has
	gaps     int // rows without a value
	first    clash
	firstGap int
	given    bool // up: too many rows have no value of their own
}

// clash is a value that two rows have.
type clash struct {
	value string
	rows  [2]int
}

// An id has a digit, no spaces and nothing of an amount or a date; an address of
// e-mail names a customer as well.
var (
	idValue = regexp.MustCompile(`^[A-Za-z]{0,8}[-_#/.]?[0-9][A-Za-z0-9_-]*$|^[^\s@]+@[^\s@]+\.[^\s@]+$|^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$`)
	dated   = regexp.MustCompile(`^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$`)
	idName  = regexp.MustCompile(`(?i)(^|[^a-z])(id|key|uuid|guid|sku|code|kod|c[oó]digo|codice|ref|reference|number|num|no|nr|n[º°]|e-?mail|iban)([^a-z]|$)` +
		`|[a-z]I[Dd]$|(?i:(nr|nummer|number|num[eé]ro|n[uú]mero|numer|nro|mail|matricule|matr[ií]cula|číslo|номер|код|番号|编号|編號|번호)\.?$)`)
)

// NewSurvey reads the rest of a sheet.
func NewSurvey(rows Reader) (*Survey, error) {
	s := SurveyOf(rows.Columns())
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		s.Take(row.Number, row.Cells)
	}
}

// SurveyOf begins a survey, whose rows are given to [Survey.Take].
func SurveyOf(columns []Column) *Survey {
	s := &Survey{}
	for _, c := range columns {
		s.Columns = append(s.Columns, Surveyed{Name: c.Name, idLike: true, seen: map[string]int{}})
	}
	return s
}

// Take adds a row with its number. A row of totals is only counted.
func (s *Survey) Take(number int, cells []string) {
	s.Rows++
	if sumsUp(cells) {
		return
	}
	for i := range s.Columns {
		if i < len(cells) {
			s.Columns[i].take(number, strings.TrimSpace(cells[i]))
		}
	}
}

func (c *Surveyed) take(number int, value string) {
	c.rows++
	if c.Example == "" {
		c.Example = value
	}
	if c.given {
		return
	}
	switch earlier, twice := c.seen[value]; {
	case value == "":
		c.gaps++
		c.firstGap = cmp.Or(c.firstGap, number)
	case twice:
		if c.clashes++; c.clashes == 1 {
			c.first = clash{value, [2]int{earlier, number}}
		}
	default:
		c.seen[value] = number
		c.idLike = c.idLike && len(value) <= 64 && idValue.MatchString(value) && !dated.MatchString(value)
	}
	if c.clashes+c.gaps > tolerated(c.rows) {
		c.given = true
		c.seen = nil // a column that cannot be the key is forgotten
	}
}

// tolerated is how many rows may have no value of their own in a column that nearly names
// them: in a messy sheet, a few customers are there twice.
func tolerated(rows int) int { return max(3, rows/20) }

// unique reports whether every row has a value, and none is there twice.
func (c *Surveyed) unique() bool { return !c.given && c.clashes+c.gaps == 0 }

// likelyKey is how well a column would name rows: 0 is not at all.
func (c *Surveyed) likelyKey() int {
	switch {
	case c.Name == "" || c.given || ValueLike(c.Name) || c.rows < 2*(c.clashes+c.gaps):
		return 0
	case idName.MatchString(c.Name) && c.idLike:
		return 3
	case idName.MatchString(c.Name):
		return 2
	case c.idLike && strings.ContainsAny(c.Example, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@"):
		return 1
	}
	return 0
}

// ValueLike reports whether the name of a column looks like a value of it, as in a
// sheet without a header.
func ValueLike(name string) bool {
	return strings.ContainsAny(name, "0123456789@") && idValue.MatchString(name) && !idName.MatchString(name) || dated.MatchString(name)
}

// Key is the best column to name rows by; empty when none has a value of its own in every
// row.
func (s *Survey) Key() string {
	for _, c := range s.Keys() {
		if c.unique() {
			return c.Name
		}
	}
	return ""
}

// Keys are the columns that could name rows, the best first: those with a value of its own
// in every row before those where a few rows have none.
func (s *Survey) Keys() []*Surveyed {
	var keys []*Surveyed
	for i := range s.Columns {
		if c := &s.Columns[i]; c.likelyKey() > 0 {
			keys = append(keys, c)
		}
	}
	slices.SortStableFunc(keys, func(a, b *Surveyed) int {
		if a.unique() != b.unique() {
			return cmp.Compare(a.clashes+a.gaps, b.clashes+b.gaps)
		}
		return cmp.Or(cmp.Compare(b.likelyKey(), a.likelyKey()), cmp.Compare(a.clashes+a.gaps, b.clashes+b.gaps))
	})
	return keys
}

// Trouble says which rows of the column have no value of their own: "10055 stands in rows
// 58 and 59". It is empty where each has one.
func (c *Surveyed) Trouble() string {
	var parts []string
	if c.clashes > 0 {
		text := fmt.Sprintf("%q stands in rows %d and %d", clip(c.first.value), c.first.rows[0], c.first.rows[1])
		if c.clashes > 1 {
			text += fmt.Sprintf(", %d more rows repeat a value", c.clashes-1)
		}
		parts = append(parts, text)
	}
	if c.gaps > 0 {
		text := fmt.Sprintf("empty in row %d", c.firstGap)
		if c.gaps > 1 {
			text += fmt.Sprintf(" and %d more", c.gaps-1)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
