package workbook

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// editHead returns the part of the sheet before its rows, with our columns in the sheet's
// extent and in its list of widths.
func editHead(e *extension) []byte {
	h := head{extension: e}
	s := xmltoken.NewScanner(bytes.NewReader(e.layout.head))
	for {
		t, err := s.Next()
		if err != nil {
			break // the end; the survey has read these bytes without an error
		}
		h.piece(t, s.Depth())
	}
	h.viewHere()
	if h.end > 0 {
		return append(append(bytes.Clone(h.out[:h.end]), ownWidths(e, h.space)...), h.out[h.end:]...)
	}
	if own := ownWidths(e, e.layout.space); own != "" {
		h.out = append(h.out, "<"+e.layout.space+"cols>"+own+"</"+e.layout.space+"cols>"...)
	}
	return h.out
}

// head copies the beginning of a sheet, token by token.
type head struct {
	*extension
	out      []byte
	skipping bool   // within the element of a width that is left out
	from     int    // where in out the list of widths begins that is being copied
	kept     int    // how many widths of that list were copied
	end      int    // where in out the last list with widths ends; ours go there
	space    string // the prefix of that list's tags
	viewed   bool   // the sheet's first view was copied, or ours was written
}

// piece copies a token, or writes what replaces it.
func (h *head) piece(t *xmltoken.Token, depth int) {
	if depth == 2 && beginsAfterViews(t) {
		h.viewHere()
	}
	switch {
	case h.skipping:
		h.skipping = depth != 3 || !t.Ends("col")
		return
	case depth == 2 && t.Begins("dimension"):
		h.out = append(h.out, ooxml.WithValue(t, "ref", extent(ooxml.Value(t, "ref"), h.extension))...)
		return
	case depth == 2 && t.Is("cols"):
		h.widths(t)
		return
	case depth == 3 && t.Begins("sheetView") && !h.viewed:
		h.view(t)
		return
	case depth == 3 && t.Begins("col"):
		raw := clipWidth(t, h.layout.last)
		if raw == nil {
			h.skipping = t.Kind == xmltoken.Open
			return
		}
		h.kept++
		t.Raw = raw
	}
	h.out = append(h.out, t.Raw...)
}

// mostFrozen is how many rows may stay in sight above the others: with more, a small
// window would have no room for rows that scroll.
const mostFrozen = 10

// frozen is the element that keeps the rows down to the header in sight; empty where the
// sheet has such an element, or its header is far down.
func (h *head) frozen(space string) string {
	if h.layout.pane || h.HeaderRow > mostFrozen {
		return ""
	}
	return "<" + space + `pane ySplit="` + strconv.Itoa(h.HeaderRow) + `" topLeftCell="A` + strconv.Itoa(h.HeaderRow+1) +
		`" activePane="bottomLeft" state="frozen"/>`
}

// view copies the tag of the sheet's first view, with the header kept in sight. A view that
// is scrolled, or shows pages, stays as it is: rows above the header would be out of reach, and
// pages have no panes.
func (h *head) view(t *xmltoken.Token) {
	h.viewed = true
	pane := h.frozen(t.Prefix())
	switch {
	case pane == "" || ooxml.Value(t, "topLeftCell") != "" || ooxml.Value(t, "view") != "":
		h.out = append(h.out, t.Raw...)
	case t.Kind == xmltoken.Single:
		h.out = append(append(h.out, ooxml.Opened(t.Raw)+pane...), "</"+string(t.Tag())+">"...)
	default:
		h.out = append(append(h.out, t.Raw...), pane...)
	}
}

// viewHere writes a view for a sheet that has none.
func (h *head) viewHere() {
	if h.viewed {
		return
	}
	h.viewed = true
	space := h.layout.space
	if pane := h.frozen(space); pane != "" {
		h.out = append(h.out, "<"+space+`sheetViews><`+space+`sheetView workbookViewId="0">`+pane+"</"+space+"sheetView></"+space+"sheetViews>"...)
	}
}

// beginsAfterViews reports whether an element stands behind the views, by the order that
// CT_Worksheet prescribes.
func beginsAfterViews(t *xmltoken.Token) bool {
	return t.Begins("sheetFormatPr") || t.Begins("cols")
}

// widths copies the beginning or the end of a list of widths. A list whose widths were
// all left out goes too: the format does not allow an empty one.
func (h *head) widths(t *xmltoken.Token) {
	switch {
	case t.Kind == xmltoken.Open:
		h.from, h.kept = len(h.out), 0
		h.out = append(h.out, t.Raw...)
	case t.Kind == xmltoken.Close && h.kept == 0:
		h.out = h.out[:h.from]
	case t.Kind == xmltoken.Close:
		h.end = len(h.out)
		h.space = t.Prefix()
		h.out = append(h.out, t.Raw...)
	}
}

// extent returns the sheet's extent, such as "A1:F9", with our columns in it.
func extent(old string, e *extension) string {
	from, to, ok := strings.Cut(old, ":")
	if !ok {
		to = from
	}
	if from == "" {
		return old // a program works the extent out by itself
	}
	row := strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return from + ":" + ooxml.Letters(e.lastColumn()) + row
}

// clipWidth ends a width of the source before our columns, which have their own. It
// returns nil for one that lies wholly among them.
func clipWidth(col *xmltoken.Token, last int) []byte {
	if ooxml.Number(col, "min") > last {
		return nil
	}
	if ooxml.Number(col, "max") > last {
		return ooxml.WithValue(col, "max", strconv.Itoa(last))
	}
	return col.Raw
}

// ownWidths returns the widths of the columns that we add. A column of earlier results
// keeps the width that the customer gave it.
func ownWidths(e *extension, space string) string {
	var b strings.Builder
	for _, p := range e.places {
		if e.Columns[p.own].At > 0 {
			continue
		}
		n := strconv.Itoa(p.column)
		b.WriteString("<" + space + `col min="` + n + `" max="` + n + `" width="` +
			strconv.FormatFloat(e.Columns[p.own].Width, 'f', -1, 64) + `" customWidth="1"/>`)
	}
	return b.String()
}

// beforeFilter and beforeLinks name the elements that may stand between the rows and the
// filter, and between the filter and the links. The format prescribes an order (see
// CT_Worksheet in ECMA-376, part 1), and Excel repairs a sheet that breaks it.
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

// editTail returns the part of the sheet behind its rows, with a filter over all columns
// and with our links.
func editTail(e *extension, lastRow int) []byte {
	whole := append(bytes.Clone(e.layout.root), e.layout.tail...) // the root's declarations are in force
	s := xmltoken.NewScanner(bytes.NewReader(ooxml.Without(whole, e.layout.replaced.isLink)))
	t := tail{extension: e, s: s, filter: e.filter(lastRow)}
	if _, err := s.Next(); err != nil { // the root
		return e.layout.tail
	}
	for {
		piece, err := s.Next()
		if err != nil {
			break // the end; the survey has read these bytes without an error
		}
		t.piece(piece)
	}
	return t.out
}

// tail copies the end of a sheet, token by token.
type tail struct {
	*extension
	s        *xmltoken.Scanner
	out      []byte
	filter   string // our filter, until it is written
	linked   bool   // our links are written
	skipping bool   // within a list of links that ours replace
}

// piece copies a token, and writes before it whatever belongs there by the format's
// order.
func (t *tail) piece(piece *xmltoken.Token) {
	depth := t.s.Depth()
	if t.skipping {
		t.skipping = depth != 2 || !piece.Ends("hyperlinks")
		return
	}
	begins := depth == 2 && (piece.Kind == xmltoken.Open || piece.Kind == xmltoken.Single)
	end := depth == 1 && piece.Kind == xmltoken.Close
	if begins && !beforeFilter(string(piece.Name())) || end {
		t.out = append(t.out, t.filter...)
		t.filter = ""
	}
	if depth == 2 && piece.Is("hyperlinks") {
		t.list(piece)
		return
	}
	if begins && !beforeLinks(string(piece.Name())) || end {
		t.linksHere()
	}
	t.out = append(t.out, piece.Raw...)
}

// list copies the tags around the sheet's own links, and writes ours before the closing
// one. If no link of the sheet is kept, its list is dropped and ours get a new one.
func (t *tail) list(piece *xmltoken.Token) {
	switch {
	case t.layout.links == 0:
		t.linksHere()
		t.skipping = piece.Kind == xmltoken.Open
		return
	case piece.Kind == xmltoken.Close && !t.linked:
		t.out = append(t.out, t.linkElements(piece.Prefix())...)
		t.linked = true
	}
	t.out = append(t.out, piece.Raw...)
}

// linksHere writes a list of our links, unless the sheet has a list that they go into.
func (t *tail) linksHere() {
	if t.linked || t.layout.links > 0 {
		return
	}
	t.linked = true
	space := t.layout.space
	if links := t.linkElements(space); links != "" {
		t.out = append(t.out, "<"+space+"hyperlinks>"+links+"</"+space+"hyperlinks>"...)
	}
}

// filter returns a filter over the table. A filter of the customer stays as it is: the
// rows that it hides are marked as hidden one by one, and the workbook part repeats its
// extent. A sheet with a table has the table's filter, and two must not overlap.
func (e *extension) filter(lastRow int) string {
	if e.layout.tables > 0 || e.layout.filtered || lastRow <= e.HeaderRow {
		return ""
	}
	return "<" + e.layout.space + `autoFilter ref="` + ooxml.Letters(max(1, e.layout.first)) + strconv.Itoa(e.HeaderRow) + ":" +
		ooxml.Letters(e.lastColumn()) + strconv.Itoa(lastRow) + `"/>`
}

// linkElements returns one element per link. It declares the prefix for relations on each
// element when the sheet has not declared one.
func (t *tail) linkElements(space string) string {
	prefix, known := t.s.PrefixOf(ooxml.TransitionalRelations, ooxml.StrictRelations)
	declare := ""
	if !known {
		prefix, declare = "r:", ` xmlns:r="`+t.dialect()+`"`
	}
	var b strings.Builder
	for i, l := range t.chosen() {
		b.WriteString("<" + space + `hyperlink ref="` + l.address + `"` + declare + " " + prefix + `id="` + t.relation(i) + `"/>`)
	}
	return b.String()
}

// dialect is the name space of relations. Strict workbooks have another one than usual
// ones, and a program refuses a mix.
func (e *extension) dialect() string {
	if e.layout.strict {
		return ooxml.StrictRelations
	}
	return ooxml.TransitionalRelations
}
