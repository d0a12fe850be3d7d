package templates

import (
	"errors"
	"fmt"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/reelmerge/reelmerge/templates/form"
)

// The bounds of the work for one row. The evaluator itself bounds only the items of
// lists. A text that is added to itself forty times would take all memory, and so would
// forty let names that each use the one before twice.
const (
	maxSteps = 1000    // of an expression, each let name written out
	maxWork  = 4 << 20 // bytes of text that are made or searched for one row
	maxParts = 500     // of a text that is split
)

var (
	errTooLong = &form.Error{Want: fmt.Sprintf("the text grows too long: more than %d bytes", maxComputed), Hint: "make it shorter"}
	errTooMuch = &form.Error{Want: "it makes or searches too much text for one row", Hint: "make it simpler, or make a column in the sheet instead"}
)

// unfolded counts the steps of an expression as if each let name were written out: a name
// that uses two others costs as much as both. It stops counting beyond the limit.
func unfolded(root *ast.Node) int {
	var lets []*ast.VariableDeclaratorNode
	ast.Walk(root, visit(func(n *ast.Node) {
		if let, ok := (*n).(*ast.VariableDeclaratorNode); ok {
			lets = append(lets, let)
		}
	}))
	slices.Reverse(lets) // outer ones come last in a walk, and first in the text
	cost := map[string]int{}
	// A name can be used before the walk has seen what it costs, so the sums are repeated
	// until none changes. They only grow and are capped, so the loop ends.
	for changed := true; changed; {
		changed = false
		sums := map[string]int{}
		for _, let := range lets {
			sums[let.Name] = min(sums[let.Name]+steps(&let.Value, cost), maxSteps+1)
			if sums[let.Name] > cost[let.Name] {
				cost[let.Name] = sums[let.Name]
				changed = true
			}
		}
	}
	return steps(root, cost)
}

// steps counts the nodes of an expression, with the known cost of each name in it.
func steps(n *ast.Node, cost map[string]int) int {
	sum := 0
	ast.Walk(n, visit(func(n *ast.Node) {
		if id, ok := (*n).(*ast.IdentifierNode); ok {
			sum += cost[id.Value]
		}
		sum = min(sum+1, maxSteps+1)
	}))
	return sum
}

// visit is a function that is called for each node of a tree.
type visit func(*ast.Node)

// Visit looks at one node.
func (v visit) Visit(n *ast.Node) { v(n) }

// work is how much text was made or searched for one row.
type work struct{ bytes int }

// The names of the functions that count text. They begin with a character that no
// expression can use in a name.
const (
	workName  = "$work"
	spendText = "$text"
	spendAny  = "$any"
)

// bounded wraps each part of an expression that makes a text, or searches one with a
// pattern, so that its bytes are counted.
func bounded() []expr.Option {
	count := func(args ...any) (any, error) {
		w, _ := args[0].(*work)
		each, _ := args[2].(int)
		return args[1], w.spend(args[1], each)
	}
	return []expr.Option{
		expr.Function(spendText, count, new(func(*work, string, int) string)),
		expr.Function(spendAny, count, new(func(*work, any, int) any)),
		expr.Patch(visit(countTexts)),
	}
}

// spend adds the work of one text: its bytes, times the steps that each byte costs.
func (w *work) spend(value any, each int) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if w.bytes += len(text) * each; len(text) > maxComputed {
		return errTooLong
	}
	if w.bytes > maxWork {
		return errTooMuch
	}
	return nil
}

// countTexts wraps the nodes that make a text, and the text that a pattern is matched
// with. Matching costs as much for each byte as the pattern has steps.
func countTexts(n *ast.Node) {
	switch v := (*n).(type) {
	case *ast.CallNode, *ast.BuiltinNode:
		countNode(n, 1)
	case *ast.BinaryNode:
		switch v.Operator {
		case "+":
			countNode(n, 1)
		case "matches":
			if pattern, ok := v.Right.(*ast.StringNode); ok {
				countNode(&v.Left, patternSteps(pattern.Value))
			}
		}
	}
}

// countNode puts a call of the counting function around a node. A node that is surely no
// text is left alone.
func countNode(n *ast.Node, each int) {
	name := spendAny
	switch t := (*n).Type(); {
	case t == nil || t.Kind() == reflect.Interface:
	case t.Kind() == reflect.String:
		name = spendText
	default:
		return // a number, a date, a list: what is in it was counted
	}
	ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name},
		Arguments: []ast.Node{&ast.IdentifierNode{Value: workName}, *n, &ast.IntegerNode{Value: each}}})
}

// patternSteps returns the number of instructions of a pattern, 1 for a bad one, which
// the compiler reports.
func patternSteps(pattern string) int {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 1
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 1
	}
	return len(program.Inst)
}

// splitFunction splits like strings.Split, but refuses to make too many parts.
func splitFunction(args ...any) (any, error) {
	s, _ := args[0].(string)
	sign, _ := args[1].(string)
	most := -1
	if len(args) > 2 {
		most, _ = args[2].(int)
	}
	if most < 0 || most > maxParts {
		most = maxParts + 1
	}
	parts := strings.SplitN(s, sign, most)
	if len(parts) > maxParts {
		return nil, &form.Error{Want: fmt.Sprintf("split makes more than %d parts", maxParts), Hint: "make a column in the sheet instead"}
	}
	return parts, nil
}

// uniqFunction drops items that came before, in linear time; the library's own compares
// each item with each other.
func uniqFunction(args ...any) (any, error) {
	seen := map[string]bool{}
	kept := []any{}
	add := func(item any) error {
		text, ok := writeResult(item)
		if !ok {
			return errors.New("uniq: not a list of texts or numbers")
		}
		if key := fmt.Sprintf("%T %s", item, text); !seen[key] {
			seen[key] = true
			kept = append(kept, item)
		}
		return nil
	}
	switch list := args[0].(type) {
	case []string:
		for _, item := range list {
			if err := add(item); err != nil {
				return nil, err
			}
		}
	case []any:
		for _, item := range list {
			if err := add(item); err != nil {
				return nil, err
			}
		}
	}
	return kept, nil
}

// stringFunction writes one value as a text. It refuses a list: a list of lists could be
// of any size.
func stringFunction(args ...any) (any, error) {
	if _, single := writeResult(args[0]); !single && !isNumber(args[0]) {
		return nil, &form.Error{Want: "string: a list is no text", Hint: `join(list, ", ") makes one of it`}
	}
	return fmt.Sprint(args[0]), nil
}
