package sources_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/sources"
)

// copied reads a sheet and writes it again in its own dialect.
func copied(t *testing.T, data []byte, o sources.Options) (out []byte, d sources.Dialect) {
	t.Helper()
	r, err := sources.OpenReader("x.csv", bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := sources.DialectOf(r)
	if !ok {
		t.Fatal("no dialect")
	}
	var b bytes.Buffer
	w := d.NewWriter(&b)
	var header []string
	for _, c := range r.Columns() {
		header = append(header, c.Name)
	}
	if err := w.Write(header); err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return b.Bytes(), d
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(row.Cells); err != nil {
			t.Fatal(err)
		}
	}
}

// TestASheetGoesBackAsItCame: written again, a file is the same byte for byte.
func TestASheetGoesBackAsItCame(t *testing.T) {
	polish := "id;imię;miasto\r\n1;Paweł Żółkiewski;Łódź\r\n2;\"Małgorzata; Dąbek\";Kraków\r\n"
	cyrillic := "ид,имя\n1,Анна Каренина\n2,Юлия Щербакова\n"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte("id\tname\r\n1\tЖан\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"Polish Excel":          in(t, charmap.Windows1250, polish),
		"Polish, declared":      in(t, charmap.Windows1250, "sep=;\r\n"+polish),
		"Russian":               in(t, charmap.Windows1251, cyrillic),
		"Turkish":               in(t, charmap.Windows1254, "id|ad\n1|Ayşe Yılmaz\n2|Çağrı Şahin\n3|Işıl Güneş\n"),
		"German":                in(t, charmap.Windows1252, "id;name\r\n1;Jürgen Müller\r\n2;Käthe Groß\r\n"),
		"Taiwanese":             encoded(t, "big5", people()["big5"]),
		"Japanese":              encoded(t, "shift_jis", people()["shift_jis"]),
		"Unicode text":          utf16,
		"UTF-8 with a mark":     []byte("\ufeffid,name\n1,Zoë\n"),
		"an old Mac":            in(t, charmap.Macintosh, "id,name\r1,Jürgen Müller\r2,Käthe Böhm\r"),
		"quotes and lines":      []byte("\ufeffid,note\n1,\"a \"\"b\"\"\nc\"\n2,\" d\"\n3,5\" disk\n"),
		"Polish, in one column": in(t, charmap.Windows1250, "imię\nŁukasz Wójcik\nAgnieszka Świątek\n"),
	} {
		got, d := copied(t, data, sources.Options{})
		want := data
		if name == "quotes and lines" { // what need not be quoted is
			want = bytes.Replace(data, []byte(`5" disk`), []byte(`"5"" disk"`), 1)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (%+v): (-want +got):\n%s", name, d, diff)
		}
	}
}

// TestWhatACodePageHasNotIsReplaced: reasons and links go into a file of any code page,
// and never break its cells.
func TestWhatACodePageHasNotIsReplaced(t *testing.T) {
	_, d := copied(t, in(t, charmap.Windows1250, "id;imię\n1;Paweł Żółkiewski\n2;Łódź\n3;Świątek\n"), sources.Options{})
	var b bytes.Buffer
	w := d.NewWriter(&b)
	for _, record := range [][]string{{"a", "b"}, {"Łódź", "Привет"}, {"−5", "李; “x”"}, {"\ufffd", "ok…"}} {
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	recs, err := sources.NewRecords("x.csv", &b, sources.Options{Encoding: "windows-1250"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := recs.ReadAll()
	want := [][]string{{"a", "b"}, {"Łódź", "??????"}, {"-5", "?; “x”"}, {"?", "ok…"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestAnyRecordIsReadAsItWasWritten in any dialect, formulas made harmless on the way.
func TestAnyRecordIsReadAsItWasWritten(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "Ż", "ł", ";", ",", "\t", "|", "\"", "'", "\n", "\r\n", "\r", " ", "=", "-1", "sep=;", "é", "“"})
	rapid.Check(t, func(t *rapid.T) {
		d := sources.Dialect{
			Delimiter: rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter"),
			LineEnd:   rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end"),
			Declared:  rapid.Bool().Draw(t, "declared"),
		}
		want := [][]string{{"id", "value", "more"}}
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := []string{"k"}
			for range 2 {
				row = append(row, strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "cell"), ""))
			}
			want = append(want, row)
		}
		var b bytes.Buffer
		w := d.NewWriter(&b)
		for _, row := range want {
			record := make([]string, len(row))
			for i, c := range row {
				record[i] = sources.Neutralize(c)
			}
			if err := w.Write(record); err != nil {
				t.Fatal(err)
			}
		}
		o := sources.Options{}
		if !d.Declared {
			o.Delimiter = string(rune(d.Delimiter))
		}
		recs, err := sources.NewRecords("x.csv", bytes.NewReader(b.Bytes()), o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := recs.ReadAll()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v\n%q\n(-want +got):\n%s", err, b.String(), diff)
		}
	})
}

// TestOurOwnFilesMayComeInAnyDialect: decisions, prices and lists of keys are edited in
// the spreadsheet program of the country.
func TestOurOwnFilesMayComeInAnyDialect(t *testing.T) {
	want := [][]string{{"key", "decision", "ticket"}, {"Żółkiewski", "adopt", "job-1"}, {"Łódź", "not-submitted", ""}, {"Wałęsa", "resubmit", ""}, {"=1", "disown", ""}}
	text := "key;decision;ticket\r\nŻółkiewski;adopt;job-1\r\n\r\nŁódź;not-submitted;\r\nWałęsa;resubmit;\r\n'=1;disown;\r\n"
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(text, ";", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"Windows-1250": in(t, charmap.Windows1250, text), "UTF-8": []byte(text), "with a mark": []byte("\ufeff" + text),
		"commas": []byte(strings.ReplaceAll(text, ";", ",")), "Unicode text": wide, "declared": []byte("sep=;\r\n" + text),
		"CR": []byte(strings.ReplaceAll(text, "\r\n", "\r")),
	} {
		recs, err := sources.NewRecords("decisions.csv", bytes.NewReader(data), sources.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := recs.ReadAll()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestAMarkedCopyHasTheLettersOfTheSheet, whatever its encoding.
func TestAMarkedCopyHasTheLettersOfTheSheet(t *testing.T) {
	src := writeFile(t, "pl.csv", in(t, charmap.Windows1250, "id;imię\r\n1;Paweł Żółkiewski\r\n2;Łódź\r\n3;Świątek\r\n"))
	dst := filepath.Join(filepath.Dir(src), "marked.xlsx")
	if err := sources.WriteMarked(src, dst, sources.Options{}, []sources.Mark{{Row: 3, Column: 1, Message: "a city"}}); err != nil {
		t.Fatal(err)
	}
	r, err := sources.Open(dst, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	if len(rows) != 3 || rows[0].Cells[1] != "Paweł Żółkiewski" || rows[1].Cells[1] != "Łódź" {
		t.Errorf("%+v", rows)
	}
	if _, ok := sources.DialectOf(r); ok {
		t.Error("a workbook has no dialect")
	}
	if _, err := os.Stat(src); err != nil {
		t.Error(err)
	}
}
