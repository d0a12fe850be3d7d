package sources_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// TestAFileThatIsNoTableIsGivenUp gives files of millions of rows that cannot be used:
// one problem of the file ends each, in bounded memory.
func TestAFileThatIsNoTableIsGivenUp(t *testing.T) {
	const lines = 3_000_000
	for name, c := range map[string]struct {
		head, line string
		row        int // that the problem names
	}{
		"behind an open quote":           {"id,value\nr2,\"Ada\n", "x\n", 2},
		"behind an open quote, CRLF":     {"id;value\r\nr2;\"Ada\r\n", "x\r\n", 2},
		"short lines":                    {"id,value,city\n1,2,3\n", "x\n", 3},
		"long lines":                     {"id,value\n1,2\n", "a,b,c\n", 3},
		"numbers of another delimiter":   {"id,value\n1,2\n", "3;4\n", 3},
		"text behind a closing quote":    {"id,value\n1,2\n", "\"a\"b,c\n", 3},
		"errors of a spreadsheet":        {"id,value\n1,2\n", "#N/A,x\n", 3},
		"NUL bytes":                      {"id,value\n1,2\n", "a\x00b,x\n", 3},
		"letters of another encoding":    {"id,value\n1,\u00e9\u00e9\u00e9\u00e9\n" + strings.Repeat("1,\u00e9\n", 40), "a\xffb,x\n", 43},
		"two bad rows for each good one": {"id,value\n1,2\n", "x\ny\na,b\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(c.head), &endless{line: []byte(c.line), left: lines})
			r, err := sources.OpenReader("x.csv", in, sources.Options{Encoding: "utf-8"})
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var kept []sources.Row
			for err == nil {
				var row sources.Row
				if row, err = r.Next(); err == nil {
					kept = append(kept, row)
				}
			}
			runtime.ReadMemStats(&after)
			var fe *sources.FileError
			if !errors.As(err, &fe) || fe.Code != "ROW-MANY-FAULTS" || fe.Row != c.row || fe.Hint == "" || fe.Path == "" {
				t.Errorf("after %d rows: %+v", len(kept), err)
			}
			if len(kept) > 30_000 || after.TotalAlloc-before.TotalAlloc > 100<<20 {
				t.Errorf("%d rows, %d bytes", len(kept), after.TotalAlloc-before.TotalAlloc)
			}
		})
	}
}

// TestManyRowsMayBeRefused: a sheet with a fault here and there is read to its end.
func TestManyRowsMayBeRefused(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		most int // rows with faults until the file is given up; 0 is the end of it
	}{
		"every third row":  {"1,2\n3,4\nx\n", 100_000},
		"every tenth row":  {strings.Repeat("1,2\n", 9) + "x\n", 0},
		"warnings in each": {"1,4.5E+11\n", 0},
	} {
		rows := strings.Repeat(c.line, 400_000/strings.Count(c.line, "\n"))
		r, err := sources.OpenReader("x.csv", strings.NewReader("id,value\n"+rows), sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for err == nil {
			var row sources.Row
			if row, err = r.Next(); err == nil && len(row.Faults) > 0 && row.Faults[0].Severity == problem.Error {
				bad++
			}
		}
		if ended := errors.Is(err, io.EOF); ended != (c.most == 0) || !ended && bad != c.most-1 {
			t.Errorf("%s: %d faulty rows, %v", name, bad, err)
		}
	}
	if _, err := sources.OpenReader("x.csv", strings.NewReader("id,value\n"+strings.Repeat("x\n", 9000)), sources.Options{}); err != nil {
		t.Error(fmt.Errorf("nine thousand bad rows are listed one by one: %w", err))
	}
}
