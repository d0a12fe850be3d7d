package sources_test

import (
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/sources"
)

// TestRowsOfAProgramAreRowsOfASheet reads rows with and without numbers, a short one,
// and the two ways in which they end.
func TestRowsOfAProgramAreRowsOfASheet(t *testing.T) {
	lost := errors.New("connection lost")
	r := sources.FromRows([]string{" id", "name"}, func(yield func(sources.Row, error) bool) {
		_ = yield(sources.Row{Cells: []string{"C1", "Ada"}}, nil) && yield(sources.Row{Number: 7, Cells: []string{"C2"}}, nil) && yield(sources.Row{}, lost)
	})
	var got []sources.Row
	for range 2 {
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	want := []sources.Row{{Number: 2, Cells: []string{"C1", "Ada"}}, {Number: 7, Cells: []string{"C2", ""}}}
	if diff := cmp.Diff(want, got); diff != "" || r.Columns()[1].Address(7) != "B7" || r.Columns()[0].Name != "id" {
		t.Errorf("%v (-want +got):\n%s", r.Columns(), diff)
	}
	if _, err := r.Next(); !errors.Is(err, lost) {
		t.Errorf("the error of the program: %v", err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after it: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wide := sources.FromRows([]string{"id"}, func(yield func(sources.Row, error) bool) { yield(sources.Row{Cells: []string{"a", "b"}}, nil) })
	defer wide.Close()
	var fe *sources.FileError
	if _, err := wide.Next(); !errors.As(err, &fe) || fe.Code != "ROW-RAGGED" {
		t.Errorf("a row with more cells than columns: %v", err)
	}
}
