package sources_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gocarina/gocsv"
	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/sources"
)

// utf16Of encodes a text, with its byte order mark if there is one in it.
func utf16Of(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestDelimitedFilesReadAsTheyAreShown(t *testing.T) {
	manyRows := strings.Repeat("Ada;Riga\n", 300)
	for _, c := range []sheetCase{
		{name: "plain", data: []byte("name,city\nAda,Riga\nBob,Oslo\n"), want: "name | city\n2: Ada | Riga\n3: Bob | Oslo"},
		{name: "no newline at the end", data: []byte("name,city\nAda,Riga"), want: "name | city\n2: Ada | Riga"},
		{name: "CRLF", data: []byte("name,city\r\nAda,Riga\r\n"), want: "name | city\n2: Ada | Riga"},
		{name: "CR alone", data: []byte("name,city\rAda,Riga\rBob,Oslo"), want: "name | city\n2: Ada | Riga\n3: Bob | Oslo"},
		{name: "mixed line ends", data: []byte("name,city\r\nAda,Riga\nBob,Oslo\rCy,Rome\r\n"), want: "name | city\n2: Ada | Riga\n3: Bob | Oslo\n4: Cy | Rome"},
		{name: "UTF-8 mark", data: []byte("\xef\xbb\xbfname,city\nZoë,Riga\n"), want: "name | city\n2: Zoë | Riga"},
		{name: "UTF-8 mark and quoted header", data: []byte("\xef\xbb\xbf\"name\",\"city\"\n\"Zoë\",Riga\n"), want: "name | city\n2: Zoë | Riga"},
		{name: "UTF-16LE", data: utf16Of(binary.LittleEndian, "\ufeffname\tcity\r\nZoë\tRiga\r\n"), want: "name | city\n2: Zoë | Riga"},
		{name: "UTF-16BE", data: utf16Of(binary.BigEndian, "\ufeffname;city\n李雷;Riga\n"), want: "name | city\n2: 李雷 | Riga"},
		{name: "UTF-16LE without a mark", data: utf16Of(binary.LittleEndian, "name,city\nZoë,Riga\nBob,Oslo\n"),
			want: "name | city\n2: Zoë | Riga\n3: Bob | Oslo\nnotice ROW-ENCODING-GUESSED: Zoë"},
		{name: "half a letter at the end of UTF-16", data: append(utf16Of(binary.LittleEndian, "\ufeffname,city\nZoë,Riga\nBob,Os"), 'l'),
			want: "name | city\n2: Zoë | Riga\n3: Bob | Os\ufffd\n  B3 ROW-ENCODING"},
		{name: "Windows-1252", data: []byte("name;city;fee\nZo\xeb;K\xf6ln;5 \x80\n"),
			want: "name | city | fee\n2: Zoë | Köln | 5 €\nnotice ROW-ENCODING-GUESSED: Zoë"},
		{name: "Windows-1252 with a byte it does not have", data: []byte("name;city\nZo\xeb;K\xf6ln\nA\x81a;Riga\n"),
			want: "name | city\n2: Zoë | Köln\n3: A\ufffda | Riga\n  A3 ROW-ENCODING\nnotice ROW-ENCODING-GUESSED: Zoë"},
		{name: "another encoding, named", data: []byte("name,city\nLech,\xa3\xf3d\xbc\n"), options: sources.Options{Encoding: "iso-8859-2"},
			want: "name | city\n2: Lech | Łódź"},
		{name: "an encoding nobody knows", data: []byte("a,b\n1,2\n"), options: sources.Options{Encoding: "klingon"}, want: "error ROW-ENCODING-NAME"},
		{name: "UTF-8 with one bad byte", data: []byte("name,city\nZoë,Köln\nJos\xe9,Riga\nAnaïs,Łódź\n"),
			want: "name | city\n2: Zoë | Köln\n3: Jos\\xe9 | Riga\n  A3 ROW-ENCODING\n4: Anaïs | Łódź"},
		{name: "bad bytes in a header below a title", data: []byte("Zo\xeb,,\nn\xebme,city,plan\nZoë,Köln,é\nZoë,Köln,é\n"),
			want: "n\ufffdme | city | plan\n3: Zoë | Köln | é\n4: Zoë | Köln | é\nnotice ROW-HEADER-FOUND: n\ufffdme | city | plan"},
		{name: "a letter lost before", data: []byte("name,city\nZo\ufffd,Riga\n"), want: "name | city\n2: Zo\ufffd | Riga\n  A2 (ROW-ENCODING)"},
		{name: "semicolons and decimal commas", data: []byte("name;amount\nAda;12,50\nBob;7,00\n"), want: "name | amount\n2: Ada | 12,50\n3: Bob | 7,00"},
		{name: "tabs", file: "x.tsv", data: []byte("name\tcity, country\nAda\tRiga, LV\n"), want: "name | city, country\n2: Ada | Riga, LV"},
		{name: "pipes", file: "x.txt", data: []byte("name|city\nAda|Riga\n"), want: "name | city\n2: Ada | Riga"},
		{name: "sep line", data: []byte("sep=;\r\nname;city, country\r\nAda;Riga, LV\r\n"), want: "name | city, country\n2: Ada | Riga, LV"},
		{name: "a delimiter, named", data: []byte("name:city\nAda:Riga\n"), options: sources.Options{Delimiter: ":"}, want: "name | city\n2: Ada | Riga"},
		{name: "a delimiter by its word", data: []byte("name city\nAda Riga\n"), options: sources.Options{Delimiter: "space"}, want: "name | city\n2: Ada | Riga"},
		{name: "the tab by its word", data: []byte("name\tcity, country\nAda\tRiga, LV\n"), options: sources.Options{Delimiter: "tab"}, want: "name | city, country\n2: Ada | Riga, LV"},
		{name: "the semicolon by its word", data: []byte("a,b;c\n1,2;3\n"), options: sources.Options{Delimiter: "Semicolon"}, want: "a,b | c\n2: 1,2 | 3"},
		{name: "a delimiter that is none", data: []byte("name,city\n"), options: sources.Options{Delimiter: "::"}, want: "error ROW-DELIMITER"},
		{name: "two delimiters fit", data: []byte("a,b;c\n1,2;3\n4,5;6\n"), want: "error ROW-DELIMITER"},
		{name: "a comma in every address", data: []byte("name;address, city;plan\nAda;Main St, Riga;pro\nBob;Side St, Oslo;pro\n"), want: "name | address, city | plan\n2: Ada | Main St, Riga | pro\n3: Bob | Side St, Oslo | pro"},
		{name: "a short row with an error in it", data: []byte("name,fee,city\nAda,#N/A\n"), want: "name | fee | city\n2: Ada | #N/A | \n  B2 ROW-ERROR-VALUE\n  row ROW-RAGGED"},
		{name: "one column", data: []byte("email\na@example.com\nb@example.com\n"), want: "email\n2: a@example.com\n3: b@example.com"},
		{name: "one column with commas in it", data: []byte("greeting\nHello\nHi, Ada\n"), want: "greeting\n2: Hello\n3: Hi\n  row ROW-RAGGED"},
		{name: "line break in quotes", data: []byte("name,note,city\nAda,\"one\ntwo\",Riga\nBob,x,Oslo\n"), want: "name | note | city\n2: Ada | one\\ntwo | Riga\n3: Bob | x | Oslo"},
		{name: "quotes inside quotes", data: []byte("name,city\n\"Ann \"\"Duke\"\" Lee\",Riga\n"), want: "name | city\n2: Ann \"Duke\" Lee | Riga"},
		{name: "empty quoted cell at the end", data: []byte("name,city\nAda,\"\"\n"), want: "name | city\n2: Ada | "},
		{name: "an inch", data: []byte("size,city\n5\" disk,Riga\n"), want: "size | city\n2: 5\" disk | Riga"},
		{name: "space behind the closing quote", data: []byte("name,city\n\"Ada\" ,Riga\n"), want: "name | city\n2: Ada | Riga"},
		{name: "text behind the closing quote", data: []byte("name,city\n\"Ada\"x,Riga\nBob,Oslo\n"), want: "name | city\n2: Adax | Riga\n  A2 ROW-QUOTE\n3: Bob | Oslo"},
		{name: "space before the opening quote", data: []byte("name,city\nAda, \"Riga\"\n"), want: "name | city\n2: Ada |  \"Riga\"\n  B2 ROW-QUOTE"},
		{name: "a quote that is never closed", data: []byte("name,city\nAda,\"Riga\nBob,Oslo\nCy,Rome\n"),
			want: "name | city\n2: Ada | \"Riga\n  B2 ROW-QUOTE\n3: Bob | Oslo\n4: Cy | Rome"},
		{name: "short row", data: []byte("name,city,plan\nAda,Riga\nBob,Oslo,pro\n"), want: "name | city | plan\n2: Ada | Riga | \n  row ROW-RAGGED\n3: Bob | Oslo | pro"},
		{name: "long row", data: []byte("name,city\nAda,Riga,LV\nBob,Oslo\n"), want: "name | city\n2: Ada | Riga\n  row ROW-RAGGED\n3: Bob | Oslo"},
		{name: "delimiters at the end of rows", data: []byte("name,city,,\nAda,Riga,,\nBob,Oslo\n"), want: "name | city\n2: Ada | Riga\n3: Bob | Oslo"},
		{name: "a value without a column name", data: []byte("name,city,\nAda,Riga,x\n"), want: "name | city\n2: Ada | Riga\n  row (ROW-NO-HEADER)"},
		{name: "blank lines count", data: []byte("\n\nname,city\n\nAda,Riga\n,\n  ,\n\nBob,Oslo\n\n"),
			want: "name | city\n5: Ada | Riga\n9: Bob | Oslo\nnotice ROW-BLANK"},
		{name: "same name twice", data: []byte("name,city,Name \nAda,Riga,x\n"), want: "error ROW-DUPLICATE-HEADER C1"},
		{name: "accents typed in two ways", data: []byte("prénom,pre\u0301nom\nA,B\n"), want: "error ROW-DUPLICATE-HEADER B1"},
		{name: "no name", data: []byte("name,,city\nAda,1,Riga\n"), want: "error ROW-EMPTY-HEADER B1"},
		{name: "no name and the same name", data: []byte(",name,name\n0,Ada,Bob\n"), want: "error ROW-EMPTY-HEADER A1\nerror ROW-DUPLICATE-HEADER C1"},
		{name: "header only", data: []byte("name,city\n"), want: "name | city"},
		{name: "nothing", data: nil, want: "error ROW-EMPTY"},
		{name: "only blank lines", data: []byte("\n\n  \n"), want: "error ROW-EMPTY"},
		{name: "only a mark", data: []byte("\xef\xbb\xbf"), want: "error ROW-EMPTY"},
		{name: "title above the header", data: []byte("Spring campaign,,\n,,\nname,city,plan\nAda,Riga,pro\nBob,Oslo,pro\n"),
			want: "name | city | plan\n4: Ada | Riga | pro\n5: Bob | Oslo | pro\nnotice ROW-HEADER-FOUND: name | city | plan"},
		{name: "bare title above the header", data: []byte("Spring campaign\nname;city;plan\nAda;Riga;pro\nBob;Oslo;pro\n"),
			want: "name | city | plan\n3: Ada | Riga | pro\n4: Bob | Oslo | pro\nnotice ROW-HEADER-FOUND: name | city | plan"},
		{name: "header row, named", data: []byte("export of,2026\nname,city\nAda,Riga\n"), options: sources.Options{HeaderRow: 2}, want: "name | city\n3: Ada | Riga"},
		{name: "header row, empty", data: []byte("name,city\n\nAda,Riga\n"), options: sources.Options{HeaderRow: 2}, want: "error ROW-HEADER-ROW"},
		{name: "header row, beyond the end", data: []byte("name,city\n"), options: sources.Options{HeaderRow: 9}, want: "error ROW-HEADER-ROW"},
		{name: "the end mark of DOS", data: []byte("name,city\r\nAda,Riga\r\n\x1a"), want: "name | city\n2: Ada | Riga"},
		{name: "more columns than a sheet has", data: []byte(strings.Repeat("a,", 17000) + "b\n1\n"), want: "error ROW-TOO-LARGE"},
		{name: "a sheet of a text file", data: []byte("name,city\nAda,Riga\n"), options: sources.Options{Sheet: "Customers"}, want: "name | city\n2: Ada | Riga\nnotice ROW-SHEET-UNUSED: Customers"},
		{name: "NUL", data: []byte("name,city\nA\x00da,Riga\nBob,Oslo\n"), want: "name | city\n2: A\\x00da | Riga\n  A2 ROW-NUL\n3: Bob | Oslo"},
		{name: "errors of the spreadsheet program", data: []byte("name,fee\nAda,#N/A\nBob,#1\nCy,#REF!\n"),
			want: "name | fee\n2: Ada | #N/A\n  B2 ROW-ERROR-VALUE\n3: Bob | #1\n4: Cy | #REF!\n  B4 ROW-ERROR-VALUE"},
		{name: "an id that Excel has shortened", data: []byte("name,id\nAda,4.91234E+11\nBob,E+ rating\n"), want: "name | id\n2: Ada | 4.91234E+11\n  B2 (ROW-SCIENTIFIC)\n3: Bob | E+ rating"},
		{name: "leading zeros", data: []byte("name,zip\nAda,07501\n"), want: "name | zip\n2: Ada | 07501"},
		{name: "neutralized formulas", data: []byte("name,note\nAda,'=1+1\nBob,''=x\nCy,'tis\nDi,'+49 30\n"), want: "name | note\n2: Ada | =1+1\n3: Bob | '=x\n4: Cy | 'tis\n5: Di | '+49 30"},
		{name: "space inside and around cells", data: []byte(" name ,\u00a0city\nAda , Riga\n"), want: "name | city\n2: Ada  |  Riga"},
		{name: "more rows than the sample has", data: []byte("name;city\n" + manyRows), want: "name | city\n" + numbered(2, 300, "Ada | Riga")},
		{name: "a big cell", data: []byte("name,note\nAda,\"" + strings.Repeat("x", 1<<20) + "\"\n"), want: "name | note\n2: Ada | " + strings.Repeat("x", 1<<20)},
		{name: "old Excel file named .csv", data: []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxxxxxx"), want: "error ROW-FORMAT"},
		{name: "PDF", data: []byte("%PDF-1.7\n"), want: "error ROW-FORMAT"},
		{name: "gzip", data: []byte("\x1f\x8b\x08\x00"), want: "error ROW-FORMAT"},
		{name: "text named .xlsx", file: "x.xlsx", data: []byte("name,city\n"), want: "error ROW-FORMAT"},
		{name: "web page named .csv", file: "x.csv", data: []byte("\ufeff<HTML><table>"), want: "error ROW-FORMAT"},
		{name: "XML named .csv", file: "x.csv", data: []byte("<?xml version=\"1.0\"?><a/>"), want: "error ROW-FORMAT"},
		{name: "a column named like a tag", data: []byte("<name>,city\nAda,Riga\n"), want: "<name> | city\n2: Ada | Riga"},
		{name: "NUL in the header", data: []byte("na\x00me,city\nAda,Riga\n"), want: "error ROW-NUL A1"},
		{name: "web page named .xls", file: "x.xls", data: []byte("<html><table>"), want: "error ROW-FORMAT"},
	} {
		if c.file == "" {
			c.file = "customers.csv"
		}
		t.Run(c.name, c.run)
	}
}

// numbered repeats a row of a transcript.
func numbered(first, count int, row string) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "%d: %s\n", first+i, row)
	}
	return b.String()
}

func TestTheFirstAccentMayComeLate(t *testing.T) {
	data := []byte("name,city\n" + strings.Repeat("Ada Lovelace,Riga\n", 200_000) + "Zo\xeb,K\xf6ln\n")
	path := writeFile(t, "late.csv", data)
	r, err := sources.Open(path, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	last := rows[len(rows)-1]
	if diff := cmp.Diff([]string{"Zoë", "Köln"}, last.Cells); diff != "" {
		t.Errorf("last row (-want +got):\n%s", diff)
	}
	if n := r.Notices(); len(n) != 1 || n[0].Sample != "Zoë" {
		t.Errorf("notices = %+v, want the guess with the sample Zoë", n)
	}
	// A pipe cannot be read ahead. Then the cells are named.
	p, err := sources.OpenReader("-", bytes.NewReader(data), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows = readAll(t, p)
	if f := rows[len(rows)-1].Faults; len(f) != 2 || f[0].Code != "ROW-ENCODING" || f[1].Column != 1 {
		t.Errorf("faults = %+v, want ROW-ENCODING at both cells", f)
	}
}

// endless is a CSV file of any length.
type endless struct {
	line []byte
	left int
	rest []byte
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.rest = e.line
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	in := io.MultiReader(strings.NewReader("id,name,city,note\n"), &endless{line: []byte("C1,Ada,Riga,\"a, b\"\n"), left: 999_999})
	r, err := sources.OpenReader("-", in, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for ; ; n++ {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	if n != 999_999 {
		t.Errorf("read %d rows, want 999,999", n)
	}
	if grown := int64(m.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes over a million rows", grown)
	}
}

func TestARecordHasALimit(t *testing.T) {
	line := bytes.Repeat([]byte("x"), 1<<20)
	r, err := sources.OpenReader("-", io.MultiReader(strings.NewReader("name,city\n"+strings.Repeat("Ada,Riga\n", 30)), &endless{line: line, left: 64}), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = r.Next()
	var fe *sources.FileError
	if !errors.As(err, &fe) || fe.Code != "ROW-RECORD-SIZE" || fe.Row != 32 {
		t.Errorf("err = %v, want ROW-RECORD-SIZE in row 32", err)
	}
}

func TestAnOpenQuoteCostsItsRowOnly(t *testing.T) {
	const rows = 600_000 // more than MaxRecord bytes
	r, err := sources.OpenReader("-", io.MultiReader(strings.NewReader("name,city\nBob,\"Oslo\n"),
		&endless{line: []byte("Ada Lovelace,Riga\n"), left: rows}), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := readAll(t, r)
	if len(got) != rows+1 || got[0].Faults[0].Code != "ROW-QUOTE" || got[rows].Number != rows+2 || len(got[1].Faults) != 0 {
		t.Errorf("read %d rows, the first with %+v, the last numbered %d", len(got), got[0].Faults, got[len(got)-1].Number)
	}
}

func TestRecordsFeedGocsv(t *testing.T) {
	type price struct {
		Plan  string `csv:"plan"`
		Price string `csv:"price"`
	}
	recs, err := sources.NewRecords("prices.csv", strings.NewReader("plan;price\r\nbasic;9,00\r\n\r\nM\xfcnchen;'=1\r\n"), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var csv gocsv.CSVReader = recs
	var got []price
	if err := gocsv.UnmarshalCSV(csv, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]price{{"basic", "9,00"}, {"München", "=1"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	recs, err = sources.NewRecords("prices.csv", strings.NewReader("plan,price\nbasic,\"9\"x\n"), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var fe *sources.FileError
	if _, err := recs.ReadAll(); !errors.As(err, &fe) || fe.Cell != "B2" {
		t.Errorf("err = %v, want a fault at B2", err)
	}
}

func TestFilesThatCannotBeOpenedSayWhy(t *testing.T) {
	var fe *sources.FileError
	if _, err := sources.Open(t.TempDir()+"/none.csv", sources.Options{}); !errors.As(err, &fe) || fe.Code != "ROW-FILE" || fe.Hint == "" {
		t.Errorf("missing file: %v", err)
	}
	if _, err := sources.Open(t.TempDir(), sources.Options{}); !errors.As(err, &fe) || fe.Code != "ROW-FILE" || fe.Message != "it is a folder" {
		t.Errorf("folder: %v", err)
	}
}
