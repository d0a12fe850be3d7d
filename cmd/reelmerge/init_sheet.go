package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// survey is what one pass over the sheet tells about its columns.
type survey struct {
	rows    int
	header  int // the row of the names
	columns []surveyed
}

// surveyed is one column: whether it could name rows for good, and what it holds.
type surveyed struct {
	name    string
	example string // the first value
	unique  bool   // no value is empty, and none is there twice
	idLike  bool   // every value looks like an id
	seen    map[string]struct{}
}

// An id has a digit, no spaces and nothing of an amount or a date; an address of
// e-mail names a customer as well.
var (
	idValue = regexp.MustCompile(`^[A-Za-z]{0,8}[-_#/.]?[0-9][A-Za-z0-9_-]*$|^[^\s@]+@[^\s@]+\.[^\s@]+$|^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$`)
	dated   = regexp.MustCompile(`^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$`)
	idName  = regexp.MustCompile(`(?i)(^|[^a-z])(id|key|uuid|guid|sku|code|ref|reference|number|no|nr|nummer|e-?mail)([^a-z]|$)|[a-z]I[Dd]$|nummer$`)
)

func newSurvey(rows sources.Reader) (*survey, error) {
	s := &survey{header: rows.Header().Row}
	for _, c := range rows.Columns() {
		s.columns = append(s.columns, surveyed{name: c.Name, unique: true, idLike: true, seen: map[string]struct{}{}})
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		s.rows++
		for i := range s.columns {
			if i < len(row.Cells) {
				s.columns[i].take(strings.TrimSpace(row.Cells[i]))
			}
		}
	}
}

func (c *surveyed) take(value string) {
	if c.example == "" {
		c.example = value
	}
	if !c.unique {
		return
	}
	_, twice := c.seen[value]
	if value == "" || twice {
		c.unique, c.seen = false, nil // a column that cannot be the key is forgotten
		return
	}
	c.seen[value] = struct{}{}
	c.idLike = c.idLike && len(value) <= 64 && idValue.MatchString(value) && !dated.MatchString(value)
}

// likelyKey is how well a column would name rows: 0 is not at all.
func (c surveyed) likelyKey() int {
	switch {
	case c.name == "" || !c.unique || valueLike(c.name):
		return 0
	case idName.MatchString(c.name) && c.idLike:
		return 3
	case idName.MatchString(c.name):
		return 2
	case c.idLike && strings.ContainsAny(c.example, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@"):
		return 1
	}
	return 0
}

// valueLike reports whether the name of a column looks like a value of it, as in a
// sheet without a header.
func valueLike(name string) bool {
	return strings.ContainsAny(name, "0123456789@") && idValue.MatchString(name) && !idName.MatchString(name) || dated.MatchString(name)
}

func (s *survey) names() (names []string) {
	for _, c := range s.columns {
		names = append(names, c.name)
	}
	return names
}

func (s *survey) example(column string) string {
	for _, c := range s.columns {
		if c.name == column {
			return c.example
		}
	}
	return ""
}

// proposedKey is the best column to name rows by; empty when none will do.
func (s *survey) proposedKey() string {
	best, name := 0, ""
	for _, c := range s.columns {
		if n := c.likelyKey(); n > best {
			best, name = n, c.name
		}
	}
	return name
}

// mapped says which column feeds a variable.
type mapped struct {
	Variable string `json:"variable"`
	Column   string `json:"column"` // empty when none does
	Example  string `json:"example"`
	fallback bool   // without a column it has a default, or may be empty
}

// mapColumns finds the column of each variable by its name, and asks for the
// others.
func (d *draft) mapColumns() {
	columns := d.survey.names()
	for i, v := range d.parsed.Variables {
		m := mapped{Variable: v.Name, Column: d.named[v.Name], fallback: !v.Required}
		if b, _ := templates.NewBinder(columns, d.parsed.Variables[i:i+1], templates.Mapping{}); b != nil && m.Column == "" {
			m.Column = b.Matches()[0].Column
		}
		if m.Column == "" && !m.fallback {
			m.Column = d.askColumn(v, columns)
		}
		m.Example = d.survey.example(m.Column)
		d.mapped = append(d.mapped, m)
		if m.Column == "" && !m.fallback {
			d.leaveVariable(v.Name, columns)
		}
	}
}

func (d *draft) askColumn(v templates.Variable, columns []string) string {
	near := nearColumn(v.Name, columns)
	question := fmt.Sprintf("Which column is %q? One of %s:", v.Name, strings.Join(columns, ", "))
	if near != "" {
		question += fmt.Sprintf(" [%s]", near)
	}
	answer := d.answer(question, func(text string) string {
		for _, c := range columns {
			if strings.EqualFold(c, text) {
				return ""
			}
		}
		return fmt.Sprintf("there is no column %q", text)
	})
	for _, c := range columns {
		if answer != "" && strings.EqualFold(c, answer) {
			return c
		}
	}
	if d.ask != nil && answer == "" {
		return near
	}
	return ""
}

// nearColumn is a column that might be meant by a variable: a slip of the finger
// away, or one name inside the other.
func nearColumn(variable string, columns []string) string {
	return cmp.Or(wording.Overlapping(variable, columns, letters, 3), wording.Nearest(variable, columns, letters))
}

func letters(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-./", r) {
			return -1
		}
		return r
	}, name))
}

func (d *draft) leaveVariable(name string, columns []string) {
	example := nearColumn(name, columns)
	cure := "write its column, or {value: …} for the same in every video"
	if example != "" {
		cure = fmt.Sprintf("perhaps %q; %s", example, cure)
	}
	d.open = append(d.open, openPoint{
		What: fmt.Sprintf("no column is called %s", name), Cure: cure,
		section: "variables", lines: []string{fmt.Sprintf("%s: %s", name, yamlText(cmp.Or(example, "COLUMN")))},
	})
}

// chooseKey takes the column that was named, or the best one.
func (d *draft) chooseKey() error {
	columns := d.survey.names()
	switch {
	case d.key == "":
		d.key = d.survey.proposedKey()
	case !slices.Contains(columns, d.key):
		return fail(exitUsage, fmt.Errorf("the sheet has no column %q", d.key), wording.NearestOr(d.key, columns, "its columns are: "+strings.Join(columns, ", ")))
	}
	if d.key != "" {
		return nil
	}
	if i := slices.IndexFunc(columns, valueLike); i >= 0 {
		d.open = append(d.open, openPoint{
			What: fmt.Sprintf("the first row says %q where the name of a column belongs", columns[i]),
			Cure: "if the sheet has no header, put a row with the names of the columns above it",
		})
	}
	d.open = append(d.open, openPoint{
		What:    "no column is an id that every row has and no two rows share",
		Cure:    "name one that is; without a key a row whose values change counts as another row and is bought again",
		section: "rows", lines: []string{"key: COLUMN"},
	})
	return nil
}

// refuseSheet ends a command whose sheet cannot be read.
func refuseSheet(err error) error {
	if fe, ok := errors.AsType[*sources.FileError](err); ok {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: problem.List{fe.Problem()}}
	}
	return fail(exitUsage, err, "")
}
