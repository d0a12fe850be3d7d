package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/stylesheet"
)

// Fill is a coloured cell: two colours as "RRGGBB".
type Fill struct{ Background, Text string }

// styleIDs are the numbers of our formats in the workbook's list; 0 is the plain
// one, and what a workbook without formats has.
type styleIDs struct {
	header, link, text int
	fills              []int
}

const stylesPart = "xl/styles.xml"

// dress adds our formats to the workbook's and returns the part that takes the
// place of its own; nil where the workbook has none, or one that cannot be added
// to: colours are not worth refusing the results for.
func (e *extension) dress() ([]byte, error) {
	e.styles.fills = make([]int, len(e.Fills))
	if e.parts.styles == nil || e.layout.strict {
		return nil, nil
	}
	old, err := content(e.parts.styles)
	if err != nil {
		return nil, err
	}
	text, ids, err := extendStyles(old, e.Fills)
	if err != nil || bytes.Equal(text, old) {
		return nil, nil //nolint:nilerr // see above: plain cells
	}
	e.styles = ids
	return text, nil
}

// extendStyles adds our formats to a stylesheet.
func extendStyles(old []byte, fills []Fill) (text []byte, ids styleIDs, err error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := stylesheet.Read(f, old); err != nil {
		return nil, ids, err
	}
	if ids, err = newStyles(f, fills); err != nil {
		return nil, ids, err
	}
	if err := f.Write(io.Discard); err != nil {
		return nil, ids, fmt.Errorf("write stylesheet: %w", err)
	}
	part, _ := f.Pkg.Load(stylesPart)
	text, ok := part.([]byte)
	if !ok {
		return nil, ids, errors.New("write stylesheet: it is missing")
	}
	return text, ids, nil
}

func newStyles(f *excelize.File, fills []Fill) (styleIDs, error) {
	var s styleIDs
	top := &excelize.Alignment{Vertical: "top"}
	list := []*excelize.Style{
		{Font: &excelize.Font{Bold: true}},
		{Font: &excelize.Font{Color: "0563C1", Underline: "single"}, Alignment: top},
		{Alignment: top},
	}
	for _, c := range fills {
		list = append(list, &excelize.Style{
			Font: &excelize.Font{Color: c.Text}, Alignment: top,
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{c.Background}},
		})
	}
	ids := make([]int, len(list))
	for i, style := range list {
		id, err := f.NewStyle(style)
		if err != nil {
			return s, err
		}
		ids[i] = id
	}
	s.header, s.link, s.text, s.fills = ids[0], ids[1], ids[2], ids[3:]
	return s, nil
}
