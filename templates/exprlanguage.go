package templates

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/form"
)

// allowedBuiltins are the library's functions whose result depends only on their
// arguments, and whose cost is at most proportional to the size of these. Others, such as
// now() and repeat(), are off.
func allowedBuiltins() []string {
	return []string{
		"all", "none", "any", "one", "filter", "map", "find", "findIndex", "count", "len",
		"abs", "ceil", "floor", "round", "int", "float", "max", "min", "sum",
		"trim", "trimPrefix", "trimSuffix", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix",
		"first", "last", "take", "reverse", "sort",
	}
}

// language is the dialect: the columns as texts, the allowed functions, and functions of
// our own, which replace some of the library's to read the locale or to bound their work.
func (e *expression) language(loc *form.Locale) []expr.Option {
	env := map[string]any{"row": map[string]string{}, workName: &work{}}
	for name := range e.names {
		env[name] = ""
	}
	options := []expr.Option{expr.Env(env), expr.DisableAllBuiltins(), expr.MaxNodes(maxSteps)}
	for _, name := range allowedBuiltins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	options = append(options, bounded()...)
	return append(options,
		expr.Function("number", numberFunction(loc), new(func(string) float64), new(func(float64) float64), new(func(int) float64)),
		expr.Function("date", readingFunction(loc), new(func(string) time.Time)),
		expr.Function("year", dateFunction(time.Time.Year), new(func(time.Time) int)),
		expr.Function("month", dateFunction(func(t time.Time) int { return int(t.Month()) }), new(func(time.Time) int)),
		expr.Function("day", dateFunction(time.Time.Day), new(func(time.Time) int)),
		expr.Function("upper", textFunction(loc.Upper), new(func(string) string)),
		expr.Function("lower", textFunction(loc.Lower), new(func(string) string)),
		expr.Function("title", textFunction(loc.Title), new(func(string) string)),
		expr.Function("first_word", textFunction(form.FirstWord), new(func(string) string)),
		expr.Function("left", cutFunction(firstRunes), new(func(string, int) string)),
		expr.Function("right", cutFunction(lastRunes), new(func(string, int) string)),
		expr.Function("digits", textFunction(form.OnlyDigits), new(func(string) string)),
		expr.Function("replace", replaceFunction, new(func(string, string, string) string)),
		expr.Function("split", splitFunction, new(func(string, string) []string), new(func(string, string, int) []string)),
		expr.Function("uniq", uniqFunction, new(func([]string) []any), new(func([]any) []any)),
		expr.Function("string", stringFunction, new(func(any) string)),
		expr.Function("join", joinFunction, new(func([]string, string) string), new(func([]any, string) string)),
		expr.Function("format", formatFunction(loc), new(func(string, string) string), new(func(float64, string) string),
			new(func(int, string) string), new(func(time.Time, string) string)),
	)
}

// ownFunctions are the names of our functions, for hints.
func ownFunctions() []string {
	return []string{"number", "date", "year", "month", "day", "upper", "lower", "title", "first_word", "left", "right", "digits", "replace", "split", "uniq", "string", "join", "format"}
}

// numberFunction reads a text as a number. An empty cell is an error and not 0, so that
// no video says that a customer owes nothing because a cell was forgotten.
func numberFunction(loc *form.Locale) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		switch v := args[0].(type) {
		case float64:
			return v, nil
		case int:
			return float64(v), nil
		}
		text, _ := args[0].(string)
		d, err := loc.ReadNumber(text)
		if err != nil {
			return nil, err
		}
		var f float64
		_, err = fmt.Sscan(d.String(), &f)
		return f, err
	}
}

// readingFunction reads a text as a date, in the forms that are usual in the locale.
func readingFunction(loc *form.Locale) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, _ := args[0].(string)
		return loc.ReadDate(text)
	}
}

// dateFunction makes a function of a part of a date.
func dateFunction(part func(time.Time) int) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		t, _ := args[0].(time.Time)
		return part(t), nil
	}
}

// formatFunction writes a value with a pattern, as the format of a mapping does.
func formatFunction(loc *form.Locale) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, ok := writeResult(args[0])
		pattern, _ := args[1].(string)
		if !ok {
			return nil, &form.Error{Want: "format: not a text, a number or a date"}
		}
		if isNumber(args[0]) {
			text = loc.Localize(text)
		}
		write, err := form.New(pattern, loc)
		if err != nil {
			return nil, fmt.Errorf("format %q: %w", pattern, err)
		}
		return write(text)
	}
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}

// textFunction makes a function that changes a text.
func textFunction(change func(string) string) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, _ := args[0].(string)
		return change(text), nil
	}
}

// cutFunction makes a function that cuts a text. It counts characters: an ö is two bytes.
func cutFunction(cut func(string, int) string) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, _ := args[0].(string)
		n, _ := args[1].(int)
		return cut(text, max(0, n)), nil
	}
}

// replaceFunction replaces like strings.ReplaceAll, but computes first how long the text
// would become.
func replaceFunction(args ...any) (any, error) {
	s, _ := args[0].(string)
	old, _ := args[1].(string)
	with, _ := args[2].(string)
	if n := strings.Count(s, old); len(s)+n*max(0, len(with)-len(old)) > maxComputed {
		return nil, errTooLong
	}
	return strings.ReplaceAll(s, old, with), nil
}

// joinFunction joins like strings.Join, but computes first how long the text would
// become.
func joinFunction(args ...any) (any, error) {
	parts, ok := args[0].([]string)
	if !ok {
		list, _ := args[0].([]any)
		for _, item := range list {
			text, isText := writeResult(item)
			if !isText {
				return nil, errors.New("join: not a list of texts")
			}
			parts = append(parts, text)
		}
	}
	sign, _ := args[1].(string)
	size := len(parts) * len(sign)
	for _, p := range parts {
		size += len(p)
	}
	if size > maxComputed {
		return nil, errTooLong
	}
	return strings.Join(parts, sign), nil
}

// inspect reads the expression before it is compiled. It finds the columns that are used,
// and refuses constructs that could take very long or that never mean what was written.
func (e *expression) inspect(h *header) *problem.Problem {
	tree, err := parser.Parse(e.source)
	if err != nil {
		return e.compileProblem(h, err)
	}
	in := &inspector{e: e, header: h, given: map[string]bool{}, called: map[ast.Node]bool{}}
	ast.Walk(&tree.Node, preview{in.given, in.called})
	ast.Walk(&tree.Node, in)
	if in.problem == nil && unfolded(&tree.Node) > maxSteps {
		in.refuse(fmt.Sprintf("the expression is not usable: it has more than %d steps, with each let name written out", maxSteps), "make a column in the sheet instead")
	}
	return in.problem
}

// preview collects the names that an expression defines with let, and the nodes that name
// a function. The inspection needs both before it meets their uses.
type preview struct {
	given  map[string]bool
	called map[ast.Node]bool
}

// Visit looks at one node.
func (l preview) Visit(n *ast.Node) {
	switch v := (*n).(type) {
	case *ast.VariableDeclaratorNode:
		l.given[v.Name] = true
	case *ast.CallNode:
		l.called[v.Callee] = true
	}
}

// inspector looks at each node of an expression, and keeps the first problem.
type inspector struct {
	e       *expression
	header  *header
	given   map[string]bool
	called  map[ast.Node]bool
	problem *problem.Problem
}

func (in *inspector) refuse(message, hint string) {
	if in.problem == nil {
		in.problem = in.e.problem(message, hint)
	}
}

// Visit looks at one node; children come before their parents.
func (in *inspector) Visit(n *ast.Node) {
	switch v := (*n).(type) {
	case *ast.IdentifierNode:
		if !in.called[v] {
			in.identifier(v.Value)
		}
	case *ast.MemberNode:
		in.member(v)
	case *ast.BinaryNode:
		in.binary(v)
	case *ast.SliceNode: // the library counts bytes, and would cut an ö in two
		in.refuse("[from:to] is not part of the language here", "use left(text, 3) or right(text, 3)")
	case *ast.PredicateNode:
		inner := &predicates{}
		ast.Walk(&v.Node, inner)
		if inner.found {
			in.refuse("a loop inside a loop is not part of the language here", "make a column in the sheet instead")
		}
	}
}

// binary refuses comparisons that are valid and surely a mistake.
func (in *inspector) binary(b *ast.BinaryNode) {
	switch b.Operator {
	case "..":
		in.refuse("ranges (..) are not part of the language here", "a list comes from split(…) or [ … ]")
	case "==", "!=":
		if isNil(b.Left) || isNil(b.Right) {
			in.refuse("a cell is never nil", `an empty cell is the empty text: first_name == ""`)
		}
	case "matches":
		if _, written := b.Right.(*ast.StringNode); !written {
			in.refuse("the pattern of matches is not written out", `write it in quotes: city matches "^New "`)
		}
	case "<", ">", "<=", ">=":
		if isNumeral(b.Left) || isNumeral(b.Right) {
			in.refuse("this compares texts letter by letter: \"99\" comes after \"100\"", "compare numbers: number(amount) > 100")
		}
	}
}

func isNil(n ast.Node) bool {
	_, ok := n.(*ast.NilNode)
	return ok
}

// isNumeral reports whether a node is a text in quotes that holds a number.
func isNumeral(n ast.Node) bool {
	text, ok := n.(*ast.StringNode)
	return ok && text.Value != "" && strings.Trim(text.Value, "0123456789.,-") == ""
}

// predicates finds a loop. A loop in a loop takes time with the square of the items.
type predicates struct{ found bool }

// Visit looks at one node.
func (p *predicates) Visit(n *ast.Node) {
	if _, ok := (*n).(*ast.PredicateNode); ok {
		p.found = true
	}
}

// identifier notes the column that a name stands for. Names of no column are left to the
// compiler, which knows the functions.
func (in *inspector) identifier(name string) {
	if name == "$env" {
		in.refuse("$env is not part of the language here", `write row["…"] with a column's name`)
	}
	if name == "row" || in.given[name] {
		return
	}
	found := in.header.named(name)
	if len(found) > 1 {
		in.refuse(fmt.Sprintf("%q could be several columns", name), `write row["…"] with the column's own name`)
		return
	}
	if len(found) == 1 {
		in.e.names[name] = found[0]
	}
}

// named returns the columns that an expression means by a name: the folded name, or the
// column's own.
func (h *header) named(name string) []int {
	if found := h.exact[name]; len(found) > 0 {
		return found
	}
	return h.folded[name]
}

// member checks row["First Name"]. Of the methods of dates it allows two; others depend
// on the machine's time zone or clock.
func (in *inspector) member(m *ast.MemberNode) {
	property, ok := m.Property.(*ast.StringNode)
	if base, isRow := m.Node.(*ast.IdentifierNode); isRow && base.Value == "row" {
		if !ok {
			in.refuse("row[…] needs the name of a column in quotes", `for example row["First Name"]`)
			return
		}
		in.rowColumn(property.Value)
		return
	}
	if ok && property.Value != "AddDate" && property.Value != "Hours" {
		in.refuse(fmt.Sprintf("there is no %q here", property.Value), "dates are compared with < and >; year(d), month(d), day(d), d.AddDate(years, months, days) and format(d, \"2 January 2006\") take them apart")
	}
}

// rowColumn notes the column of row["…"]. The name is compared as generously as in a
// mapping.
func (in *inspector) rowColumn(name string) {
	found := in.header.find(name)
	switch len(found) {
	case 0:
		in.problem = &problem.Problem{Code: "VAR-NO-COLUMN", Value: name, Message: fmt.Sprintf("the expression asks for a column %q, which the sheet has not", name),
			Hint: in.header.suggest(name)}
	case 1:
		in.e.row[name] = found[0]
	default:
		in.refuse(fmt.Sprintf("%q could be several columns", name), "rename one of them in the sheet")
	}
}
