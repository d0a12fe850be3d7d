package sources

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

const (
	maxStyles     = 65_430 // Excel's own limit of cell formats
	maxFormatCode = 255    // and of the length of a format code
)

// formats is how a workbook's cells show their values.
type formats struct {
	codes  map[int]string // number formats of the workbook by their number
	ids    []int          // number format of each cell format
	parsed []*cellFormat  // the same, as far as they were needed
	dates  *dateWriter
}

// cellFormat is what one cell format means.
type cellFormat struct {
	code     string
	number   *numberFormat
	digits   []dateItem // of a date format that has no names
	kind     formatKind
	clock    bool // it shows a time
	elapsed  bool // it shows how much time has passed
	currency bool // which currency it shows depends on the computer
	slash    bool // its / stands for the date separator of no said language
	system   bool // how a date looks depends on the computer it is shown on
	named    bool // it has the name of a month or day, in no said language
}

// formatKind tells what a format makes of a number.
type formatKind int

const (
	asGeneral formatKind = iota
	asText
	asNumber
	asDate // with or without a time
	asTime
)

// loadFormats reads the cell formats of a workbook.
func (w *book) loadFormats(layout string) (*formats, error) {
	f := &formats{codes: map[int]string{}, dates: &dateWriter{layout: layout, date1904: w.date1904}}
	if w.styles == "" {
		return f, nil
	}
	b, err := w.load(w.styles)
	if err == nil {
		err = f.read(xmltoken.NewReader(bytes.NewReader(b)))
	}
	if err != nil {
		return nil, damaged(w.styles, err)
	}
	f.parsed = make([]*cellFormat, len(f.ids))
	return f, nil
}

// read takes number formats and cell formats from the styles part.
func (f *formats) read(x *xmltoken.Reader) error {
	inXfs := false
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case t.Begins("cellXfs"):
			inXfs = true
		case t.Ends("cellXfs"):
			inXfs = false
		case t.Begins("numFmt"):
			if id, err := strconv.Atoi(t.Value("numFmtId")); err == nil && len(f.codes) < maxStyles {
				f.codes[id] = t.Value("formatCode")
			}
		case inXfs && t.Begins("xf"):
			id, err := strconv.Atoi(t.Value("numFmtId"))
			if err != nil {
				id = 0
			}
			if f.ids = append(f.ids, id); len(f.ids) > maxStyles {
				return errors.New("it has too many cell formats")
			}
		}
	}
}

// of returns the meaning of a cell format.
func (f *formats) of(style int) *cellFormat {
	if style < 0 || style >= len(f.ids) {
		return &cellFormat{}
	}
	if f.parsed[style] == nil {
		f.parsed[style] = f.parse(f.ids[style])
	}
	return f.parsed[style]
}

// parse finds out what a number format means.
func (f *formats) parse(id int) *cellFormat {
	code, own := f.codes[id]
	if !own {
		code = builtin(id)
	}
	c := &cellFormat{code: code}
	switch {
	case code == "" || len(code) > maxFormatCode:
		return c
	case code == "@":
		c.kind = asText
		return c
	}
	c.number = parseFormat(code)
	c.kind = asNumber
	c.currency = !own && strings.Contains(code, `"$"`)
	if len(c.number.sections) == 1 && c.number.sections[0].general && len(c.number.sections[0].items) == 0 {
		c.kind = asGeneral
	}
	if d := dateTokens(code); d.time || d.day {
		c.date(d)
		c.system = d.system || !own && systemDate(id)
	}
	return c
}

// date makes a cell format one of dates.
func (c *cellFormat) date(d tokens) {
	c.kind = asTime
	if d.day {
		c.kind = asDate
	}
	c.code, c.slash = slash(c.code)
	c.clock, c.named = d.time, d.named && !d.language
	if items, ok := digitDate(c.code); ok {
		c.digits, c.elapsed = items, elapses(items)
	}
}

// systemDate reports whether a built-in format looks as the computer's
// settings say.
func systemDate(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58
}

// builtin returns the code of a number format that workbooks do not spell out.
func builtin(id int) string {
	codes := [...]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
		5: `"$"#,##0;("$"#,##0)`, 6: `"$"#,##0;("$"#,##0)`, 7: `"$"#,##0.00;("$"#,##0.00)`, 8: `"$"#,##0.00;("$"#,##0.00)`,
		9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
		18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd hh:mm",
		37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
		41: `#,##0;(#,##0);"-"`, 42: `"$"#,##0;"$"(#,##0);"$-"`, 43: `#,##0.00;(#,##0.00);"-"`, 44: `"$"#,##0.00;"$"(#,##0.00);"$-"`,
		45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@"}
	switch {
	case id >= 0 && id < len(codes) && codes[id] != "":
		return codes[id]
	case systemDate(id):
		return "yyyy-mm-dd"
	}
	return ""
}
