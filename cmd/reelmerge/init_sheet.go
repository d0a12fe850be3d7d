package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/form"
)

// names are the columns of the sheet.
func (d *draft) names() (names []string) {
	for _, c := range d.survey.Columns {
		names = append(names, c.Name)
	}
	return names
}

// example is the first value of a column.
func (d *draft) example(column string) string {
	for _, c := range d.survey.Columns {
		if c.Name == column {
			return c.Example
		}
	}
	return ""
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
	columns := d.names()
	for i, v := range d.parsed.Variables {
		m := mapped{Variable: v.Name, Column: d.named[v.Name], fallback: !v.Required}
		if b, _ := templates.NewBinder(columns, d.parsed.Variables[i:i+1], templates.Mapping{}); b != nil && m.Column == "" {
			m.Column = b.Matches()[0].Column
		}
		if m.Column == "" && !m.fallback {
			m.Column = d.askColumn(v, columns)
		}
		m.Example = d.example(m.Column)
		d.mapped = append(d.mapped, m)
		if m.Column == "" && !m.fallback {
			d.leaveVariable(v.Name, columns)
		}
	}
}

func (d *draft) askColumn(v templates.Variable, columns []string) string {
	near := nearColumn(v.Name, columns)
	var listed []string
	for i, c := range columns {
		listed = append(listed, fmt.Sprintf("%d) %s", i+1, c))
	}
	question := fmt.Sprintf("Which column is %q? %s:", v.Name, strings.Join(listed, ", "))
	if near != "" {
		question += fmt.Sprintf(" [%s]", near)
	}
	answer := d.answer(question, func(text string) string {
		if chosen(text, columns) == "" {
			return fmt.Sprintf("there is no column %q", text)
		}
		return ""
	})
	if d.ask != nil && answer == "" {
		return near
	}
	return chosen(answer, columns)
}

// chosen is the name that an answer means: by its number, or by its letters.
func chosen(answer string, names []string) string {
	if n, err := strconv.Atoi(answer); err == nil && n > 0 && n <= len(names) {
		return names[n-1]
	}
	for _, name := range names {
		if answer != "" && letters(name) == letters(answer) {
			return name
		}
	}
	return ""
}

// nearColumn is a column that may be meant by a variable: its name differs by a typing
// error, or one name contains the other.
func nearColumn(variable string, columns []string) string {
	return cmp.Or(wording.Overlapping(variable, columns, letters, 3), wording.Nearest(variable, columns, letters))
}

// letters is a name without what people leave out when they type it.
func letters(name string) string { return strings.ReplaceAll(form.Fold(name), "_", "") }

func (d *draft) leaveVariable(name string, columns []string) {
	example := nearColumn(name, columns)
	cure := "write its column, or {value: …} for the same in every video"
	if example != "" {
		cure = fmt.Sprintf("perhaps %q; %s", example, cure)
	}
	d.open = append(d.open, campaign.OpenPoint{
		What: fmt.Sprintf("no column is called %s", name), Cure: cure,
		Section: "variables", Lines: []string{fmt.Sprintf("%s: %s", name, campaign.Text(cmp.Or(example, "COLUMN")))},
	})
}

// chooseKey takes the column that was named, or has a person choose. Where there is none
// to ask, it takes the best one.
func (d *draft) chooseKey() error {
	columns := d.names()
	switch {
	case d.key == "" && d.ask != nil:
		d.key = d.askKey()
	case d.key == "":
		d.key = d.survey.Key()
	case !slices.Contains(columns, d.key):
		return fail(exitUsage, fmt.Errorf("the sheet has no column %q", d.key), wording.NearestOr(d.key, columns, "its columns are: "+strings.Join(columns, ", ")))
	}
	if d.key == "" {
		d.leaveKey(columns)
	}
	return nil
}

// askKey asks for the column that decides whether a customer is paid for twice.
func (d *draft) askKey() string {
	keys := d.survey.Keys()
	if len(keys) == 0 {
		return ""
	}
	d.app.say("Which column is the id of a customer? By it, later runs know what is paid for.")
	for i, c := range keys {
		text := fmt.Sprintf("  %d) %s, for example %s", i+1, c.Name, c.Example)
		if trouble := c.Trouble(); trouble != "" {
			text += "; " + trouble
		}
		d.app.say("%s", text)
	}
	best := d.survey.Key()
	question := "Its number or its name (empty: none of them):"
	if best != "" {
		question = fmt.Sprintf("Its number or its name [%s]:", best)
	}
	answer := d.answer(question, func(text string) string {
		if d.keyNamed(text, keys) == "" {
			return fmt.Sprintf("there is no column %q", text)
		}
		return ""
	})
	return cmp.Or(d.keyNamed(answer, keys), best)
}

// keyNamed is the column that an answer means, by its number in the list or by its name.
func (d *draft) keyNamed(answer string, keys []*sources.Surveyed) string {
	if n, err := strconv.Atoi(answer); err == nil {
		if n > 0 && n <= len(keys) {
			return keys[n-1].Name
		}
		return ""
	}
	return chosen(answer, d.names())
}

// leaveKey says why no column is the key, and which one nearly is.
func (d *draft) leaveKey(columns []string) {
	if i := slices.IndexFunc(columns, sources.ValueLike); i >= 0 {
		d.open = append(d.open, campaign.OpenPoint{
			What: fmt.Sprintf("the first row says %q where the name of a column belongs", columns[i]),
			Cure: "if the sheet has no header, put a row with the names of the columns above it",
		})
	}
	what, name := "no column is an id that every row has and no two rows share", "COLUMN"
	if keys := d.survey.Keys(); len(keys) > 0 {
		name = keys[0].Name
		what += fmt.Sprintf("; %q nearly is one (%s)", name, keys[0].Trouble())
	}
	d.open = append(d.open, campaign.OpenPoint{
		What: what, Section: "rows", Lines: []string{"key: " + campaign.Text(name)},
		Cure: "name one that is; without a key a row whose values change counts as another row and is bought again",
	})
}

// refuseSheet ends a command whose sheet cannot be read.
func refuseSheet(err error) error {
	if fe, ok := errors.AsType[*sources.FileError](err); ok {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: problem.List{fe.Problem()}}
	}
	return fail(exitUsage, err, "")
}
