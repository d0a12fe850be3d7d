package sources_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// wants counts which of some names are not there, as a campaign does.
func wants(wanted ...string) func([]string) (int, int) {
	return func(columns []string) (needed, optional int) {
		for _, w := range wanted {
			name, may := strings.CutSuffix(w, "?")
			switch {
			case slices.Contains(columns, name):
			case may:
				optional++
			default:
				needed++
			}
		}
		return needed, optional
	}
}

// headerCase is the top of a sheet, cells apart by "|", and the row in which its
// column names must be found.
type headerCase struct {
	name   string
	rows   []string
	wanted []string // nil: as init reads, which knows no names
	given  int      // rows.header_row
	row    int
	likely int
}

func headerCases() []headerCase {
	data := []string{"1|Ada|Riga", "2|Bob|Oslo", "3|Cy|Bonn"}
	under := func(rows ...string) []string { return append(rows, data...) }
	wanted := []string{"id", "name"}
	return []headerCase{
		{name: "in row 1", rows: under("id|name|city"), row: 1},
		{name: "in row 1, wanted", rows: under("id|name|city"), wanted: wanted, row: 1},
		{name: "title", rows: under("Customers", "id|name|city"), row: 2},
		{name: "title, blank row", rows: under("Customers", "", "id|name|city"), row: 3},
		{name: "blank rows", rows: under("", "", "id|name|city"), row: 3},
		{name: "blank rows, wanted", rows: under("", "", "id|name|city"), wanted: wanted, row: 3},
		{name: "title in the middle", rows: under("|Customers", "id|name|city"), row: 2},
		{name: "two titles", rows: under("Customers", "of the spring", "", "id|name|city"), row: 4},
		{name: "title with a date at its right, wanted", rows: under("Customers||2026-11-29", "id|name|city"), wanted: wanted, row: 2},
		{name: "a note with a value, below a title", rows: under("Customers", "As of|2026-11-29", "id|name|city"), row: 3},
		{name: "a note of two cells, in a sheet with blanks", rows: []string{"Customers", "Owner|Grace", "", "id|name|note", "1|Ada|", "2|Bob|"}, row: 4},
		{name: "notes of two cells, wanted", rows: under("Owner|Ada", "Date|2026-11-29", "", "id|name|city"), wanted: wanted, row: 4},
		{name: "notes as wide as the table, wanted", rows: under("Owner|Ada|x", "Date|2026|x", "", "id|name|city"), wanted: wanted, row: 4},
		{name: "title as wide as the table, wanted", rows: under("Report|of|spring", "id|name|city"), wanted: wanted, row: 2},
		{name: "one title, no rows, wanted", rows: []string{"Customers", "id|name|city"}, wanted: wanted, row: 2},
		{name: "one title, one row, wanted", rows: []string{"Customers", "id|name|city", "1|Ada|Riga"}, wanted: wanted, row: 2},
		{name: "one column below a title, wanted", rows: []string{"Customers", "name", "Ada", "Bob", "Cy"}, wanted: []string{"name"}, row: 2},
		{name: "header alone", rows: []string{"id|name|city"}, row: 1},
		{name: "header alone, wanted", rows: []string{"id|name|city"}, wanted: wanted, row: 1},
		{name: "one column", rows: []string{"name", "Ada", "Bob"}, row: 1},
		{name: "one column, wanted", rows: []string{"name", "name", "Bob"}, wanted: []string{"name"}, row: 1},
		{name: "header with fewer names than cells, wanted", rows: []string{"name|", "Ada|Riga", "Bob|Oslo", "Cy|Bonn"}, wanted: []string{"name"}, row: 1},
		{name: "header with one name over numbers", rows: []string{"name|", "Ada|12", "Bob|13", "Cy|14"}, row: 1},
		{name: "a value spelled like the column, wanted is renamed", rows: []string{"person", "Ada", "name", "Bob"}, wanted: []string{"name"}, row: 1, likely: 3},
		{name: "two exports put together, wanted are in the second", rows: []string{"nr|who", "1|Ada", "2|Bob", "id|name", "3|Cy"}, wanted: wanted, row: 1, likely: 4},
		{name: "the names stand twice, wanted", rows: under("id|name|city", "id|name|city"), wanted: wanted, row: 1},
		{name: "a name is missing, wanted", rows: under("id|person|city"), wanted: wanted, row: 1},
		{name: "a name is missing below a title, wanted", rows: under("Customers", "", "id|person|city"), wanted: wanted, row: 3},
		{name: "a name stands twice below a title", rows: under("Customers", "id|name|Name"), wanted: wanted, row: 2},
		{name: "given", rows: under("Customers", "", "id|name|city"), given: 3, wanted: wanted, row: 3},
		{name: "given too high", rows: under("Customers||", "", "id|name|city"), given: 1, wanted: wanted, row: 1, likely: 3},
		{name: "given too low", rows: under("id|name|city"), given: 2, wanted: wanted, row: 2, likely: 1},
		{name: "numbers as names below a title", rows: under("Customers", "id|2025|plan"), row: 2},
		{name: "no names below a title", rows: under("Customers"), row: 1},
		{name: "wide and sparse", rows: []string{"id|name|city|plan|fee|note", "1|Ada||||", "2|Bob||||"}, row: 1},
		{name: "all may be left out", rows: under("Customers", "", "id|name|city"), wanted: []string{"name?", "nick?"}, row: 3},
		{name: "one may be left out", rows: under("id|name|city"), wanted: []string{"name", "nick?"}, row: 1},
		{name: "header with fewer names than cells, one may be left out", rows: []string{"name|", "Ada|Riga", "Bob|Oslo", "Cy|Bonn"}, wanted: []string{"name", "nick?"}, row: 1},
		{name: "nothing is wanted", rows: under("Customers", "id|name|city"), wanted: []string{}, row: 1},
	}
}

// TestHeaderIsFoundWhereItIs reads each top as a workbook and as CSV of three
// delimiters.
func TestHeaderIsFoundWhereItIs(t *testing.T) {
	for _, c := range headerCases() {
		t.Run(c.name, func(t *testing.T) {
			for _, comma := range []string{",", ";", "\t", "xlsx"} {
				if narrow := !strings.Contains(strings.Join(c.rows, ""), "|"); narrow && comma != "xlsx" && comma != "," {
					continue
				}
				c.read(t, comma)
			}
		})
	}
}

func (c headerCase) read(t *testing.T, comma string) {
	t.Helper()
	o := sources.Options{HeaderRow: c.given}
	if c.wanted != nil {
		o.Missing = wants(c.wanted...)
	}
	name, data := "x.csv", []byte(strings.ReplaceAll(strings.Join(c.rows, "\n"), "|", comma)+"\n")
	if comma == "xlsx" {
		name, data = "x.xlsx", c.workbook(t)
	}
	r, err := sources.Open(writeFile(t, name, data), o)
	if err != nil {
		if strings.Contains(err.Error(), fmt.Sprintf("in C%d", c.row)) {
			return // the name that stands twice, in the row that was found
		}
		if c.row == 1 && strings.HasPrefix(c.rows[0], "Customers") {
			return // read as the header, the title is refused
		}
		t.Fatalf("%s: %v", comma, err)
	}
	defer r.Close()
	if got, want := r.Header(), (sources.Header{Row: c.row, Likely: c.likely}); got != want {
		t.Errorf("%q: header %+v, want %+v", comma, got, want)
	}
	told := slices.ContainsFunc(r.Notices(), func(n sources.Notice) bool {
		return n.Code == "ROW-HEADER-FOUND" && strings.Contains(n.Message, fmt.Sprintf("row %d;", c.row))
	})
	above := strings.Trim(strings.Join(c.rows[:c.row-1], ""), "|")
	if told != (above != "" && c.given == 0) {
		t.Errorf("%q: told %v that the header was found in row %d", comma, told, c.row)
	}
}

func (c headerCase) workbook(t *testing.T) []byte {
	t.Helper()
	var rows strings.Builder
	for i, row := range c.rows {
		if strings.Trim(row, "|") != "" {
			rows.WriteString(texts(i+1, strings.Split(row, "|")...))
		}
	}
	return workbook{rows: rows.String()}.bytes(t)
}

// FuzzHeaderOfRow1IsReadAsBefore: a campaign that named no row read row 1, and
// reads the very same when the header is looked for.
func FuzzHeaderOfRow1IsReadAsBefore(f *testing.F) {
	for _, c := range headerCases() {
		f.Add(strings.ReplaceAll(strings.Join(c.rows, "\n"), "|", ","))
		f.Add(strings.ReplaceAll(strings.Join(c.rows, "\n"), "|", ";"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		open := func(o sources.Options) (sources.Reader, error) {
			return sources.OpenReader("x.csv", strings.NewReader(text), o)
		}
		before, err := open(sources.Options{HeaderRow: 1})
		if err != nil {
			return
		}
		var wanted []string
		for _, c := range before.Columns() {
			wanted = append(wanted, c.Name)
		}
		want := transcript(before, nil)
		if got := transcript(open(sources.Options{Missing: wants(wanted...)})); got != want {
			t.Errorf("read as\n%s\nwant\n%s", got, want)
		}
	})
}
