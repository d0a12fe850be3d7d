package sources_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/sources"
)

func TestNumberFormatsShowWhatTheSheetShows(t *testing.T) {
	cases := []struct{ code, value, want string }{
		{"0", "-1234.5", "-1235"},
		{"0", "0.5", "1"},
		{"0", "1E+14", "100000000000000"},
		{"0.00", "0", "0.00"},
		{"0.00", "99.995", "100.00"},
		{"0.00", "1e-7", "0.00"},
		{"0.000000000000000000", "0.1", "0.100000000000000000"},
		{"00000", "-42", "-00042"},
		{"#,##0", "1234567.891", "1,234,568"},
		{"#,##0", "999", "999"},
		{"0,000", "12", "0,012"},
		{"#", "0", ""},
		{"#.##", "1", "1."},
		{"#.##", "0.15", ".15"},
		{"0.###", "0.12", "0.12"},
		{".00", "12.5", "12.50"},
		{".00", "0.5", ".50"},
		{"0.0%", "0.155", "15.5%"},
		{"0%%", "0.5", "5000%%"},
		{"0.0,", "1250", "1.3"},
		{"0.00,,\" M\"", "1234567", "1.23 M"},
		{"0.0,\"k\"", "-1550", "-1.6k"},
		{"$#,##0.00_);[Red]($#,##0.00)", "-1234.5", "($1,234.50)"},
		{"$#,##0.00_);[Red]($#,##0.00)", "1234.5", "$1,234.50"},
		{"[$$-409]#,##0.00", "1.5", "$1.50"},
		{"[$£-809]#,##0.00;-[$£-809]#,##0.00", "-1.5", "-£1.50"},
		{"[$CHF] #,##0.00", "1234.5", "CHF 1,234.50"},
		{"#,##0.00\\ \"kr\"", "1234.5", "1,234.50 kr"},
		{"_-* #,##0.00\\ [$₽-419]_-", "1", "1.00 ₽"},
		{"000-00-0000", "123456789", "123-45-6789"},
		{"(###) ###-####", "4155551234", "(415) 555-1234"},
		{"+0;-0;0", "0", "0"},
		{"+0;-0;0", "5", "+5"},
		{"\"Yes\";\"Yes\";\"No\"", "1", "Yes"},
		{"[=1]\"one\";[=2]\"two\";0", "2", "two"},
		{"[=1]\"one\";[=2]\"two\";0", "7", "7"},
		{"[>=1000]#,##0;0.0", "999.5", "999.5"},
		{"[>=1000]#,##0;0.0", "1000", "1,000"},
		{"[<0]\"minus \"0;0", "-3", "minus 3"},
		{"[Red][<1]0.0;[Blue]0", "0.25", "0.3"},
		{"[<>5]\"other\";\"five\"", "5", "five"},
		{"[<>5]\"other\";\"five\"", "4", "other"},
		{"[>5]\"more\";[<=2]\"few\";\"some\"", "6", "more"},
		{"[>5]\"more\";[<=2]\"few\";\"some\"", "2", "few"},
		{"[>5]\"more\";[<=2]\"few\";\"some\"", "3", "some"},
		{"[>=0]0.0;0.0", "-2", "2.0"},
		{"0,.0", "12345", "12.3"},
		{"#,##0,.0\"k\"", "1234567", "1,234.6k"},
		{"General", "12.5", "12.5"},
		{"General\" pcs\"", "3", "3 pcs"},
		{"\"No. \"0", "7", "No. 7"},
		{"0\" d\"", "7", "7 d"},
		{"0\\h", "7", "7h"},
		{"0\\-00", "712", "7-12"},
		{"00 00 00", "1234", "00 12 34"},
		{"@", "7501", "7501"},
		{"0;;", "-5", ""},
		{"0;;\"zero\"", "0", "zero"},
		{"?0.0?", "1.5", "1.5"},
		{"0.00;[Red]0.00", "-2", "2.00"},
		{"#,##0.00_ ;[Red]\\-#,##0.00\\ ", "-2", "-2.00"},
	}
	w := workbook{rows: texts(1, "name", "value")}
	for i, c := range cases {
		w.formats = append(w.formats, c.code)
		w.rows += fmt.Sprintf(`<row r="%d"><c r="A%d" t="str"><v>x</v></c><c r="B%d" s="%d"><v>%s</v></c></row>`, i+2, i+2, i+2, i+1, c.value)
	}
	r, err := sources.Open(writeFile(t, "x.xlsx", w.bytes(t)), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range readAll(t, r) {
		if got := row.Cells[1]; got != cases[i].want || len(row.Faults) > 0 {
			t.Errorf("%s in format %s shows %q, want %q; faults %v", cases[i].value, cases[i].code, got, cases[i].want, row.Faults)
		}
	}
}

func TestHostileFormatCodesCostNothing(t *testing.T) {
	var w workbook
	w.rows = texts(1, "name", "value")
	for i, code := range []string{strings.Repeat("%", 255), strings.Repeat("0", 300), strings.Repeat(",", 200) + "0", "0" + strings.Repeat(",", 200),
		`"`, `\`, "[", "_", "*", "[$", "[<", ";;;;;;", "0.0.0.0", "[h", "[$-407", "yyyy" + strings.Repeat("m", 200), "E+E-E", "0/0/0", "\xff\xfe"} {
		w.formats = append(w.formats, code)
		w.rows += fmt.Sprintf(`<row r="%d"><c r="A%d" t="str"><v>x</v></c><c r="B%d" s="%d"><v>1.5E+14</v></c></row>`, i+2, i+2, i+2, i+1)
	}
	r, err := sources.Open(writeFile(t, "x.xlsx", w.bytes(t)), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows := readAll(t, r); len(rows) != len(w.formats) {
		t.Errorf("read %d rows, want %d", len(rows), len(w.formats))
	}
}

func TestDatesOfDigitsAgreeWithExcelize(t *testing.T) {
	codes := []string{"dd.mm.yyyy", "d.m.yy", "yyyy-mm-dd", `yyyy\-mm\-dd\Thh:mm:ss`, "m/d/yyyy h:mm", "dd/mm/yyyy hh:mm:ss", "hh:mm", "h:mm:ss", "mm:ss", `yyyy"年"m"月"d"日"`, "dd.mm.yyyy;@", "yyyymmdd", "d, m"}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(codes).Draw(t, "code")
		v := float64(rapid.IntRange(61, 80_000).Draw(t, "day")) + float64(rapid.IntRange(0, 86_399).Draw(t, "second"))/86_400
		f := excelize.NewFile()
		defer func() { _ = f.Close() }()
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		err = errors.Join(err, f.SetCellStr("Sheet1", "A1", "when"), f.SetCellFloat("Sheet1", "A2", v, -1, 64), f.SetCellStyle("Sheet1", "A2", "A2", style))
		want, err2 := f.GetCellValue("Sheet1", "A2")
		var b bytes.Buffer
		if err = errors.Join(err, err2, f.Write(&b)); err != nil {
			t.Fatal(err)
		}
		r, err := sources.OpenReader("x.xlsx", &b, sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if err = errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if row.Cells[0] != want {
			t.Fatalf("%v in format %s shows %q, excelize says %q", v, code, row.Cells[0], want)
		}
	})
}
