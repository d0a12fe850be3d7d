package declared

import (
	"encoding/json"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// The limits of an expression: its parts, and what they may make.
const (
	most   = 500
	memory = 1 << 20
)

// condition is an expression over a request.
type condition struct{ program *vm.Program }

// compile compiles a condition. Only request is known in it, so that a name that is
// mistyped does not pass.
func compile(source string) (condition, error) {
	program, err := expr.Compile(source, expr.Env(map[string]any{"request": map[string]any{}}), expr.AsBool(), expr.DisableBuiltin("now"), expr.MaxNodes(most))
	return condition{program}, err
}

// holds evaluates the condition. One that cannot be evaluated, such as the length of what
// is absent, does not hold.
func (c condition) holds(request any) bool {
	machine := vm.VM{MemoryBudget: memory}
	result, err := machine.Run(c.program, map[string]any{"request": numbers(request)})
	held, ok := result.(bool)
	return err == nil && ok && held
}

// numbers turns numbers into those that expressions compute with.
func numbers(v any) any {
	return mapped(v, func(leaf any) any {
		number, ok := leaf.(json.Number)
		if !ok {
			return leaf
		}
		if n, err := number.Int64(); err == nil {
			return int(n)
		}
		f, err := number.Float64()
		if err != nil {
			return number.String()
		}
		return f
	})
}
