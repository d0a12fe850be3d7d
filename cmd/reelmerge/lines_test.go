package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestEveryEventIsSaidInWords holds a row's story to the kinds of the ledger.
func TestEveryEventIsSaidInWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), repository+"/ledger/event.go", nil, 0)
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

func TestProseBreaksBetweenWordsAndCommandsStayWhole(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"cost: about 25 minutes; price: seen on videos", 0, "cost: about 25 minutes; price: seen on videos"},
		{"cost: about 25 minutes; price: seen on videos", 30, "cost: about 25 minutes;|  price: seen on videos"},
		{"  first raise the budget of the campaign", 24, "  first raise the|    budget of the|    campaign"},
		{"next: reelmerge check campaign.yaml", 20, "next: reelmerge check campaign.yaml"},
	} {
		if got := strings.Join(wording.Prose(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
