// Package stylesheet makes the list of formats of a stranger's workbook one that
// excelize can add to.
//
// The format lets every list of a stylesheet be left out, and some programs leave
// all of them out. Excelize takes them for granted: it panics where one is missing,
// and gives a wrong number where one says another length than it has.
package stylesheet

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Read makes a part the stylesheet of a file, and completes it.
func Read(f *excelize.File, part []byte) error {
	f.Styles = blank(f.Styles)
	d := xml.NewDecoder(bytes.NewReader(part))
	d.CharsetReader = f.CharsetReader
	if err := d.Decode(f.Styles); err != nil {
		return fmt.Errorf("read stylesheet: %w", err)
	}
	return Complete(f)
}

// blank is a new value of a type that has no name here.
func blank[T any](*T) *T { return new(T) }

// Complete gives each list of a file's stylesheet that is missing or empty its first
// entry, which is what plain cells have, and sets the lengths right.
func Complete(f *excelize.File) error {
	s := f.Styles
	for _, list := range []struct {
		missing bool
		text    string
	}{
		{s.Fonts == nil || len(s.Fonts.Font) == 0, `<fonts><font><sz val="11"/><name val="Calibri"/></font></fonts>`},
		{s.Fills == nil || len(s.Fills.Fill) == 0, `<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>`},
		{s.Borders == nil || len(s.Borders.Border) == 0, `<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>`},
		{s.CellStyleXfs == nil || len(s.CellStyleXfs.Xf) == 0, `<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`},
		{s.CellXfs == nil || len(s.CellXfs.Xf) == 0, `<cellXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>`},
	} {
		if !list.missing {
			continue
		}
		whole := `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + list.text + `</styleSheet>`
		if err := xml.Unmarshal([]byte(whole), s); err != nil {
			return fmt.Errorf("complete stylesheet: %w", err)
		}
	}
	s.Fonts.Count, s.Fills.Count, s.Borders.Count = len(s.Fonts.Font), len(s.Fills.Fill), len(s.Borders.Border)
	s.CellStyleXfs.Count, s.CellXfs.Count = len(s.CellStyleXfs.Xf), len(s.CellXfs.Xf)
	return nil
}
