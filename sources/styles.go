package sources

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// maxStyles is Excel's own limit of cell formats.
const maxStyles = 65_430

// formats says how the cells of a workbook show their values.
type formats struct {
	codes  map[int]string // number formats of the workbook by their number
	ids    []int          // number format of each cell format
	parsed []*cellFormat  // parsed on first use: most workbooks have many unused formats

	date1904 bool
	layout   string // rows.dates, for all dates
}

// cellFormat is the meaning of one cell format.
type cellFormat struct {
	show     *numfmt.Format
	currency bool // which currency it shows depends on the computer
}

// loadFormats reads the cell formats of a workbook.
// A workbook without styles shows every cell as General.
func (w *book) loadFormats(layout string) (*formats, error) {
	f := &formats{codes: map[int]string{}, layout: layout, date1904: w.date1904}
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
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case x.Begins("styleSheet/numFmts/numFmt"):
			if id, err := strconv.Atoi(t.Value("numFmtId")); err == nil && len(f.codes) < maxStyles {
				f.codes[id] = t.Value("formatCode")
			}
		case x.Begins("styleSheet/cellXfs/xf"):
			// Programs show a cell as General if its format has no valid number.
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

// of returns the format of a cell. A style that is not in the table counts as General, as
// in spreadsheet programs.
func (f *formats) of(style int) *cellFormat {
	if style < 0 || style >= len(f.ids) {
		return general()
	}
	if f.parsed[style] == nil {
		f.parsed[style] = f.parse(f.ids[style])
	}
	return f.parsed[style]
}

// parse returns the meaning of a number format.
func (f *formats) parse(id int) *cellFormat {
	// The workbook's own codes come before the built-in ones: programs may redefine a
	// number.
	if code, own := f.codes[id]; own {
		return &cellFormat{show: numfmt.Parse(code)}
	}
	show, currency := numfmt.Builtin(id)
	if show == nil {
		return general()
	}
	return &cellFormat{show: show, currency: currency}
}

// general returns the format of cells that have none.
func general() *cellFormat { return &cellFormat{show: numfmt.Parse("")} }
