package templates

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/form"
)

// The limits of an expression. One row of a sheet must not be able to stop a run of
// thousands of rows, whatever its cells contain.
const (
	maxExpression   = 4 << 10  // bytes of source
	maxComputed     = 64 << 10 // bytes of a text, and of each cell that it uses
	expressionBytes = 100_000  // the evaluator's own unit of memory
)

// Filter is a condition on rows, rows.where of a campaign. It never changes, so
// any number of goroutines may call Keep.
type Filter struct{ e *expression }

// NewFilter compiles a condition in the language of computed values. Columns are known by
// their folded names (first_name), by their own if these are words (Country), and as
// row["First Name"]. An empty source keeps every row. number() and date() read as in
// English; see [Mapping.NewFilter].
func NewFilter(columns []string, source string) (*Filter, problem.List) {
	return Mapping{}.NewFilter(columns, source)
}

// NewFilter is [NewFilter] with number() and date() reading in the mapping's locale.
func (m Mapping) NewFilter(columns []string, source string) (*Filter, problem.List) {
	if strings.TrimSpace(source) == "" {
		return &Filter{}, nil
	}
	loc, p := newLocale(m.Locale)
	if p == nil {
		var e *expression
		if e, p = compileExpression(newHeader(columns), loc, source, expr.AsBool()); p == nil {
			return &Filter{e}, nil
		}
	}
	return nil, problem.List{*p}
}

// Keep reports whether the condition holds for a row. A row for which it cannot be
// computed is a problem and is never left out without a word.
func (f *Filter) Keep(cells []string) (bool, *problem.Problem) {
	if f.e == nil {
		return true, nil
	}
	result, p := f.e.run(cells)
	if p != nil {
		return false, p
	}
	keep, ok := result.(bool)
	if !ok {
		return false, f.e.problem("the condition is neither true nor false for this row", "compare with ==, != or <")
	}
	return keep, nil
}

// Made is [Filter.Keep] for the condition of a step; without one the step is made.
func (f *Filter) Made(values []string) (bool, *problem.Problem) {
	if f == nil {
		return true, nil
	}
	return f.Keep(values)
}

// Columns lists the columns that the condition reads, counted from 0.
func (f *Filter) Columns() []int {
	if f.e == nil {
		return nil
	}
	return slices.Clone(f.e.feeds)
}

// expression is a compiled expression. Its result depends on the cells alone, and not on
// the clock, the time zone of the machine, chance or the order of a map: a run that is
// continued tomorrow must make the same requests.
type expression struct {
	source  string
	program *vm.Program
	names   map[string]int // identifiers it uses, and their columns
	row     map[string]int // the columns it uses as row["…"]
	feeds   []int
	pool    *sync.Pool // of *evaluation
	locale  *form.Locale

	// forPeople says that a number is written with the locale's decimal sign:
	// into a text, or for a format to read. JSON numbers have a point.
	forPeople bool
}

// evaluation is the memory of one evaluation. It is reused for later rows.
type evaluation struct {
	vm   vm.VM
	env  map[string]any
	row  map[string]string
	work work
}

// compileExpression checks and compiles a source for one header.
func compileExpression(h *header, loc *form.Locale, source string, options ...expr.Option) (e *expression, p *problem.Problem) {
	e = &expression{source: source, locale: loc, names: map[string]int{}, row: map[string]int{}}
	if len(source) > maxExpression {
		return nil, e.problem(fmt.Sprintf("the expression has %d bytes; %d are allowed", len(source), maxExpression), "make a column in the sheet instead")
	}
	defer func() { // a panic of the library on a stranger's expression is a problem of the campaign, not a crash
		if r := recover(); r != nil {
			e = nil
			p = &problem.Problem{Code: "VAR-EXPR", Value: wording.Shorten(source), Message: fmt.Sprintf("the expression cannot be read: %v", r), Hint: "make it simpler"}
		}
	}()
	if p := e.inspect(h); p != nil {
		return nil, p
	}
	program, err := expr.Compile(source, append(e.language(loc), options...)...)
	if err != nil {
		return nil, e.compileProblem(h, err)
	}
	e.program = program
	e.collectFeeds()
	e.pool = &sync.Pool{New: func() any {
		ev := &evaluation{vm: vm.VM{MemoryBudget: expressionBytes}, env: make(map[string]any, len(e.names)+2), row: make(map[string]string, len(e.row))}
		ev.env[workName] = &ev.work
		return ev
	}}
	return e, nil
}

// collectFeeds lists the columns that the expression reads, in order.
func (e *expression) collectFeeds() {
	for _, columns := range []map[string]int{e.names, e.row} {
		for _, at := range columns {
			if !slices.Contains(e.feeds, at) {
				e.feeds = append(e.feeds, at)
			}
		}
	}
	slices.Sort(e.feeds)
}

// run evaluates the expression for one row.
func (e *expression) run(cells []string) (result any, p *problem.Problem) {
	ev := e.pool.Get().(*evaluation) // the pool holds nothing else
	defer func() {
		if r := recover(); r != nil {
			result = nil
			p = e.problem(fmt.Sprintf("the expression broke: %v", r), "make it simpler")
		}
	}()
	for _, at := range e.feeds {
		if n := len(cellAt(cells, at)); n > maxComputed {
			return nil, e.problem(fmt.Sprintf("a cell that the expression uses has %d bytes; %d are allowed", n, maxComputed), "shorten it, or map the column without an expression")
		}
	}
	for name, at := range e.names {
		ev.env[name] = cellAt(cells, at)
	}
	for name, at := range e.row {
		ev.row[name] = cellAt(cells, at)
	}
	ev.env["row"] = ev.row
	ev.work.bytes = 0
	result, err := ev.vm.Run(e.program, ev.env)
	if err != nil {
		return nil, e.runProblem(err)
	}
	e.pool.Put(ev) // only after success: a failure can leave values on the stack of the machine
	return result, nil
}

// text evaluates the expression to the value that goes into a request.
func (e *expression) text(cells []string) (string, *problem.Problem) {
	result, p := e.run(cells)
	if p != nil {
		return "", p
	}
	text, ok := writeResult(result)
	if isNumber(result) && e.forPeople {
		text = e.locale.Localize(text)
	}
	if !ok {
		return "", e.problem("the expression yields neither a text nor a number for this row", "end it with a text, a number, true or false, or a date")
	}
	if len(text) > maxComputed {
		return "", e.problem(fmt.Sprintf("the expression yields a text of %d bytes; %d are allowed", len(text), maxComputed), "make it shorter")
	}
	return text, nil
}

// writeResult writes a result as text; ok is false for a list or a map. A date without a
// time of day is written as a date alone.
func writeResult(result any) (string, bool) {
	switch v := result.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return writeFloat(v)
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly), true
		}
		return v.Format("2006-01-02T15:04:05"), true
	}
	return "", false
}

// writeFloat writes a number with fifteen digits, which hides that 0.1 + 0.2 is a little
// more than 0.3. Numbers of 1e15 and more would lose digits, so they are refused.
func writeFloat(v float64) (string, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) >= 1e15 {
		return "", false
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64), err == nil
}

func (e *expression) problem(message, hint string) *problem.Problem {
	return &problem.Problem{Code: "VAR-EXPR", Value: wording.Shorten(e.source), Message: message, Hint: hint}
}

// compileProblem says where in the expression the mistake is. People count characters
// from 1, the library counts from 0.
func (e *expression) compileProblem(h *header, err error) *problem.Problem {
	message := err.Error()
	var fe *file.Error
	if errors.As(err, &fe) {
		message = fmt.Sprintf("%s, at character %d", fe.Message, fe.Column+1)
	}
	message, _, _ = strings.Cut(message, "\n")
	return e.problem("the expression is not usable: "+message, h.expressionHint(message, e.source))
}

// runProblem keeps the reason that number() or date() gave. The library adds a drawing of
// the place on further lines, which is cut off.
func (e *expression) runProblem(err error) *problem.Problem {
	if hinted := new(form.Error); errors.As(err, &hinted) {
		return e.problem("the expression stops: "+hinted.Want, hinted.Hint)
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	return e.problem("the expression stops: "+message, "see the row's values; a text becomes a number with number(…)")
}
