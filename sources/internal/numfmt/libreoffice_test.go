package numfmt_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// pair is a number in a format.
type pair struct {
	code, value string
}

// pairs returns formats × values, made from parts so that every combination
// that people meet is there, not only those that somebody thought of.
func pairs() []pair {
	var out []pair
	cross := func(codes, values []string) {
		for _, c := range codes {
			for _, v := range values {
				out = append(out, pair{c, v})
			}
		}
	}
	days := []string{"1", "59", "61", "366", "5479.25", "9999.99999", "17816.607951388887", "36191.170208437499", "43585", "43586.5", "44196.75", "46023.0000001", "46095", "46095.604166666667", "46096.999994", "46111.5104166667", "46143.7083333333", "46387.9895833333", "73415.123456789"}
	clock := []string{"0", "0.0000001", "0.25", "0.375", "0.5", "0.5208333333", "0.604166666666667", "0.75", "0.9999", "0.99999", "0.999999", "1.0520833333", "2.5", "46095.1234567"}
	numbers := []string{"0", "1", "-1", "0.5", "-0.5", "0.125", "1.005", "2.675", "12.5", "99.995", "-99.995", "1234.5", "-1234.5", "12345", "1234567.891", "-1234567.891", "8675309", "4155551234", "0.0001", "-0.004"}
	cross(dateCodes(), days)
	cross(timeCodes(), clock)
	cross(numberCodes(), numbers)
	var named []string
	for _, id := range []string{"402", "403", "405", "406", "407", "408", "409", "40A", "40B", "40C", "40E", "410", "413", "414", "415", "416", "418", "419", "41A", "41B", "41D", "41F", "421", "422", "424", "425", "427", "807", "809", "80C", "80A", "816", "C07", "C0A", "C0C", "1009", "1407", "42D", "456", "411", "412", "804"} {
		named = append(named, "[$-"+id+"]d. mmmm yyyy", "[$-"+id+"]dddd", "[$-"+id+"]d/m/yyyy", "[$-"+id+"]mmm yyyy")
	}
	cross(named, []string{"46036", "46066", "46095", "46157", "46249"})
	return out
}

func dateCodes() []string {
	return []string{"dd.mm.yyyy", "d.m.yy", "yyyy-mm-dd", `yyyy\-mm\-dd\Thh:mm:ss`, "d/m/yyyy", "m/d/yyyy h:mm", "dd/mm/yyyy hh:mm:ss", "d-mmm-yy", "d-mmm", "mmm-yy", "mmmm", "mmmm d, yyyy", `d\. mmmm yyyy`, "dddd", "ddd dd mmm", "dddd, mmmm dd, yyyy", "mmmmm", "mmmmm-yy", "yy", "yyyy", "m", "mm", "d", "dd", "ddd",
		"yyyy-mm-dd hh:mm", "d mmm yyyy h:mm AM/PM", "yyyymmdd", "dd.mm.yyyy;@", `"am "d. m. yyyy`, `d" of "mmmm`, "[Red]dd.mm.yyyy", "[$-409]d/m/yy h:mm AM/PM;@", "[$-409]mmmm d, yyyy;@", "[$-10409]m/d/yyyy", "[$-407]dd/mm/yyyy", "[$-1000000]yyyy/mm/dd", "yyyy/mm/dd hh:mm:ss.000",
		`yyyy"年"m"月"d"日"`, `[$-411]yyyy"年"m"月"d"日"`, `[$-804]yyyy"年"m"月"d"日";@`, "[$-411]ge.m.d", `[$-411]ggge"年"m"月"d"日";@`, "[$-411]gge", "[$-411]ee", "[$-411]aaa", "[$-411]aaaa", "[$-804]aaaa", "[$-412]aaaa", "[$-412]aaa", `[$-404]e"年"m"月"d"日"`, `[$-404]ggge"年"`, "[$-404]aaaa",
		"[$-107041E]d mmmm yyyy;@", "[$-D07041E]d mmmm yyyy;@", "[$-107041E]d/m/yy", "[$-D00041E]d/m/yyyy", "[$-41E]d mmm yyyy", "[$-1050412]yyyy/m/d", "[$-2010401]d/m/yyyy", "[$-3000429]yyyy/m/d", "[$-4000439]yyyy", "[$-5000445]yyyy.m.d", "[$-F800]dddd", "[$-1060401]dd/mm/yyyy",
		`[DBNum1][$-804]yyyy"年"m"月"d"日";@`, `[DBNum2][$-804]yyyy"年"m"月"d"日"`, `[DBNum3][$-804]yyyy"年"m"月"d"日"`, `[DBNum1][$-411]ggge"年"m"月"d"日"`, `[DBNum3][$-411]yyyy/m/d`, `[$-1E000804]yyyy"年"m"月"d"日"`,
		"[>=46096]dd.mm.yyyy;d/m/yy", `[<61]"early";yyyy`, "hhh", "dd mm 00", "yyyyy", "ddddd", "d mmmm jjjj", "TT.MM.JJJJ", "0 yyyy", "B2d/m/yyyy", "td/m/yyyy", "e", "aaaa", "ggge"}
}

func timeCodes() []string {
	return []string{"h:mm", "hh:mm", "h:mm:ss", "hh:mm:ss", "mm:ss", "h:mm AM/PM", "h:mm:ss AM/PM", "hh:mm am/pm", "h:mm a/p", "h AM/PM", "hh:mm A/P", "mm:ss.0", "h:mm:ss.00", "hh:mm:ss.000", "h:mm:ss.00 AM/PM", "[h]:mm", "[hh]:mm:ss", "[m]", "[mm]:ss", "[s]", "[ss]", "[h]:mm:ss.00", "[mm]:ss.0", "[s].000", `[h]" hours"`, `h" h "m" min"`, "[h]:mm;@",
		"[$-409]h:mm AM/PM;@", "[$-407]h:mm", "[$-411]AM/PM h:mm", `[$-411]h"時"mm"分"`, `[$-804]h"时"mm"分"ss"秒"`, `[$-804]AM/PM h:mm`, "[$-412]AM/PM h:mm", "[$-40E]h:mm AM/PM", "[$-40F]h:mm AM/PM", "[$-40B]h:mm AM/PM", "[$-405]h:mm AM/PM", "[$-D00041E]h:mm", "[$-2000401]h:mm:ss", `[DBNum1][$-804]h"时"m"分"`, "s", "ss", "h", "hh",
		"[$-F400]h:mm:ss AM/PM", "[hhh]", "AM/PM", "[h] AM/PM", "hh.000", "h mmm"}
}

func numberCodes() []string {
	return []string{"0", "0.0", "0.00", "00000", "#", "#.##", "0.##", ".00", "#,##0", "#,##0.00", "0,000", "0%", "0.00%", "0.0,", `0.0,,"M"`, `0" pcs"`, `"No. "0`, "000-00-0000", "[<=9999999]###-####;(###) ###-####", `"$"#,##0.00_);("$"#,##0.00)`, `"$"#,##0.00_);[Red]\("$"#,##0.00\)`, "[$$-409]#,##0.00", "[$£-809]#,##0.00;-[$£-809]#,##0.00", `#,##0.00\ [$€-407]`, `#,##0.00\ "kr"`, "[$CHF] #,##0.00", "+0;-0;0", `0;;"zero"`, "0;-0", "0.00;[Red]0.00", `"Yes";"Yes";"No"`, `[=1]"one";[=2]"two";0`, "[>=1000]#,##0;0.0", `[>=1000000]0.0,,"M";[>=1000]0.0,"K";0`, `[<1]0.0%;0`, `[<10]0" x"`, "# ?/?", "# ??/??", `#\ ?/8`, "0.00E+00", "##0.0E+0", "General", "[Red]General", `General" x"`, "@", "0;@", "[$-D00041E]0.00", "[$-2000401]0", "[$-4000439]0", "[DBNum1][$-804]General", "[DBNum2][$-804]General", "[DBNum2][$-404]General", `[DBNum2][$-804]General"元整"`, "[DBNum1][$-804]0", "[DBNum3][$-411]0", "0 kg", "0 EUR", "#,##0K", "t0", "[Rot]0", "0*x", "_-* #,##0.00_-;-* #,##0.00_-;_-* \"-\"??_-;_-@_-", "0,0.0", "?0.0?", "0\\h"}
}

// difference is a way in which this package writes other than LibreOffice 7.4,
// and why.
type difference struct {
	why string
	is  func(p pair, v float64, ours numfmt.Shown, theirs string) bool
}

// like returns a difference for all codes of a form.
func like(code, why string) difference {
	re := regexp.MustCompile(code)
	return difference{why, func(p pair, _ float64, _ numfmt.Shown, _ string) bool { return re.MatchString(p.code) }}
}

func differences() []difference {
	return []difference{
		{"by design, dates that look as the computer's settings say are ISO 8601", func(_ pair, _ float64, ours numfmt.Shown, _ string) bool { return ours.System }},
		{"Excel has a 29 February 1900, so that its days before are one later", func(_ pair, v float64, ours numfmt.Shown, _ string) bool { return ours.Kind == numfmt.Date && v < 60 }},
		{"Excel rounds to the last part of a second that is shown, LibreOffice cuts it off", func(_ pair, v float64, ours numfmt.Shown, _ string) bool {
			seconds := v * 86400
			return ours.Clock && seconds-math.Floor(seconds) >= 0.5
		}},
		{"a number that rounds to nothing keeps its minus", func(_ pair, v float64, ours numfmt.Shown, theirs string) bool {
			return v < 0 && !strings.ContainsAny(theirs, "123456789") && strings.Trim(ours.Text, "- ") == strings.Trim(theirs, "- ")
		}},
		{"the section for everything else shows a minus itself", func(p pair, v float64, ours numfmt.Shown, theirs string) bool {
			return v < 0 && strings.HasPrefix(p.code, "[") && ours.Text == "-"+theirs
		}},
		like(`^#(\\)? \?+/`, "blanks that only align are left out of fractions"),
		like(`^[0#]\.##$`, "Excel leaves the point where no digit follows it"),
		like(`^0%$`, "half a percent is rounded up from the 15 digits that Excel keeps"),
		like(`A/P$`, "Excel writes A and P in the letters of the code"),
		like(`^\[s\]\.000$`, "LibreOffice does not know it"),
		like(`^\[DBNum[13]\]\[\$-(804|411)\]0$`, "Excel writes digit by digit where the code has places for digits"),
		like(`^(yyyyy|ddddd)$`, "Excel takes more letters as four"),
		like(`^\[\$-412\]aaa`, "LibreOffice writes the Korean weekday in Japanese"),
		like(`^\[\$-(C0C|816|1009|40E|424)\]d/m/yyyy`, "the separator differs by version: a / with a notice"),
		like(`^\[\$-(408|40A|40B|411|412|40E|414|415|416|418|419|41A|41B|41D|422|424|425|427|42D|456|403|40F|405)\](mmm yyyy|d\. mmmm yyyy|dddd)$`, "names as Windows has them, and not declined beside a day"),
	}
}

// TestLibreOfficeShowsTheSame lets LibreOffice write all pairs. Every difference
// is a refusal or is explained.
func TestLibreOfficeShowsTheSame(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("SKIPPED: soffice is not installed; no spreadsheet program says what it shows")
	}
	list := pairs()
	if len(list) < 3000 {
		t.Fatalf("only %d pairs", len(list))
	}
	theirs := libreOffice(t, soffice, list)
	all := differences()
	same, refused, explained := 0, 0, make([]int, len(all))
	for i, p := range list {
		v, err := strconv.ParseFloat(p.value, 64)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := numfmt.Parse(p.code).Number(v, false)
		at := slices.IndexFunc(all, func(d difference) bool { return d.is(p, v, ours, theirs[i]) })
		switch {
		case err != nil:
			refused++
		case ours.Text == strings.Trim(theirs[i], "\u00a0 "):
			same++
		case at >= 0:
			explained[at]++
		default:
			t.Errorf("%s in format %s: %q, LibreOffice shows %q", p.value, p.code, ours.Text, theirs[i])
		}
	}
	t.Logf("%d pairs: %d the same, %d refused here, others explained: %v", len(list), same, refused, explained)
	for i, d := range all {
		if explained[i] == 0 {
			t.Errorf("no difference needs the explanation %q", d.why)
		}
	}
	if refused > len(list)/5 {
		t.Errorf("%d of %d pairs are refused", refused, len(list))
	}
}

// libreOffice returns what the program shows for each pair.
func libreOffice(t *testing.T, soffice string, list []pair) []string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pairs.xlsx"), workbookOf(t, list), 0o600); err != nil {
		t.Fatal(err)
	}
	convert := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+filepath.ToSlash(filepath.Join(dir, "profile")),
		"--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", dir, filepath.Join(dir, "pairs.xlsx"))
	convert.Env = append(os.Environ(), "LC_ALL=en_US.UTF-8", "LANG=en_US.UTF-8")
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "pairs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(rows) != len(list) {
		t.Fatalf("%d rows, want %d; %v", len(rows), len(list), err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out
}

// workbookOf makes a workbook with a cell for each pair.
func workbookOf(t *testing.T, list []pair) []byte {
	t.Helper()
	var formats, xfs, rows strings.Builder
	style := map[string]int{}
	for i, p := range list {
		if style[p.code] == 0 {
			n := len(style) + 1
			style[p.code] = n
			fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 200+n, escaped(t, p.code))
			fmt.Fprintf(&xfs, `<xf numFmtId="%d" applyNumberFormat="1"/>`, 200+n)
		}
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" s="%d"><v>%s</v></c><c r="B%d" t="str"><v>.</v></c></row>`, i+1, i+1, style[p.code], p.value, i+1)
	}
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office, pack = "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://schemas.openxmlformats.org/package/2006/"
	const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct{ name, xml string }{
		{"[Content_Types].xml", `<Types xmlns="` + pack + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="` + sheetType + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + sheetType + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + sheetType + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + pack + `relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + pack + `relationships"><Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + main + ` xmlns:r="` + office + `"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/styles.xml", `<styleSheet ` + main + `><numFmts>` + formats.String() + `</numFmts><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>` + xfs.String() + `</cellXfs></styleSheet>`},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + main + `><sheetData>` + rows.String() + `</sheetData></worksheet>`},
	} {
		w, err := z.Create(part.name)
		if err == nil {
			_, err = w.Write([]byte(part.xml))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func escaped(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
