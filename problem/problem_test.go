package problem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
)

// full has a value in every field.
func full() problem.Problem {
	return problem.Problem{
		Severity: problem.Warning, Code: "VAR-GAP",
		Place:    problem.Place{File: "a.xlsx", Sheet: "S", Row: 3, Cell: "B3", Column: "name", Line: 4, Character: 5, Pointer: "/x"},
		Variable: "v", Value: "x", Message: "is empty", Hint: "fill it", Cause: "is empty", Like: 2,
	}
}

// TestJSONIsFlatAndReadBack holds the document that scripts read.
func TestJSONIsFlatAndReadBack(t *testing.T) {
	got, err := json.Marshal(full())
	want := `{"severity":"warning","code":"VAR-GAP","where":"a.xlsx","sheet":"S","row":3,"cell":"B3","column":"name","line":4,` +
		`"variable":"v","value":"x","message":"is empty","hint":"fill it"}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	back := full()
	back.Character, back.Pointer, back.Cause, back.Like = 0, "", "", 0
	var read problem.Problem
	if err := json.Unmarshal(got, &read); err != nil || read != back {
		t.Errorf("read back as %+v: %v", read, err)
	}
	least, err := json.Marshal(problem.Problem{})
	if want := `{"severity":"error","code":"","where":"","value":"","message":""}`; err != nil || string(least) != want {
		t.Errorf("the zero value is %s: %v", least, err)
	}
	if err := json.Unmarshal([]byte(`{"severity":"fatal"}`), &read); err == nil {
		t.Error("an unknown severity is read")
	}
}

func TestProblemSaysItsPlace(t *testing.T) {
	for want, at := range map[string]problem.Place{
		"a.csv:B3: X-1: bad":    {File: "a.csv", Row: 3, Cell: "B3", Line: 9},
		"a.csv:row 3: X-1: bad": {File: "a.csv", Row: 3, Line: 9},
		"a.json:9: X-1: bad":    {File: "a.json", Line: 9},
		"a.json: X-1: bad":      {File: "a.json"},
		"X-1: bad":              {},
	} {
		if got := fmt.Sprint(problem.Problem{Code: "X-1", Message: "bad", Place: at}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestListIsAnErrorThatSaysAll(t *testing.T) {
	list := problem.List{{Code: "A", Message: "one", Severity: problem.Warning}}
	if list.HasErrors() {
		t.Error("a warning counts as an error")
	}
	list = append(list, problem.Problem{Code: "B", Message: "two"})
	if !list.HasErrors() {
		t.Error("the zero severity is no error")
	}
	if errors, warnings := list.Count(); errors != 1 || warnings != 1 {
		t.Errorf("%d errors, %d warnings", errors, warnings)
	}
	var found problem.List
	if err := fmt.Errorf("open: %w", list.In("f")); !errors.As(err, &found) || err.Error() != "open: f: warning: A: one\nf: B: two" {
		t.Errorf("%v", err)
	}
}

func TestSortKeepsTheOrderOfTheFile(t *testing.T) {
	at := func(code string, line, character int) problem.Problem {
		return problem.Problem{Code: code, Place: problem.Place{Line: line, Character: character}}
	}
	list := problem.List{at("5", 0, 0), at("3", 2, 1), at("2", 1, 7), at("6", 0, 0), at("1", 1, 2), at("4", 2, 1)}
	list.Sort()
	var codes []string
	for _, p := range list {
		codes = append(codes, p.Code)
	}
	if want := []string{"1", "2", "3", "4", "5", "6"}; !slices.Equal(codes, want) {
		t.Errorf("%v", codes)
	}
}
