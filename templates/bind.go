package templates

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/form"
)

// Mapping says where the values of variables come from. A variable without an entry in
// Sources takes the column of its name.
type Mapping struct {
	Locale  string // BCP 47, of numbers, money and dates; empty is "en"
	Sources map[string]Source
}

// Source is where one variable's value comes from: at most one of Column, Value
// and Expr; none of them means the column of the variable's name. Transform is
// applied first, then Default where nothing is left, else Format.
type Source struct {
	Column, Value, Expr, Format, Default string
	HasValue, HasDefault                 bool // tell an empty text from none
	Transform                            []string
}

// How says in which way a variable found its value.
type How string

// The ways in which a variable finds its value.
const (
	SameName    How = "same name"    // the column is called like the variable
	SimilarName How = "similar name" // differs in case, accents, spaces, hyphens or underscores only
	Named       How = "column"       // the mapping names the column
	Computed    How = "expression"
	Fixed       How = "fixed value"
	Nowhere     How = "nothing" // no column feeds it: each row gets the default or an empty value
)

// Match says how one variable found its value, so that a person can check it before a
// run.
type Match struct {
	Variable string
	Column   string // as the sheet writes it; empty unless a column alone feeds it
	How      How
}

// Binder turns the cells of a row into the values of variables. It never
// changes, so any number of goroutines may call Bind.
type Binder struct {
	steps   []step
	matches []Match
}

// step makes the value of one variable.
type step struct {
	variable    string
	column      int // -1 when no column alone feeds it
	fixed       string
	expr        *expression
	transforms  []func(string) string
	format      form.Format // nil leaves the text as it is
	fallback    string
	hasFallback bool
	plain       bool // the cell is the value
	feeds       []int
}

// NewBinder decides, once for all rows, which column or expression feeds each variable.
// The binder is nil when one of the problems is an error; warnings leave it usable.
func NewBinder(columns []string, vars []Variable, m Mapping) (*Binder, problem.List) {
	loc, p := newLocale(m.Locale)
	if p != nil {
		return nil, problem.List{*p}
	}
	w := &wiring{header: newHeader(columns), locale: loc, vars: vars}
	b := &Binder{steps: make([]step, len(vars)), matches: make([]Match, len(vars))}
	for i := range vars {
		source, mapped := m.Sources[vars[i].Name]
		b.steps[i], b.matches[i] = w.step(&vars[i], source, mapped)
	}
	w.unknown(m.Sources)
	if w.problems.HasErrors() {
		return nil, w.problems
	}
	return b, w.problems
}

// Bind fills values from the cells of one row, in the order of the variables that
// NewBinder was given. Cells beyond the end of the row count as empty. A value with a
// problem is left empty, so that no half-converted text can be sent.
func (b *Binder) Bind(values, cells []string) problem.List {
	var problems problem.List
	for i := range b.steps {
		s := &b.steps[i]
		if s.plain {
			values[i] = cellAt(cells, s.column)
			continue
		}
		value, p := s.value(cells)
		if p != nil {
			p.Variable = s.variable
			problems = append(problems, *p)
		}
		values[i] = value
	}
	return problems
}

// Columns lists the columns that feed a variable, counted from 0, so that a
// problem can point at its cell.
func (b *Binder) Columns(variable int) []int { return slices.Clone(b.steps[variable].feeds) }

// Matches says for each variable where its value comes from.
func (b *Binder) Matches() []Match { return slices.Clone(b.matches) }

// cellAt returns a cell, or "" for one beyond the end of the row.
func cellAt(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// value makes a value in four steps: source, transforms, default, format. The default is
// neither transformed nor formatted: the campaign's author wrote it as it is to appear.
func (s *step) value(cells []string) (string, *problem.Problem) {
	value := s.fixed
	switch {
	case s.expr != nil:
		var p *problem.Problem
		if value, p = s.expr.text(cells); p != nil {
			return "", p
		}
	case s.column >= 0:
		value = cellAt(cells, s.column)
	}
	for _, change := range s.transforms {
		value = change(value)
	}
	if blank(value) {
		if s.hasFallback {
			return s.fallback, nil
		}
		return value, nil
	}
	if s.format == nil {
		return value, nil
	}
	formatted, err := s.format(value)
	if err != nil {
		return "", unformatted(s.variable, value, err)
	}
	return formatted, nil
}

// unformatted is the problem of a value that its format cannot write. A hint of the
// format is better than a general one.
func unformatted(variable, value string, err error) *problem.Problem {
	p := &problem.Problem{Code: "VAR-CONVERT", Value: wording.Shorten(value), Message: fmt.Sprintf("%q cannot be written in its format: %v", variable, err),
		Hint: "correct the cell"}
	if hinted := new(form.Error); errors.As(err, &hinted) && hinted.Hint != "" {
		p.Hint = hinted.Hint
	}
	return p
}

// wiring builds the steps and collects the problems of the mapping.
type wiring struct {
	header   *header
	locale   *form.Locale
	vars     []Variable
	problems problem.List
}

func (w *wiring) add(v *Variable, p problem.Problem) {
	p.Variable = v.Name
	w.problems = append(w.problems, p)
}

// step builds the step of one variable, and tells how it was found.
func (w *wiring) step(v *Variable, source Source, mapped bool) (step, Match) {
	s := step{variable: v.Name, column: -1, fallback: source.Default, hasFallback: source.HasDefault}
	match := Match{Variable: v.Name}
	switch {
	case source.HasValue:
		s.fixed = source.Value
		match.How = Fixed
	case source.Expr != "":
		match.How = Computed
		s.expr = w.expression(v, source)
		if s.expr != nil {
			s.feeds = s.expr.feeds
		}
	default:
		s.column, match.How = w.column(v, source, mapped)
		if s.column >= 0 {
			s.feeds = []int{s.column}
			match.Column = w.header.columns[s.column]
		}
	}
	w.shape(&s, v, source)
	// Most variables are a cell as it is. Bind copies such a cell without any call.
	s.plain = s.column >= 0 && len(s.transforms) == 0 && s.format == nil && !s.hasFallback
	return s, match
}

// expression compiles a computed value. JSON numbers need a decimal point, but a number
// in a text is written for people, in the campaign's locale.
func (w *wiring) expression(v *Variable, source Source) *expression {
	e, p := compileExpression(w.header, w.locale, source.Expr)
	if p != nil {
		w.add(v, *p)
		return nil
	}
	e.forPeople = source.Format != "" || v.Type == "string" || v.Type == ""
	return e
}

// shape prepares transforms and format. A column that feeds a number variable is read in
// the campaign's locale: a German sheet has 12,5 where JSON wants 12.5.
func (w *wiring) shape(s *step, v *Variable, source Source) {
	for _, name := range source.Transform {
		change, ok := form.Transforms(w.locale)[name]
		if !ok {
			w.add(v, problem.Problem{Code: "VAR-TRANSFORM", Value: name, Message: fmt.Sprintf("unknown transform %q", name),
				Hint: didYouMean(name, form.TransformNames())})
			continue
		}
		s.transforms = append(s.transforms, change)
	}
	if source.Format != "" {
		format, err := form.New(source.Format, w.locale)
		if err != nil {
			w.add(v, problem.Problem{Code: "VAR-BAD-FORMAT", Value: source.Format, Message: fmt.Sprintf("the format %q is not usable: %v", source.Format, err),
				Hint: "write a number like #,##0.00 or a date like 2 January 2006"})
		}
		s.format = format
		return
	}
	if (v.Type == "number" || v.Type == "integer") && s.column >= 0 {
		s.format = w.locale.PlainNumber
	}
}

// column finds the column of a variable.
func (w *wiring) column(v *Variable, source Source, mapped bool) (int, How) {
	name := v.Name
	how := SimilarName
	if mapped && source.Column != "" {
		name = source.Column
		how = Named
	}
	found := w.header.find(name)
	switch {
	case len(found) == 0:
		w.noColumn(v, name, source, how == Named)
		return -1, Nowhere
	case len(found) > 1:
		w.ambiguous(v, name, found)
		return -1, Nowhere
	case how == SimilarName && w.header.columns[found[0]] == v.Name:
		return found[0], SameName
	}
	return found[0], how
}

// noColumn reports a missing column. It is an error for a variable that needs a value,
// else a warning: the default would silently go into every video.
func (w *wiring) noColumn(v *Variable, name string, source Source, named bool) {
	p := problem.Problem{Code: "VAR-NO-COLUMN", Value: name, Message: fmt.Sprintf("the sheet has no column %q", name)}
	canDoWithout := !named && (v.Optional || v.Default != nil || source.HasDefault)
	if canDoWithout {
		p.Severity = problem.Warning
		p.Message += fmt.Sprintf("; every row gets %s for %q", w.instead(v, source), v.Name)
	}
	p.Hint = w.header.suggest(name)
	if !named {
		joint := "; "
		if strings.HasSuffix(p.Hint, "?") {
			joint = " If not, "
		}
		p.Hint += joint + fmt.Sprintf("name it in the campaign, variables: {%s: COLUMN}", v.Name)
	}
	w.add(v, p)
}

// instead says what each row gets when no column feeds a variable.
func (w *wiring) instead(v *Variable, source Source) string {
	switch {
	case source.HasDefault:
		return fmt.Sprintf("%q", wording.Shorten(source.Default))
	case v.Default != nil:
		return fmt.Sprintf("%q", wording.Shorten(*v.Default))
	}
	return "nothing"
}

// ambiguous reports a name that several columns match equally well. Guessing would put
// the wrong cells into paid videos.
func (w *wiring) ambiguous(v *Variable, name string, found []int) {
	names := make([]string, len(found))
	for i, at := range found {
		names[i] = fmt.Sprintf("%q", w.header.columns[at])
	}
	w.add(v, problem.Problem{Code: "VAR-AMBIGUOUS", Value: name,
		Message: fmt.Sprintf("%q could be any of the columns %s", name, strings.Join(names, ", ")),
		Hint:    fmt.Sprintf("name one in the campaign, variables: {%s: COLUMN}; columns with one and the same name must be renamed in the sheet", v.Name)})
}

// unknown reports mapped names that are no variables: a misspelt entry would otherwise
// have no effect, without any message.
func (w *wiring) unknown(sources map[string]Source) {
	names := make([]string, len(w.vars))
	for i := range w.vars {
		names[i] = w.vars[i].Name
	}
	mapped := make([]string, 0, len(sources))
	for name := range sources {
		mapped = append(mapped, name)
	}
	slices.Sort(mapped)
	for _, name := range mapped {
		if !slices.Contains(names, name) {
			w.problems = append(w.problems, problem.Problem{Code: "VAR-UNKNOWN", Variable: name, Value: name,
				Message: fmt.Sprintf("the template has no variable %q", name), Hint: didYouMean(name, names)})
		}
	}
}

// newLocale reads a BCP 47 language tag; an empty one is English. See [form.Locale].
func newLocale(tag string) (*form.Locale, *problem.Problem) {
	if tag == "" {
		tag = "en"
	}
	t, err := language.Parse(tag)
	if err != nil {
		return nil, &problem.Problem{Code: "VAR-LOCALE", Value: tag, Message: fmt.Sprintf("%q is no language tag", tag), Hint: "write one such as en-GB, de or fr-CA"}
	}
	return form.Of(t), nil
}
