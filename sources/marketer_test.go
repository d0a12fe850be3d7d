package sources_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/reelmerge/reelmerge/sources"
)

// in encodes a text as a program of another time would.
func in(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExportsReadAsTheyAreShown is about files as other programs export them, in
// the shapes that their users complain of.
func TestExportsReadAsTheyAreShown(t *testing.T) {
	const names = "name;city\nZoë;Köln\nAndré;Málaga\nJürgen;Düsseldorf\n"
	const shown = "name | city\n2: Zoë | Köln\n3: André | Málaga\n4: Jürgen | Düsseldorf\nnotice ROW-ENCODING-GUESSED: Zoë"
	for _, c := range []sheetCase{
		{name: "HubSpot", data: []byte("\"Record ID\",\"First Name\",\"Phone Number\",\"Contact owner\"\n\"51\",\"Brian\",\"\",\"\"\n\"101\",\"Maria\",\"+49 30 1234567\",\"Ana Núñez\"\n"),
			want: "Record ID | First Name | Phone Number | Contact owner\n2: 51 | Brian |  | \n3: 101 | Maria | +49 30 1234567 | Ana Núñez"},
		{name: "Salesforce with its notes below", data: []byte("\"Name\",\"Account\",\"Amount\"\n\"Ada\",\"Engines, Ltd.\",\"USD 1,200.00\"\n\"Bob\",\"Widgets \"\"R\"\" Us\",\"USD 7.00\"\n\n\n\"Opportunity Report\"\n\"Copyright (c) 2000-2026\"\n"),
			want: "Name | Account | Amount\n2: Ada | Engines, Ltd. | USD 1,200.00\n3: Bob | Widgets \"R\" Us | USD 7.00\n6: Opportunity Report |  | \n  row ROW-RAGGED\n7: Copyright (c) 2000-2026 |  | \n  row ROW-RAGGED\nnotice ROW-BLANK"},
		{name: "Mailchimp with quoted tags", data: []byte("\"Email Address\",TAGS,RATING\nada@example.com,\"\"\"VIP\"\",\"\"Spring 2026\"\"\",2\nbob@example.com,,2\n"),
			want: "Email Address | TAGS | RATING\n2: ada@example.com | \"VIP\",\"Spring 2026\" | 2\n3: bob@example.com |  | 2"},
		{name: "LinkedIn with its notes above", data: []byte("Notes:\n\"When exporting your data, some are missing, see https://example.com\"\n\nFirst Name,Last Name,Company\nAda,Lovelace,Engines\nBob,Ray,Acme\n"),
			want: "First Name | Last Name | Company\n5: Ada | Lovelace | Engines\n6: Bob | Ray | Acme\nnotice ROW-HEADER-FOUND: First Name | Last Name | Company"},
		{name: "a totals row", data: []byte("Name,Amount\nAda,10\nTotal,Inc\nGrand Total:,30\nTotal Gym Ltd,1\n ИТОГО ,1\n合计,1\n总计,1\n"),
			want: "Name | Amount\n2: Ada | 10\n3: Total | Inc\n  row (ROW-TOTALS)\n4: Grand Total: | 30\n  row (ROW-TOTALS)\n5: Total Gym Ltd | 1\n6:  ИТОГО  | 1\n  row (ROW-TOTALS)\n7: 合计 | 1\n  row (ROW-TOTALS)\n8: 总计 | 1\n  row (ROW-TOTALS)"},
		{name: "two exports put together", data: []byte("First  Name,City,\nAda,Riga,\nFirst Name,City,\nBob,Oslo,\nFirst Name,x,\n"),
			want: "First Name | City\n2: Ada | Riga\n3: First Name | City\n  row ROW-HEADER-AGAIN\n4: Bob | Oslo\n5: First Name | x"},
		{name: "notes with FileMaker's line breaks", data: []byte("name,note\nAda,one\vtwo\vthree\nBob,a\vb\vc\vd\n"), want: "name | note\n2: Ada | one\\vtwo\\vthree\n3: Bob | a\\vb\\vc\\vd"},
		{name: "a pivot with two header rows", data: []byte(",2025,2025,2026\n,Q3,Q4,Q1\nRegion,Sum,Sum,Sum\nNorth,1,2,3\n"), want: "error ROW-EMPTY-HEADER A1\nerror ROW-DUPLICATE-HEADER C1"},
		{name: "texts that Excel is told to keep", data: []byte("name,id,note\nAda,=\"0012345678901234\",\"=\"\"say \"\"\"\"hi\"\"\"\"\"\"\"\nBob,=\"\",=A1&\"x\"\n"),
			want: "name | id | note\n2: Ada | 0012345678901234 | say \"hi\"\n3: Bob |  | =A1&\"x\""},
		{name: "an apostrophe typed to keep zeros", data: []byte("name,zip\nAda,'07501\nBob,’tis\n"), want: "name | zip\n2: Ada | '07501\n3: Bob | ’tis"},
		{name: "letters damaged before", data: []byte("name,city\nZoÃ«,KÃ¶ln\nJOÃO,SÃO PAULO\nItâ€™s,Ã\n"),
			want: "name | city\n2: ZoÃ« | KÃ¶ln\n  A2 (ROW-ENCODING)\n  B2 (ROW-ENCODING)\n3: JOÃO | SÃO PAULO\n4: Itâ€™s | Ã\n  A4 (ROW-ENCODING)"},
		{name: "names with what cannot be seen", data: []byte("First\u200bName,La\u00adst\u00a0Name,\u200eCity\u200f,\"E\nMail\"\nAda,Lovelace,Riga,x\n"),
			want: "FirstName | Last Name | City | E Mail\n2: Ada | Lovelace | Riga | x"},
		{name: "the same name but for what cannot be seen", data: []byte("Name,Na\u200bme\nAda,x\n"), want: "error ROW-DUPLICATE-HEADER B1"},
		{name: "emoji in the header", data: []byte("👤 Name,👩‍👧 Family\nAda 🎉,x\n"), want: "👤 Name | 👩\\u200d👧 Family\n2: Ada 🎉 | x"},
		{name: "right to left", data: []byte("الاسم,المدينة\nليلى,القاهرة\nשרה,תל אביב\n"), want: "الاسم | المدينة\n2: ليلى | القاهرة\n3: שרה | תל אביב"},
		{name: "JSON Lines named .csv", data: []byte("{\"name\":\"Ada\"}\n{\"name\":\"Bob\"}\n"), want: "name\n1: Ada\n2: Bob"},
		{name: "Excel's CSV (Macintosh)", data: in(t, charmap.Macintosh, strings.ReplaceAll(names, "\n", "\r")), want: shown},
		{name: "Mac Roman with other line ends", data: in(t, charmap.Macintosh, names), want: shown},
		{name: "Excel's CSV (MS-DOS)", data: in(t, charmap.CodePage850, strings.ReplaceAll(names, "\n", "\r\n")), want: shown},
		{name: "MS-DOS, named", data: in(t, charmap.CodePage437, "name\nZoë\n"), options: sources.Options{Encoding: "cp437"}, want: "name\n2: Zoë"},
		{name: "Windows with its quotes and dashes", data: in(t, charmap.Windows1252, "name;note\nO’Neil;“Zoë”\nŽofie;Köln–Riga\n"),
			want: "name | note\n2: O’Neil | “Zoë”\n3: Žofie | Köln–Riga\nnotice ROW-ENCODING-GUESSED: O’Neil"},
		{name: "Windows with its marks behind words", data: in(t, charmap.Windows1252, "name;size\nACME®;5 m³\nBOSCH™;90m²\n"), want: "name | size\n2: ACME® | 5 m³\n3: BOSCH™ | 90m²\nnotice ROW-ENCODING-GUESSED: ACME®"},
		{name: "Russian without a word on its encoding", data: in(t, charmap.Windows1251, "имя;город\nАнна;Москва\n"), want: "имя | город\n2: Анна | Москва\nnotice ROW-ENCODING-GUESSED: имя"},
		{name: "Chinese without a word on its encoding", data: in(t, simplifiedchinese.GBK, "姓名,城市\n李雷,北京\n"), want: "姓名 | 城市\n2: 李雷 | 北京\nnotice ROW-ENCODING-GUESSED: 姓名"},
		{name: "Chinese, named", data: in(t, simplifiedchinese.GBK, "姓名,城市\n李雷,北京\n"), options: sources.Options{Encoding: "gbk"}, want: "姓名 | 城市\n2: 李雷 | 北京"},
		{name: "UTF-16LE without a mark, Chinese", data: utf16Of(binary.LittleEndian, "姓名,城市\n李雷,北京\n𠮷野,大阪\n"), want: "姓名 | 城市\n2: 李雷 | 北京\n3: 𠮷野 | 大阪\nnotice ROW-ENCODING-GUESSED: 姓名"},
		{name: "UTF-16BE without a mark, Chinese", data: utf16Of(binary.BigEndian, "姓名,城市\n李雷,北京\n"), want: "姓名 | 城市\n2: 李雷 | 北京\nnotice ROW-ENCODING-GUESSED: 姓名"},
		{name: "UTF-32", data: []byte("\xff\xfe\x00\x00n\x00\x00\x00\n\x00\x00\x00\xeb\x00\x00\x00"), want: "n\n2: ë"},
		{name: "EBCDIC", data: in(t, charmap.CodePage037, "Name,City\nAda Lovelace,Riga\n"), want: "error ROW-FORMAT"},
		{name: "bytes of no text", data: []byte("\x8f\x03\x91,\x00\x07\xff|\x1b\x05x\n\x02\x9c,\xfe\x06|\x01"), want: "error ROW-FORMAT"},
		{name: "a picture named .csv", data: []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), want: "error ROW-FORMAT"},
		{name: "an archive named .csv", data: []byte("7z\xbc\xaf\x27\x1c\x00\x04"), want: "error ROW-FORMAT"},
		{name: "a database named .csv", data: []byte("SQLite format 3\x00\x10\x00"), want: "error ROW-FORMAT"},
		{name: "an address book named .csv", data: []byte("BEGIN:VCARD\nVERSION:3.0\n"), want: "error ROW-FORMAT"},
		{name: "a text document named .csv", data: []byte(`{\rtf1\ansi name}`), want: "error ROW-FORMAT"},
		{name: "SYLK named .csv", data: []byte("ID;PCALCOOO32\nC;X1;Y1;K\"Name\"\n"), want: "error ROW-FORMAT"},
		{name: "a column ID that is no SYLK", data: []byte("ID;Price\n1;2\n"), want: "ID | Price\n2: 1 | 2"},
		{name: "DIF named .csv", data: []byte("TABLE\n0,1\n\"h\"\n"), want: "error ROW-FORMAT"},
		{name: "an XML workbook named .xls", file: "x.xls", data: []byte("<?xml version=\"1.0\"?>\n<Workbook/>"), want: "error ROW-FORMAT"},
		{name: "a web archive named .xls", file: "x.xls", data: []byte("MIME-Version: 1.0\nX-Document-Type: Workbook\n"), want: "error ROW-FORMAT"},
	} {
		if c.file == "" {
			c.file = "export.csv"
		}
		t.Run(c.name, c.run)
	}
}

// TestWorkbooksOfMarketersReadAsTheyAreShown is about what people do in a
// spreadsheet program. The texts are those that LibreOffice and Excel show.
func TestWorkbooksOfMarketersReadAsTheyAreShown(t *testing.T) {
	head := texts(1, "name", "value")
	cell := func(row int, format int, value string) string {
		return cellsOf(row, num("B"+string(rune('0'+row)), format, value))
	}
	for _, c := range []struct {
		name string
		book workbook
		want string
	}{
		{"fractions", workbook{ids: []int{12, 13}, formats: []string{`#\ ?/8`, `0 "cups and" ?/4 "more"`}, rows: head + cell(2, 3, "0.5") + cell(3, 3, "1.3333333") + cell(4, 4, "2.375") + cell(5, 3, "2.99") + cell(6, 3, "-0.25") + cell(7, 1, "1.5") + cell(8, 3, "0") + cell(9, 2, "1.5")},
			"name | value\n2:  | 1/2\n3:  | 1 1/3\n4:  | 2 3/8\n5:  | 3\n6:  | -1/4\n7:  | 1 4/8\n8:  | 0\n9:  | 1.5\n  B9 (ROW-NUMBER-FORMAT)"},
		{"time that has passed", workbook{ids: []int{46}, formats: []string{"[mm]:ss", `[h]" hours"`, "[h]:mm", "[ss]"}, rows: head + cell(2, 5, "1.5") + cell(3, 1, "0.0034722222") + cell(4, 2, "2.5") + cell(5, 3, "1.0520833333") + cell(6, 4, "0.001")},
			"name | value\n2:  | 36:00:00\n3:  | 05:00\n4:  | 60 hours\n5:  | 25:15\n6:  | 86"},
		{"negative amounts in brackets", workbook{formats: []string{`"$"#,##0.00_);[Red]\("$"#,##0.00\)`}, ids: []int{37, 39}, rows: head + cell(2, 1, "-1234.5") + cell(3, 2, "-1234.5") + cell(4, 3, "-1234.5")},
			"name | value\n2:  | ($1,234.50)\n3:  | (1,235)\n4:  | (1,234.50)\nnotice ROW-NUMBER-ENGLISH: ($1,234.50)"},
		{"the currency of the computer", workbook{ids: []int{44, 7}, rows: head + cell(2, 1, "-5") + cell(3, 2, "-5") + cell(4, 1, "0")},
			"name | value\n2:  | $(5.00)\n3:  | ($5.00)\n4:  | $-\nnotice ROW-CURRENCY: $(5.00)\nnotice ROW-NUMBER-ENGLISH: $(5.00)"},
		{"the currency of Germany under a built-in number", workbook{parts: map[string]string{"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="44" formatCode="_-* #,##0.00\ &quot;€&quot;_-;\-* #,##0.00\ &quot;€&quot;_-"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="44"/></cellXfs></styleSheet>`}, rows: head + cell(2, 1, "-5")},
			"name | value\n2:  | -5.00 €\nnotice ROW-NUMBER-ENGLISH: -5.00 €"},
		{"an aspect ratio that became a time", workbook{ids: []int{20}, rows: head + cell(2, 1, "0.6729166666666667") + cell(3, 1, "0.38611111111111113")}, "name | value\n2:  | 16:09\n3:  | 9:16"},
		{"a title over merged cells and a totals row", workbook{rows: texts(1, "Spring campaign") + texts(3, "Name", "City") + texts(4, "Ada", "Riga") + texts(5, "Bob", "Oslo") + texts(6, "Summe", "2"), after: `<mergeCells><mergeCell ref="A1:B1"/></mergeCells>`},
			"Name | City\n4: Ada | Riga\n5: Bob | Oslo\n6: Summe | 2\n  row (ROW-TOTALS)\nnotice ROW-HEADER-FOUND: Name | City"},
		{"a format down to the last column", workbook{before: `<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384" style="1"/></cols>`, rows: head + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>Ada</t></is></c><c r="XFD2" s="1"/>`)},
			"name | value\n2: Ada | "},
		{"a shared formula whose last result is missing", workbook{rows: head + cellsOf(2, `<c r="B2"><f t="shared" ref="B2:B3" si="0">A1+1</f><v>1</v></c>`) + cellsOf(3, `<c r="B3"><f t="shared" si="0"/></c>`)},
			"name | value\n2:  | 1\n3:  | \n  B3 ROW-NO-RESULT"},
		{"Strict Open XML", workbook{parts: map[string]string{
			"_rels/.rels": `<Relationships><Relationship Id="rId1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
			rows: head + cellsOf(2, `<c r="B2" t="d"><v>2026-03-14</v></c>`)}, "name | value\n2:  | 2026-03-14\nnotice ROW-DATE-ISO: 2026-03-14"},
		{"a workbook with macros", workbook{parts: map[string]string{"xl/vbaProject.bin": "x"}, rows: head + texts(2, "Ada", "x")}, "name | value\n2: Ada | x"},
		{"line breaks and invisible marks in the header", workbook{rows: texts(1, "First&#10;Name", "La&#xad;st&#xa0; Name") + texts(2, "Ada", "x")}, "First Name | Last Name\n2: Ada | x"},
		{"letters damaged before", workbook{rows: head + texts(2, "ZoÃ«", "Itâ€™s")}, "name | value\n2: ZoÃ« | Itâ€™s\n  A2 (ROW-ENCODING)\n  B2 (ROW-ENCODING)"},
		{"dates in other languages", workbook{formats: []string{"[$-40C]dddd d mmmm yyyy", `[$-C0A]d "de" mmmm "de" yyyy`, `[$-411]yyyy"年"m"月"d"日"`}, rows: head + cell(2, 1, "46095") + cell(3, 2, "46095") + cell(4, 3, "46095")},
			"name | value\n2:  | samedi 14 mars 2026\n3:  | 14 de marzo de 2026\n4:  | 2026年3月14日"},
		{"amounts in other currencies", workbook{formats: []string{"[$£-809]#,##0.00", `#,##0.00\ [$kr-41D]`, `[$R$-416]\ #,##0.00`, "[$CHF] #,##0.00"}, rows: head + cell(2, 1, "1234.5") + cell(3, 2, "1234.5") + cell(4, 3, "1234.5") + cell(5, 4, "1234.5")},
			"name | value\n2:  | £1,234.50\n3:  | 1,234.50 kr\n4:  | R$ 1,234.50\n5:  | CHF 1,234.50\nnotice ROW-NUMBER-ENGLISH: £1,234.50"},
		{"a grade and a size by conditions", workbook{formats: []string{`[Green][>=90]"great";[Red]"poor"`, `[>=1000000]0.0,,"M";[>=1000]0.0,"K";0`}, rows: head + cell(2, 1, "95") + cell(3, 1, "50") + cell(4, 2, "1500000") + cell(5, 2, "1500") + cell(6, 2, "15")},
			"name | value\n2:  | great\n3:  | poor\n4:  | 1.5M\n5:  | 1.5K\n6:  | 15\nnotice ROW-NUMBER-ENGLISH: 1.5M"},
		{"Numbers of a Mac", workbook{parts: map[string]string{"Index/Document.iwa": "x", "xl/workbook.xml": ""}}, "error ROW-FORMAT"},
		{"a web page in a zip archive, as Google exports", workbook{parts: map[string]string{"_rels/.rels": "", "xl/workbook.xml": "", "Sheet1.html": "<html/>"}}, "error ROW-FORMAT"},
	} {
		t.Run(c.name, sheetCase{file: "customers.xlsx", data: c.book.bytes(t), want: c.want}.run)
	}
}
