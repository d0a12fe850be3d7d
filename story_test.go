package reelmerge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
)

// TestEveryEventIsSaidInWords holds a row's story to the kinds of the ledger.
func TestEveryEventIsSaidInWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "ledger/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		kind, isKind := spec.Type.(*ast.Ident)
		value, isText := spec.Values[0].(*ast.BasicLit)
		if !isKind || kind.Name != "Kind" || !isText {
			return true
		}
		text, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if words := happened(ledger.Kind(text)); words == text {
			t.Errorf("%s is not said in words", text)
		}
		return true
	})
	if found < 15 {
		t.Errorf("only %d kinds found", found)
	}
}
