package sources

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// earlierReader reads numbers and dates as the first version of this program did, which had
// excelize write most formats of dates, and did not notice when it failed.
//
// A row without a key of its own is known by its values. Read better than before, it would
// be another row, and be paid for again. So [Row.Earlier] has what the first version read.
// This file repeats its mistakes as far as sheets of people have them; docs/faults.md names
// those that it does not repeat. Everything here only finds a row again: no text of it is
// ever shown or sent.
type earlierReader struct {
	plain    bool // it lost all formats: white space stood in front of the first one
	date1904 bool // it took this from any element of the name, those of extensions included
	file     *excelize.File
	cells    map[string]string // format code → cell that has it
}

// earlierReader returns the reader of what the first version read, where it is asked for.
func (w *book) earlierReader(o Options) *earlierReader {
	if !o.Earlier {
		return nil
	}
	e := &earlierReader{}
	// Both parts were read before, so an error would have been told.
	main, _ := w.load(w.main)
	for _, properties := range anyProperties.FindAll(main, -1) {
		e.date1904 = isDate1904.Match(properties)
	}
	if w.styles != "" {
		styles, _ := w.load(w.styles)
		e.plain = spaceBeforeFormats.Match(styles)
	}
	return e
}

var (
	anyProperties      = regexp.MustCompile(`<(?:\w+:)?workbookPr\b[^>]*>`)
	isDate1904         = regexp.MustCompile(`\bdate1904\s*=\s*["'](?:1|true|on)["']`)
	spaceBeforeFormats = regexp.MustCompile(`<(?:\w+:)?cellXfs[^>]*>\s`)
)

// cell returns what the first version read in a cell that shows a text now.
func (e *earlierReader) cell(s *worksheet, c *rawCell, now string) string {
	raw := strings.TrimSpace(string(c.value))
	// It left a date that is stored as one as it stands, without looking at the format.
	if c.kind == 'd' && s.formats.layout == "" {
		return raw
	}
	v, err := strconv.ParseFloat(raw, 64)
	if c.kind != 'n' || err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return now
	}
	return e.number(s.formats.of(c.style), s.formats.layout, v, now)
}

// maxEarlierFormats bounds what a forged workbook can make the earlier reading keep.
const maxEarlierFormats = 1000

// number returns what the first version read in a cell whose number is shown as now.
func (e *earlierReader) number(f *cellFormat, layout string, v float64, now string) string {
	code := f.show.Code()
	shown, _ := f.show.Number(v, e.date1904) // a refusal leaves what is known of the format
	switch isDate := shown.Kind == numfmt.Date || shown.Kind == numfmt.Time; {
	case e.plain:
		return numfmt.Plain(v)
	case isDate:
		return e.date(f, layout, v, shown)
	case otherDigits.MatchString(code):
		shown, _ = numfmt.Parse(otherDigits.ReplaceAllString(code, "")).Number(v, e.date1904)
		return shown.Text
	}
	return now
}

// date does the work of number for a format of dates or times.
func (e *earlierReader) date(f *cellFormat, layout string, v float64, shown numfmt.Shown) string {
	code := f.show.Code()
	letters := formatMarks.ReplaceAllString(code, "")
	switch isTime := shown.Kind == numfmt.Time; {
	// It knew these letters alone for dates, and showed others as they stand.
	case !strings.ContainsAny(strings.ToLower(letters), "ymdhs0"):
		return letters
	case layout != "" && !isTime && !shown.At.IsZero():
		return shown.At.Format(layout)
	// No day has these numbers, so the time was lost as well.
	case shown.System && isTime && v < 1 && !e.date1904:
		return "00:00:00"
	case shown.System || digitsAlone.MatchString(code):
		return shown.Text
	case !shown.Clock:
		v = math.Floor(v)
	}
	return e.write(withSeparator(code, f.show.Separator()), v)
}

var (
	// digitsAlone are the formats of dates that the first version wrote by itself.
	digitsAlone = regexp.MustCompile(`(?i)^(y{2}|y{4}|m{1,2}|d{1,2}|h+|s+|\[(h{1,2}|m{1,2}|s{1,2})\]|[ \-/:,.]|"[^"]*"|\\.)+(;|$)`)
	// otherDigits ask for the digits of another script, which it did not know.
	otherDigits = regexp.MustCompile(`(?i)\[DBNum\d\]|\[\$-[0-9a-f]{7,8}\]`)
	// formatMarks are what a format code has besides letters that are shown or mean something.
	formatMarks = regexp.MustCompile(`;.*|\[[^\]]{3,}\]|"|\\`)
	dateSlash   = regexp.MustCompile(`(?i)"[^"]*"|\[[^\]]*\]|\\.|AM/PM|A/P|/`)
)

// withSeparator puts a language's date separator in the place of each / of a format.
func withSeparator(code, separator string) string {
	if separator == "" || separator == "/" {
		return code
	}
	return dateSlash.ReplaceAllStringFunc(code, func(s string) string {
		if s == "/" {
			return `\` + separator
		}
		return s
	})
}

// write lets excelize write a date, in a workbook of our own.
func (e *earlierReader) write(code string, v float64) (text string) {
	plain := numfmt.Plain(v)
	defer func() {
		// The format code is a stranger's, and excelize's parser of it is not ours.
		if recover() != nil {
			text = plain
		}
	}()
	if e.file == nil {
		e.file = excelize.NewFile()
		e.cells = map[string]string{}
		_ = e.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &e.date1904}) // it fails for damaged files alone
	}
	cell, known := e.cells[code]
	if !known && len(e.cells) < maxEarlierFormats {
		style, err := e.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if cell = Address(0, len(e.cells)+1); err != nil || e.file.SetCellStyle("Sheet1", cell, cell, style) != nil {
			return plain
		}
		e.cells[code] = cell
	}
	if err := e.file.SetCellDefault("Sheet1", cell, strconv.FormatFloat(v, 'f', -1, 64)); err != nil {
		return plain
	}
	text, _ = e.file.GetCellValue("Sheet1", cell)
	return strings.Trim(text, " ")
}

// earlierText returns what the first version read in a cell of a text file. It took a code
// page for Windows-1252, whatever the words.
func (c charset) earlierText(now string) string {
	if c.enc == nil || c.enc == charmap.Windows1252 || strings.HasPrefix(c.name, "utf-") {
		return now
	}
	raw, err := c.enc.NewEncoder().String(now)
	if err != nil {
		return now
	}
	text, err := charmap.Windows1252.NewDecoder().String(raw)
	if err != nil {
		return now
	}
	return text
}
