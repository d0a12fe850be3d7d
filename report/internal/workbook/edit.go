package workbook

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// editHead returns what stands before the rows, with the extent of the sheet and
// the widths of our columns.
func editHead(e *extension) []byte {
	h := head{extension: e}
	s := xmltoken.NewScanner(bytes.NewReader(e.layout.head))
	for {
		t, err := s.Next()
		if err != nil {
			break // the end: the survey has read it all before
		}
		h.piece(t, s.Depth())
	}
	if h.end > 0 {
		return append(append(bytes.Clone(h.out[:h.end]), ownWidths(e, h.space)...), h.out[h.end:]...)
	}
	if own := ownWidths(e, e.layout.space); own != "" {
		h.out = append(h.out, "<"+e.layout.space+"cols>"+own+"</"+e.layout.space+"cols>"...)
	}
	return h.out
}

// head is the beginning of a sheet on its way.
type head struct {
	*extension
	out      []byte
	skipping bool   // a width that is left out
	from     int    // of the list of widths that is being copied
	kept     int    // of its widths
	end      int    // of the last list that has any
	space    string // and its prefix
}

// piece copies a token, or what takes its place.
func (h *head) piece(t *xmltoken.Token, depth int) {
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

// widths begins or ends a list of widths. One that has none is left out: the format
// wants one at least.
func (h *head) widths(t *xmltoken.Token) {
	switch {
	case t.Kind == xmltoken.Open:
		h.from, h.kept = len(h.out), 0
		h.out = append(h.out, t.Raw...)
	case t.Kind == xmltoken.Close && h.kept == 0:
		h.out = h.out[:h.from]
	case t.Kind == xmltoken.Close:
		h.end, h.space = len(h.out), t.Prefix()
		h.out = append(h.out, t.Raw...)
	}
}

// extent adds our columns to the sheet's extent.
func extent(old string, e *extension) string {
	from, to, ok := strings.Cut(old, ":")
	if !ok {
		to = from
	}
	if from == "" {
		return old // it says nothing
	}
	row := strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return from + ":" + ooxml.Letters(e.lastColumn()) + row
}

// clipWidth ends the widths of the source where our columns begin; nil is left
// of those that lie behind.
func clipWidth(col *xmltoken.Token, last int) []byte {
	if ooxml.Number(col, "min") > last {
		return nil
	}
	if ooxml.Number(col, "max") > last {
		return ooxml.WithValue(col, "max", strconv.Itoa(last))
	}
	return col.Raw
}

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
	whole := append(bytes.Clone(e.layout.root), e.layout.tail...) // the root's declarations are in force
	s := xmltoken.NewScanner(bytes.NewReader(ooxml.Without(whole, e.layout.replaced.isLink)))
	t := tail{extension: e, s: s, filter: e.filter(lastRow)}
	if _, err := s.Next(); err != nil { // the root
		return e.layout.tail
	}
	for {
		piece, err := s.Next()
		if err != nil {
			break // the end: the survey has read it all before
		}
		t.piece(piece)
	}
	return t.out
}

// tail is the end of a sheet on its way.
type tail struct {
	*extension
	s        *xmltoken.Scanner
	out      []byte
	filter   string // what is left of it
	linked   bool   // the links are written
	skipping bool   // a list of links that gives way
}

// piece copies a token, and what belongs before it.
func (t *tail) piece(piece *xmltoken.Token) {
	depth := t.s.Depth()
	if t.skipping {
		t.skipping = depth != 2 || !piece.Ends("hyperlinks")
		return
	}
	begins := depth == 2 && (piece.Kind == xmltoken.Open || piece.Kind == xmltoken.Single)
	end := depth == 1 && piece.Kind == xmltoken.Close
	if begins && !beforeFilter(string(piece.Name())) || end {
		t.out, t.filter = append(t.out, t.filter...), ""
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

// list copies the tags around the sheet's own links. Where all of them gave way, ours
// have a list of their own.
func (t *tail) list(piece *xmltoken.Token) {
	switch {
	case t.layout.links == 0:
		t.linksHere()
		t.skipping = piece.Kind == xmltoken.Open
		return
	case piece.Kind == xmltoken.Close && !t.linked:
		t.out, t.linked = append(t.out, t.linkElements(piece.Prefix())...), true
	}
	t.out = append(t.out, piece.Raw...)
}

// linksHere writes our links, if there are any, where the sheet has none.
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

// filter returns a filter over the table. The customer's own filter stays as it is:
// what it hides is hidden in the rows, and its extent has a second record elsewhere. A
// sheet with a table in it has one already, and two must not overlap.
func (e *extension) filter(lastRow int) string {
	if e.layout.tables > 0 || e.layout.filtered || lastRow <= e.HeaderRow {
		return ""
	}
	return "<" + e.layout.space + `autoFilter ref="` + ooxml.Letters(max(1, e.layout.first)) + strconv.Itoa(e.HeaderRow) + ":" +
		ooxml.Letters(e.lastColumn()) + strconv.Itoa(lastRow) + `"/>`
}

// linkElements returns one element per link.
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

// dialect is the name space of relations in the sheet's dialect.
func (e *extension) dialect() string {
	if e.layout.strict {
		return ooxml.StrictRelations
	}
	return ooxml.TransitionalRelations
}
