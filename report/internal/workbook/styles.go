package workbook

import "github.com/reelmerge/reelmerge/internal/stylesheet"

// Fill is a coloured cell: two colours as "RRGGBB".
type Fill struct{ Background, Text string }

// styleIDs are the numbers of our formats in the workbook's list of formats. Number 0 is
// the plain format, which every workbook has.
type styleIDs struct {
	header, link, text, wrapped, amount int

	fills []int
}

// twoDecimals is the number of the format "#,##0.00". It changes what is shown; the cell
// keeps every digit.
const twoDecimals = 4

// dress adds our formats to the workbook's, and returns the part that replaces its
// styles. It returns nil for a workbook without styles, or with styles that cannot be
// extended: the results then come without colours, which is better than not at all.
func (e *extension) dress() ([]byte, error) {
	e.styles.fills = make([]int, len(e.Fills))
	if e.parts.styles == nil {
		return nil, nil
	}
	old, err := content(e.parts.styles)
	if err != nil {
		return nil, err
	}
	text, ids, err := extendStyles(old, e.Fills)
	if err != nil {
		return nil, nil //nolint:nilerr // see above: plain cells
	}
	e.styles = ids
	return text, nil
}

// extendStyles adds our formats to a stylesheet.
func extendStyles(old []byte, fills []Fill) (text []byte, ids styleIDs, err error) {
	sheet, err := stylesheet.Read(old)
	if err != nil {
		return nil, ids, err
	}
	// The formats in the order of [styleIDs]. 0563C1 is Excel's own colour of links. Cells
	// are aligned to the top, since a reason can take several lines.
	list := []stylesheet.Format{{Bold: true}, {Color: "0563C1", Underline: true, Top: true}, {Top: true}, {Top: true, Wrap: true}, {Top: true, Number: twoDecimals}}
	for _, c := range fills {
		list = append(list, stylesheet.Format{Color: c.Text, Fill: c.Background, Top: true})
	}
	numbers := make([]int, len(list))
	for i, format := range list {
		if numbers[i], err = sheet.Add(format); err != nil {
			return nil, ids, err
		}
	}
	ids = styleIDs{header: numbers[0], link: numbers[1], text: numbers[2], wrapped: numbers[3], amount: numbers[4], fills: numbers[5:]}
	return sheet.Bytes(), ids, nil
}
