package workbook

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// editHead returns what stands before the rows, with the extent of the sheet and
// the widths of our columns.
func editHead(e *extension) []byte {
	var out, widths []byte
	s := xmltoken.NewScanner(bytes.NewReader(e.layout.head))
	seen := false
	for {
		t, err := s.Next()
		if err != nil {
			break // the end: the survey has read it all before
		}
		switch {
		case t.Begins("dimension"):
			out = append(out, withValue(t, "ref", extent(value(t, "ref"), e))...)
			continue
		case t.Begins("cols") && t.Kind == xmltoken.Single:
			continue
		case t.Begins("col"):
			t.Raw = clipWidth(t, e.layout.last)
		case t.Ends("cols") && t.Kind == xmltoken.Close:
			out, seen = append(out, ownWidths(e)...), true
		}
		out = append(out, t.Raw...)
	}
	if own := ownWidths(e); !seen && len(own) > 0 {
		widths = append(widths, "<"+e.layout.space+"cols>"...)
		widths = append(widths, own...)
		widths = append(widths, "</"+e.layout.space+"cols>"...)
	}
	return append(out, widths...)
}

// extent adds our columns to the sheet's extent.
func extent(old string, e *extension) string {
	from, to, ok := strings.Cut(old, ":")
	if !ok {
		to = from
	}
	row := strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return from + ":" + letters(e.lastColumn()) + row
}

// clipWidth ends the widths of the source where our columns begin; nil is left
// of those that lie behind.
func clipWidth(col *xmltoken.Token, last int) []byte {
	if number(col, "min") > last {
		return nil
	}
	if number(col, "max") > last {
		return withValue(col, "max", strconv.Itoa(last))
	}
	return col.Raw
}

func ownWidths(e *extension) []byte {
	var b strings.Builder
	for _, p := range e.places {
		if e.Columns[p.own].At > 0 {
			continue
		}
		n := strconv.Itoa(p.column)
		b.WriteString("<" + e.layout.space + `col min="` + n + `" max="` + n + `" width="` +
			strconv.FormatFloat(e.Columns[p.own].Width, 'f', -1, 64) + `" customWidth="1"/>`)
	}
	return []byte(b.String())
}

// beforeFilter and beforeLinks list what may stand between the rows and a filter,
// and between the filter and the links: the format wants an order.
func beforeFilter(name string) bool {
	switch name {
	case "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios":
		return true
	}
	return false
}

func beforeLinks(name string) bool {
	switch name {
	case "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr",
		"conditionalFormatting", "dataValidations":
		return true
	}
	return beforeFilter(name)
}

// editTail returns what stands behind the rows, with a filter over all columns
// and the links.
func editTail(e *extension, lastRow int) []byte {
	t := tail{extension: e, out: nil, filter: e.filter(lastRow), links: e.linkElements()}
	s := xmltoken.NewScanner(bytes.NewReader(without(e.layout.tail, e.layout.replaced.isLink)))
	depth := 0
	for {
		piece, err := s.Next()
		if err != nil {
			break // the end: the survey has read it all before
		}
		if piece.Kind == xmltoken.Close {
			depth--
		}
		if depth <= 0 {
			t.top(piece)
		}
		if piece.Kind == xmltoken.Open {
			depth++
		}
		t.out = append(t.out, piece.Raw...)
	}
	return t.out
}

// tail is the end of a sheet on its way; what is left of filter and links has
// not been written yet.
type tail struct {
	*extension
	out           []byte
	filter, links string
}

// top looks at an element of the sheet itself.
func (t *tail) top(piece *xmltoken.Token) {
	isElement := piece.Kind == xmltoken.Open || piece.Kind == xmltoken.Single
	isEnd := piece.Kind == xmltoken.Close && piece.Is("worksheet")
	switch {
	case piece.Begins("autoFilter"):
		// The customer's filter stays as it is: what it hides is hidden in the
		// rows, and its extent has a second record elsewhere.
		t.filter = ""
	case isElement && !beforeFilter(string(piece.Name())) || isEnd:
		t.out, t.filter = append(t.out, t.filter...), ""
	}
	t.topLinks(piece, isElement && !beforeLinks(string(piece.Name())) || isEnd)
}

// topLinks puts our links where they belong, at the latest before what follows.
func (t *tail) topLinks(piece *xmltoken.Token, follows bool) {
	switch {
	case piece.Is("hyperlinks") && t.layout.links == 0: // all of them gave way: ours have an element of their own
		if piece.Raw = nil; piece.Kind != xmltoken.Close {
			t.linksHere()
		}
	case piece.Is("hyperlinks") && piece.Kind == xmltoken.Close:
		t.out, t.links = append(t.out, t.links...), ""
	case piece.Is("hyperlinks"):
	case follows:
		t.linksHere()
	}
}

// linksHere writes our links, if there are any, where the sheet has none.
func (t *tail) linksHere() {
	if space := t.layout.space; t.links != "" {
		t.out = append(t.out, "<"+space+"hyperlinks>"+t.links+"</"+space+"hyperlinks>"...)
	}
	t.links = ""
}

// filter returns a filter over the table. A sheet with a table in it has one
// already, and two must not overlap.
func (e *extension) filter(lastRow int) string {
	if bytes.Contains(e.layout.tail, []byte("tablePart ")) || lastRow <= e.HeaderRow {
		return ""
	}
	return "<" + e.layout.space + `autoFilter ref="` + letters(max(1, e.layout.first)) + strconv.Itoa(e.HeaderRow) + ":" +
		letters(e.lastColumn()) + strconv.Itoa(lastRow) + `"/>`
}

// linkElements returns one element per link.
func (e *extension) linkElements() string {
	space, declare := e.layout.linkSpace, ""
	if space == "" {
		space, declare = "r:", ` xmlns:r="`+transitionalLinks+`"`
		if e.layout.strict {
			declare = ` xmlns:r="` + strictLinks + `"`
		}
	}
	var b strings.Builder
	for i, l := range e.chosen() {
		b.WriteString("<" + e.layout.space + `hyperlink ref="` + l.address + `"` + declare + " " + space + `id="` + e.relation(i) + `"/>`)
	}
	return b.String()
}
