package sources

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// tokens is what a format code has of dates.
type tokens struct {
	day, time bool // year, month or day; hour, minute or second
	named     bool // the name of a month or a day
	language  bool // in a said language
	system    bool // as the computer's settings say
}

// dateTokens looks for dates in the first section of a format code.
func dateTokens(code string) tokens {
	var t tokens
	code = strings.ToLower(splitSections(code)[0])
	months := 0
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			i += closing(code[i+1:], '"')
		case '\\', '_', '*':
			i++
		case '[':
			n := closing(code[i+1:], ']')
			t.bracket(strings.TrimSuffix(code[i+1:i+1+n], "]"))
			i += n
		case 'g':
			if strings.HasPrefix(code[i:], "general") {
				return tokens{}
			}
		case 'y', 'd':
			t.day = true
			t.named = t.named || strings.HasPrefix(code[i:], "ddd")
		case 'h', 's':
			t.time = true
		case 'm':
			months++
			t.named = t.named || strings.HasPrefix(code[i:], "mmm")
		}
	}
	if months > 0 && (!t.time || t.named) {
		t.day = true
	}
	return t
}

// bracket looks at what stands in brackets: a language, elapsed time.
func (t *tokens) bracket(s string) {
	switch {
	case strings.HasPrefix(s, "$-f800"), strings.HasPrefix(s, "$-x-sysdate"):
		t.system, t.day = true, true
	case strings.HasPrefix(s, "$-f400"), strings.HasPrefix(s, "$-x-systime"):
		t.system = true
	case strings.HasPrefix(s, "$"):
		_, language, _ := strings.Cut(s, "-")
		t.language = language != ""
	case s != "" && strings.Trim(s, s[:1]) == "" && strings.Contains("hms", s[:1]):
		t.time = true
	}
}

// checkLayout refuses a layout that would write the same for every date, as
// "dd.mm.yyyy" does.
func checkLayout(layout string) error {
	a, b := time.Date(2031, 11, 23, 0, 0, 0, 0, time.UTC), time.Date(1999, 4, 5, 0, 0, 0, 0, time.UTC)
	if layout == "" || a.Format(layout) != b.Format(layout) {
		return nil
	}
	return &FileError{Code: "ROW-DATES", Message: "rows.dates " + strconv.Quote(layout) + " has neither year, month nor day in it",
		Hint: `write how 2 January 2006 should look: "2 January 2006", "02.01.2006", "2006-01-02"`}
}

// dateWriter writes dates as cells show them. Formats with words and elapsed
// time are excelize's work, in a workbook of our own: nothing of the file that
// is read gets there but a format code and a number.
type dateWriter struct {
	layout   string
	date1904 bool
	file     *excelize.File
	cells    map[string]string // format code → cell that has it
	written  map[dated]string
}

// dated is a date in a format.
type dated struct {
	v    float64
	code string
}

// maxWritten is how many dates are remembered: sheets repeat theirs.
const maxWritten = 10_000

// slash returns a date format in which each / that stands for the language's
// date separator is that separator: [$-407]dd/mm/yyyy is 14.03.2026. Where no
// language is said it stays, and guessed is true: a computer may show another.
func slash(code string) (out string, guessed bool) {
	var b strings.Builder
	separator := separatorOf(code)
	for i := 0; i < len(code); {
		n := 1
		switch code[i] {
		case '"':
			n += closing(code[i+1:], '"')
		case '[':
			n += closing(code[i+1:], ']')
		case '\\', '_', '*':
			n += runeLen(code[i+1:])
		case 'a', 'A':
			n = max(n, halfDay(code[i:]))
		case '/':
			guessed = guessed || separator == ""
			if separator != "" {
				b.WriteString(`\` + separator)
				i++
				continue
			}
		}
		b.WriteString(code[i : i+n])
		i += n
	}
	return b.String(), guessed
}

// halfDay returns the length of an AM/PM or A/P at the start of s.
func halfDay(s string) int {
	for _, mark := range []string{"AM/PM", "A/P"} {
		if len(s) >= len(mark) && strings.EqualFold(s[:len(mark)], mark) {
			return len(mark)
		}
	}
	return 0
}

// separatorOf returns the date separator of the language that a format code
// names, "" if it names none.
func separatorOf(code string) string {
	_, rest, ok := strings.Cut(code, "[$")
	if !ok {
		return ""
	}
	tag, _, _ := strings.Cut(rest, "]")
	_, language, _ := strings.Cut(tag, "-")
	id, err := strconv.ParseUint(language, 16, 32)
	if err != nil {
		return ""
	}
	switch id & 0x3ff { // the language without its country
	case 0x02, 0x05, 0x07, 0x0b, 0x14, 0x15, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x22, 0x25, 0x26:
		return "." // Bulgarian, Czech, German, Finnish, Norwegian, Polish, Romanian, Russian, Croatian, Slovak, Turkish, Ukrainian, Estonian, Latvian
	case 0x06, 0x13, 0x1d, 0x27:
		return "-" // Danish, Dutch, Swedish, Lithuanian
	}
	return "/"
}

// moment returns the time that a serial number stands for, to the second; ok is
// false for numbers that no date has. Excel's 29 February 1900 is one of them,
// and its 0 January 1900, which a formula makes of an empty cell.
func (d *dateWriter) moment(v float64) (at time.Time, ok bool) {
	day := math.Floor(v)
	switch {
	case v < 0 || v >= 2958466 || math.IsNaN(v):
		return time.Time{}, false
	case !d.date1904 && (day == 0 || day == 60):
		return time.Time{}, false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case d.date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	seconds := math.Round((v - day) * 86400)
	return epoch.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second), true
}

// iso writes a date as ISO 8601, with its time if the format shows one.
func iso(at time.Time, f *cellFormat) string {
	if f.kind == asTime {
		return at.Format("15:04:05")
	}
	if f.clock {
		return at.Format("2006-01-02T15:04:05")
	}
	return at.Format(time.DateOnly)
}

// custom writes a date with the format code of its cell.
func (d *dateWriter) custom(v float64, code string) (s string, ok bool) {
	if s, ok = d.written[dated{v, code}]; ok {
		return s, true
	}
	if s, ok = d.write(v, code); ok && len(d.written) < maxWritten {
		d.written[dated{v, code}] = s
	}
	return s, ok
}

// write lets excelize write a date.
func (d *dateWriter) write(v float64, code string) (s string, ok bool) {
	defer func() {
		// The format code is a stranger's, and excelize's parser of it is not ours.
		if recover() != nil {
			s, ok = "", false
		}
	}()
	if d.file == nil {
		if !d.open() {
			return "", false
		}
	}
	cell, known := d.cells[code]
	if !known {
		style, err := d.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
		cell = Address(0, len(d.cells)+1)
		if err != nil || d.file.SetCellStyle("Sheet1", cell, cell, style) != nil {
			return "", false
		}
		d.cells[code] = cell
	}
	if err := d.file.SetCellDefault("Sheet1", cell, strconv.FormatFloat(v, 'f', -1, 64)); err != nil {
		return "", false
	}
	s, err := d.file.GetCellValue("Sheet1", cell)
	return strings.Trim(s, " "), err == nil
}

// open makes the workbook of our own.
func (d *dateWriter) open() bool {
	d.file, d.cells, d.written = excelize.NewFile(), map[string]string{}, map[dated]string{}
	return d.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &d.date1904}) == nil
}
