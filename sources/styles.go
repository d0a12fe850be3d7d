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

// formats is how a workbook's cells show their values.
type formats struct {
	codes  map[int]string // number formats of the workbook by their number
	ids    []int          // number format of each cell format
	parsed []*cellFormat  // the same, as far as they were needed

	date1904 bool
	layout   string // rows.dates, for all dates
}

// cellFormat is what one cell format means.
type cellFormat struct {
	show     *numfmt.Format
	currency bool // which currency it shows depends on the computer
}

// loadFormats reads the cell formats of a workbook.
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
		return general()
	}
	if f.parsed[style] == nil {
		f.parsed[style] = f.parse(f.ids[style])
	}
	return f.parsed[style]
}

// parse finds out what a number format means.
func (f *formats) parse(id int) *cellFormat {
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
