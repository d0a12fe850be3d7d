package sources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// shows is a cell with its format, its value and its shown text. The text of a refused cell
// is "refused".
type shows struct{ code, value, want string }

// checkShows reads a sheet with a cell for each line. The attribute kind is that
// of the cells, as ` t="d"`.
func checkShows(t *testing.T, kind string, cases []shows) {
	t.Helper()
	w := workbook{rows: texts(1, "name", "value")}
	for i, c := range cases {
		w.formats = append(w.formats, c.code)
		w.rows += fmt.Sprintf(`<row r="%d"><c r="A%d" t="str"><v>x</v></c><c r="B%d" s="%d"%s><v>%s</v></c></row>`, i+2, i+2, i+2, i+1, kind, c.value)
	}
	r, err := sources.Open(writeFile(t, "x.xlsx", w.bytes(t)), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	if len(rows) != len(cases) {
		t.Fatalf("%d rows, want %d", len(rows), len(cases))
	}
	for i, c := range cases {
		got := rows[i].Cells[1]
		for _, f := range rows[i].Faults {
			if f.Severity != problem.Warning && f.Column == 1 {
				got = "refused"
			}
		}
		if got != c.want {
			t.Errorf("%s in format %s shows %q, want %q; faults %v", c.value, c.code, got, c.want, rows[i].Faults)
		}
	}
}

func TestTimesOfTheComputerAreTimes(t *testing.T) {
	checkShows(t, "", []shows{
		{`[$-F400]h:mm:ss\ AM/PM`, "0.604166666666667", "14:30:00"},
		{`[$-F400]h:mm:ss\ AM/PM`, "0.75", "18:00:00"},
		{`[$-x-systime]h:mm:ss\ AM/PM`, "0.375", "09:00:00"},
		{`[$-F400]h:mm:ss`, "0", "00:00:00"},
		{`[$-F400]`, "0.25", "06:00:00"},
		{`[$-F400]h:mm:ss\ AM/PM`, "46095.75", "18:00:00"},
		{`[$-F400]h:mm:ss\ AM/PM;@`, "0.999988425925926", "23:59:59"},
		{`[$-X-SYSTIME]h:mm`, "1.5", "12:00:00"},
		{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, "46095.75", "2026-03-14"},
		{`[$-x-sysdate]dddd\,\ mmmm\ dd\,\ yyyy`, "46095", "2026-03-14"},
		{`[$-F400]h:mm:ss`, "-0.5", "refused"},
		{`[$-F800]dddd`, "0.5", "refused"},
	})
}

func TestTextsKeepTheirBlanks(t *testing.T) {
	checkShows(t, ` t="str"`, []shows{{"@", "  two words ", "  two words "}, {"dd.mm.yyyy;@", "soon", "soon"}, {`"Dear "@`, "Ada", "Dear Ada"}, {`0;0;0;"text"`, "x", "text"}, {"0;0;0;@ kg", "x", "refused"}, {"TT.MM.JJJJ", "soon", "soon"}})
}

func TestBuiltInTimesOfOtherCountriesAreTimes(t *testing.T) {
	for id, want := range map[int]string{14: "refused", 22: "refused", 32: "14:30:00", 33: "14:30:00", 34: "14:30:00", 35: "14:30:00", 55: "14:30:00", 56: "14:30:00", 75: "14:30:00", 76: "14:30:00", 78: "refused", 45: "30:00", 46: "14:30:00", 47: "30:00.0", 18: "2:30 PM", 20: "14:30"} {
		w := workbook{ids: []int{id}, rows: texts(1, "name", "value") + cellsOf(2, num("B2", 1, "0.604166666666667"))}
		r, err := sources.Open(writeFile(t, "x.xlsx", w.bytes(t)), sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		row := readAll(t, r)[0]
		got := row.Cells[1]
		if len(row.Faults) > 0 {
			got = "refused"
		}
		if got != want {
			t.Errorf("14:30 in built-in format %d shows %q, want %q", id, got, want)
		}
	}
}

func TestLanguageTagsAreKnownOrRefused(t *testing.T) {
	checkShows(t, "", []shows{
		{`[$-FC19]dd\ mmmm\ yyyy\ \г\.;@`, "46095", "14 марта 2026 г."},
		{`[$-FC22]d mmmm yyyy" р.";@`, "46095", "14 березня 2026 р."},
		{`[$-F419]yyyy\,\ mmmm;@`, "46095", "2026, март"},
		{`[$-F422]mmmm`, "46095", "березень"},
		{`[$-ru-RU-x-genlower]d mmmm`, "46095", "14 марта"},
		{`[$-ru-RU-x-nomlower]mmmm`, "46095", "март"},
		{`[$-ru-RU-x-genupper]d mmmm`, "46095", "refused"},
		{`[$-FC15]d mmmm`, "46095", "refused"},
		{`[$-FC15]dd/mm/yyyy`, "46095", "14.03.2026"},
		{`[$-1000000]h:mm:ss;@`, "0.75", "18:00:00"},
		{`[$-2010000]yyyy/mm/dd;@`, "46095", "٢٠٢٦/٠٣/١٤"},
		{`[$-1070000]d/m/yyyy;@`, "46095", "14/3/2569"},
		{`[$-1010409]d mmm`, "46095", "14 Mar"},
		{`[$-en-US,101]d mmm yyyy`, "46095", "14 Mar 2026"},
		{`[$-th-TH,D07]d mmmm yyyy`, "46095", "๑๔ มีนาคม ๒๕๖๙"},
		{`[$-3010429]yyyy/m/d`, "46095", "۲۰۲۶/۳/۱۴"},
		{`[$-C00]d mmmm`, "46095", "refused"},
		{`[$-1234]dd.mm.yyyy`, "46095", "14.03.2026"},
		{`[$-nowhere]d mmmm`, "46095", "refused"},
		{`[$-99000409]d`, "46095", "refused"},
		{`[$-130000]d/m/yyyy`, "46095", "refused"},
		{"h:mm:ss.00 AM/PM", "0.604166666666667", "2:30:00.00 PM"},
		{"[$-409]h:mm:ss.0 AM/PM", "0.00001", "12:00:00.9 AM"},
		{"mm:ss.000", "0.000011574", "00:01.000"},
		{"h:mm:ss.0000", "0.5", "refused"},
		{"hh.000", "0.5", "refused"},
	})
}

func TestLanguageNamesMeanTheLanguage(t *testing.T) {
	checkShows(t, "", []shows{
		{"[$-de-DE]d. mmmm yyyy;@", "46143", "1. Mai 2026"}, {"[$-de-CH]dddd, d. mmmm yyyy", "46143", "Freitag, 1. Mai 2026"},
		{"[$-nb-NO]d. mmmm yyyy", "46143", "1. mai 2026"}, {"[$-da-DK]d. mmmm yyyy", "46143", "1. maj 2026"},
		{"[$-id-ID]d mmmm yyyy", "46143", "1 Mei 2026"}, {"[$-he-IL]d mmmm yyyy", "46143", "1 מאי 2026"},
		{"[$-ja-JP]mmmm", "46143", "5月"}, {"[$-ca-ES]d mmmm yyyy", "46143", "1 maig 2026"},
		{"[$-fr-FR]d mmmm yyyy", "46143", "1 mai 2026"}, {"[$-en-GB]d mmmm yyyy", "46143", "1 May 2026"},
		{"[$-lb-LU]dddd", "46143", "Freideg"}, {"[$-fi-FI]d mmmm", "46036", "14 tammikuu"}, {"[$-hu-HU]yyyy. mmmm d.", "46143", "2026. május 1."},
		{"[$-es-ES]d \"de\" mmmm", "46143", "1 de mayo"}, {"[$-DE-de]mmmm", "46143", "Mai"}, {"[$-pt-BR]mmmm", "46143", "maio"},
		{"[$-sr-Cyrl-RS]mmmm", "46143", "мај"}, {"[$-sr-Latn-RS]mmmm", "46143", "maj"}, {"[$-de]mmmm", "46143", "Mai"}, {"[$-de-AT]mmmm", "46036", "Jänner"},
		{"[$-de-DE]dd/mm/yyyy", "46143", "01.05.2026"}, {"[$-nl-BE]dd/mm/yyyy", "46143", "01/05/2026"}, {"[$-zz-ZZ]mmmm", "46143", "refused"}, {"[$-en-DE]d mmmm yyyy", "46143", "1 May 2026"}, {"[$-de-BE]mmmm", "46143", "Mai"}, {"[$-de-BE]mmmm", "46036", "refused"}, {"[$-fr-NC]dddd", "46143", "vendredi"}, {"[$-th-TH]d mmm", "46095", "14 มี.ค."},
	})
}

func TestWeekdaysAndHalvesOfTheDayInChineseAndJapanese(t *testing.T) {
	checkShows(t, "", []shows{
		{"[$-804]aaaa;@", "46143", "星期五"}, {"[$-411]aaaa", "46143", "金曜日"}, {"[$-804]aaa;@", "46143", "refused"},
		{"[$-804]上午/下午h\"时\"mm\"分\";@", "0.604166666666667", "下午2时30分"},
		{"[$-411]aaa", "46143", "金"}, {"[$-412]aaaa", "46143", "금요일"}, {"[$-412]aaa", "46143", "금"}, {"[$-404]aaaa", "46143", "星期五"}, {"[$-ja-JP]m/d(aaa)", "46143", "5/1(金)"},
		{"[$-404]上午/下午hh\"時\"mm\"分\"", "0.25", "上午06時00分"}, {"[$-411]午前/午後h\"時\"", "0.75", "午後6時"}, {"[$-412]오전/오후 h:mm", "0.75", "오후 6:00"}, {"上午/下午h:mm", "0.5", "下午12:00"},
		{"[$-804]AM/PM h:mm", "0.75", "下午 6:00"}, {"[$-411]h:mm AM/PM", "0.25", "6:00 午前"}, {"aaaa", "46143", "refused"}, {"[$-409]aaaa", "46143", "refused"}, {"[$-407]aaa", "46143", "refused"},
		{"дп/пп h:mm", "0.75", "refused"}, {"[$-411]aaaaa", "46143", "refused"}, {"上午/下午", "0.75", "下午"},
	})
}

func TestOtherCalendarsAndDigits(t *testing.T) {
	checkShows(t, "", []shows{
		{"[$-107041E]d mmmm yyyy;@", "46095", "14 มีนาคม 2569"}, {"[$-D07041E]d mmmm yyyy;@", "46095", "๑๔ มีนาคม ๒๕๖๙"}, {"[$-41E]d mmm bbbb", "46095", "14 มี.ค. 2569"},
		{"[$-1060401]dd/mm/yyyy", "46095", "refused"}, {"B2d/m/yyyy", "46095", "refused"}, {"[$-2000401]0", "45", "٤٥"},
		{"[$-107041E]d/m/yy", "46095", "14/3/69"}, {"bb", "46095", "69"}, {"B1d/m/yyyy", "46095", "14/3/2026"}, {"[$-170401]d", "46095", "refused"}, {"[$-1170401]d mmmm", "46095", "refused"},
		{"[$-8040D]d mmmm", "46095", "refused"}, {"[$-108040D]d mmmm", "46095", "refused"}, {"[$-1050412]yyyy", "46095", "4359"}, {"[$-1060401]h:mm", "0.75", "18:00"}, {"B2h:mm", "0.75", "18:00"},
		{"[$-4000439]0", "45", "४५"}, {"[$-D00041E]#,##0.0", "4500", "๔,๕๐๐.๐"}, {"[$-2000401]0.0", "4.5", "refused"}, {"[$-11000409]0", "45", "refused"}, {"[$-D00041E]General", "45", "๔๕"}, {"[$-D00041E]h:mm", "0.75", "๑๘:๐๐"},
		{"[$-411]ge.m.d", "46095", "R8.3.14"}, {"[$-411]ggge\"年\"m\"月\"d\"日\"", "43585", "平成31年4月30日"}, {"[$-411]ggge\"年\"", "43586", "令和1年"}, {"[$-ja-JP-x-gannen,80]ggge\"年\"", "43586", "令和元年"}, {"[$-ja-JP-x-gannen,80]ge", "43586", "R1"}, {"[$-ja-JP-x-gannen,80]ggge\"年\"", "44000", "令和2年"}, {"[$-ja-JP-x-gannen]gge", "43586", "refused"}, {"[$-404]e", "4385", "refused"}, {"[$-411]gge", "9855", "大15"}, {"[$-411]gge", "9856", "昭1"}, {"[$-411]gge", "32515", "昭64"}, {"[$-411]gge", "32516", "平1"}, {"[$-411]ee", "46095", "08"}, {"[$-404]e/m/d", "46095", "115/3/14"}, {"[$-404]ggge", "46095", "中華民國115"},
		{"[$-404]e", "4000", "refused"}, {"ggge", "46095", "refused"}, {"e", "46095", "refused"}, {"[$-409]ge", "46095", "refused"}, {"[$-1030411]yyyy", "46095", "refused"}, {"[$-804]e", "46095", "2026"},
	})
}

func TestChineseNumerals(t *testing.T) {
	checkShows(t, "", []shows{
		{"[DBNum1][$-804]General", "1234", "一千二百三十四"}, {"[DBNum2][$-804]General\"元整\"", "1234", "壹仟贰佰叁拾肆元整"}, {"[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\";@", "46143", "二〇二六年五月一日"},
		{"[DBNum1][$-804]General", "10", "一十"}, {"[DBNum1][$-804]General", "0", "〇"}, {"[DBNum1][$-804]General", "1004", "一千〇四"}, {"[DBNum1][$-804]General", "100010", "一十万〇一十"}, {"[DBNum1][$-804]General", "100001000", "一亿〇一千"}, {"[DBNum2][$-804]General", "20001000", "贰仟万壹仟"}, {"[DBNum1][$-804]General", "12345678901", "一百二十三亿四千五百六十七万八千九百〇一"},
		{"[DBNum2][$-404]General", "1234", "壹仟貳佰參拾肆"}, {"[DBNum1][$-zh-CN]General", "1234", "一千二百三十四"}, {"[DBNum1][$-804]0", "2026", "二〇二六"}, {"[DBNum3][$-411]0", "1234", "１２３４"}, {"[DBNum1][$-411]yyyy\"年\"m\"月\"d\"日\"", "46095", "二〇二六年三月十四日"}, {"[$-1E000804]m\"月\"", "46143", "五月"},
		{"[DBNum1][$-804]h\"时\"mm\"分\"", "0.0625", "一时三十分"}, {"[DBNum1][$-411]ggge\"年\"", "44000", "令和二年"},
		{"[DBNum1]General", "1234", "refused"}, {"[DBNum1][$-411]General", "1234", "refused"}, {"[DBNum1][$-409]0", "1234", "refused"}, {"[DBNum4][$-412]General", "1234", "refused"}, {"[DBNum1][$-412]General", "1234", "refused"}, {"[DBNum2][$-804]0.00", "12.5", "refused"}, {"[DBNum1][$-804]General", "12.5", "refused"}, {"[DBNum1][$-804]General", "-5", "refused"}, {"[DBNum1][$-804]General", "1000000000000", "refused"}, {"[DBNum2][$-804]d", "46095", "refused"}, {"[DBNum1]yyyy", "46095", "refused"}, {"[NatNum1][$-804]0", "1", "refused"},
	})
}

func TestCodesThatLeaveTheirLettersAreRefused(t *testing.T) {
	checkShows(t, "", []shows{
		{"TT.MM.JJJJ", "46095", "refused"}, {"jj/mm/aaaa", "46095", "refused"}, {"dd-mm-aa", "46095", "refused"}, {"d of mmmm", "46095", "refused"}, {"rrrr-mm-dd", "46095", "refused"}, {"0 kg", "7", "refused"}, {"0 yyyy", "46095", "refused"}, {"dd.mm.yyyy 00", "46095", "refused"}, {"[h] AM/PM", "1.5", "refused"}, {"[foo]dd", "46095", "refused"}, {"[d", "46095", "refused"}, {"mmmmmm", "46095", "March"}, {"yyyyy", "46095", "2026"}, {"hhh:mm", "0.5", "refused"},
		{"d;m;y;@;b", "46095", "refused"}, {"[$-409][$-407]mmmm", "46095", "refused"}, {"[>5]\"more\";[<=2]\"few\"", "3", "refused"}, {"yyyy" + strings.Repeat(" ", 300), "46095", "refused"},
		{"dd.mm.yyyy;;\"none\"", "0", "none"}, {"dd.mm.yyyy;\"before\"", "-3", "before"}, {"[=0]\"-\";dd.mm.yyyy", "46095", "14.03.2026"}, {"[<1]h:mm;dd.mm.yyyy", "0.5", "12:00"}, {"[<1]h:mm;dd.mm.yyyy", "46095", "14.03.2026"}, {"yyyy年m月d日", "46095", "2026年3月14日"}, {"0.00 zł", "5", "5.00 zł"}, {"0 kr", "5", "5 kr"},
	})
}

func TestDatesAsTextHaveTheirFormat(t *testing.T) {
	checkShows(t, ` t="d"`, []shows{
		{"dd.mm.yyyy", "2026-03-14", "14.03.2026"}, {"d mmmm yyyy", "2026-03-14T15:30:00", "14 March 2026"}, {"hh:mm", "2026-03-14T15:30:00", "15:30"}, {"h:mm", "15:30:00", "15:30"}, {"yyyy-mm-dd", "2026-03-14T00:00:00", "2026-03-14"},
		{"[$-407]d. mmmm yyyy", "2026-03-14", "14. März 2026"}, {"h:mm AM/PM", "2026-03-14T15:30:00.000", "3:30 PM"}, {"dd.mm.yyyy hh:mm", "2026-05-01T00:30:00+02:00", "01.05.2026 00:30"}, {"dd.mm.yyyy", "2026-05-01T23:30:00Z", "01.05.2026"}, {"yyyy", "1850-03-14", "1850"}, {"[h]:mm", "PT26H30M", "26:30"}, {"h:mm:ss", "PT1H2M3S", "1:02:03"}, {"[h]", "P1DT2H", "26"}, {"mm:ss.0", "00:01:02.5", "01:02.5"}, {"hh:mm", "15:30", "15:30"}, {"dddd", "2026-03-14", "Saturday"}, {"[$-107041E]yyyy", "2026-03-14", "2569"}, {"[$-F400]h:mm", "15:30:00", "15:30:00"}, {"[$-F800]d", "2026-03-14T15:30:00", "2026-03-14"},
		{"General", "2026-03-14", "2026-03-14"}, {"0.00", "2026-03-14", "2026-03-14"}, {"@", "15:30:00", "15:30:00"}, {"dd.mm.yyyy;@", "2026-03-14", "14.03.2026"}, {"B2d", "2026-03-14", "refused"}, {"dd.mm.yyyy", "14.03.2026", "refused"}, {"dd.mm.yyyy", "2026-02-30", "refused"}, {"h:mm", "25:00", "refused"}, {"h:mm", "PT", "refused"}, {"h:mm", "P", "refused"}, {"h:mm", "P1Y", "refused"}, {"h:mm", "-PT1H", "refused"},
	})
}

// TestDateSystemIsThatOfTheWorkbook has elements of another name space with the
// name of the one that counts.
func TestDateSystemIsThatOfTheWorkbook(t *testing.T) {
	const sheets = `<sheets><sheet name="Customers" sheetId="1" r:id="rId1"/></sheets>`
	const x15 = `xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"`
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const strict = `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`
	const since1904, since1900 = "14.03.2026", "13.03.2022"
	for _, c := range []struct{ name, book, want string }{
		{"an extension of 2013", `<workbook ` + main + ` xmlns:r="` + officeRelations + `"><workbookPr date1904="1"/>` + sheets + `<extLst><ext ` + x15 + `><x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>`, since1904},
		{"one of 2010", `<workbook ` + main + ` xmlns:r="` + officeRelations + `" xmlns:x14="urn:x14"><workbookPr date1904="true"/>` + sheets + `<extLst><ext><x14:workbookPr/></ext></extLst></workbook>`, since1904},
		{"an extension that says 1904", `<workbook ` + main + ` xmlns:r="` + officeRelations + `"><workbookPr/>` + sheets + `<extLst><ext ` + x15 + `><x15:workbookPr date1904="1"/></ext></extLst></workbook>`, since1900},
		{"one directly in the workbook", `<workbook ` + main + ` xmlns:r="` + officeRelations + `" ` + x15 + `><workbookPr date1904="1"/><x15:workbookPr date1904="0"/>` + sheets + `</workbook>`, since1904},
		{"a declaration on the element", `<workbook ` + main + ` xmlns:r="` + officeRelations + `"><workbookPr date1904="1"/><workbookPr xmlns="urn:other"/>` + sheets + `</workbook>`, since1904},
		{"a prefix for the main name space", `<x:workbook xmlns:x="urn:main" xmlns:r="` + officeRelations + `"><x:workbookPr date1904="1"/><x:sheets><x:sheet name="Customers" sheetId="1" r:id="rId1"/></x:sheets><x:extLst><x:ext ` + x15 + `><x15:workbookPr/></x:ext></x:extLst></x:workbook>`, since1904},
		{"two prefixes for one name space", `<workbook ` + main + ` xmlns:r="` + officeRelations + `" xmlns:m="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><m:workbookPr date1904="1"/>` + sheets + `</workbook>`, since1904},
		{"strict", `<workbook ` + strict + ` xmlns:r="` + officeRelations + `"><workbookPr date1904="1"/>` + sheets + `<extLst><ext ` + x15 + `><x15:workbookPr/></ext></extLst></workbook>`, since1904},
		{"a name space that is not declared", `<workbook ` + main + ` xmlns:r="` + officeRelations + `"><workbookPr date1904="1"/><y:workbookPr/>` + sheets + `</workbook>`, since1904},
		{"line breaks", "<workbook " + main + " xmlns:r=\"" + officeRelations + "\">\n <workbookPr date1904='on'/>\n" + sheets + "\n</workbook>", since1904},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workbook{formats: []string{"dd.mm.yyyy"}, parts: map[string]string{"xl/workbook.xml": c.book}, rows: texts(1, "name", "value") + cellsOf(2, num("B2", 1, "44633"))}
			r, err := sources.Open(writeFile(t, "x.xlsx", w.bytes(t)), sources.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := readAll(t, r)[0].Cells[1]; got != c.want {
				t.Errorf("shows %q, want %q", got, c.want)
			}
		})
	}
}
