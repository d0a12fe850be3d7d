package workbook

import (
	"archive/zip"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// replaced is what a sheet has in the columns whose cells give way to ours.
type replaced struct {
	columns  map[int]bool
	formulas bool            // there is one in them
	links    map[string]bool // relations of the links in them
}

func (a Addition) replaced() replaced {
	r := replaced{columns: map[int]bool{}, links: map[string]bool{}}
	for _, c := range a.Columns {
		if c.At > 0 {
			r.columns[c.At] = true
		}
	}
	return r
}

// formula notes a formula of the cell at a place. One that fills cells of several
// columns would lose some of them, or fill ours.
func (r *replaced) formula(at ooxml.Position, f *xmltoken.Token) error {
	first, last := at.Column, at.Column
	if ref := ooxml.Value(f, "ref"); ref != "" {
		first, last = columnsOf(ref)
	}
	for c := range r.columns {
		if c < first || c > last {
			continue
		}
		if r.formulas = true; first != last {
			return badSheet("a formula reaches across columns of earlier results")
		}
	}
	return nil
}

// isLink recognizes a link of cells in such a column.
func (r *replaced) isLink(t *xmltoken.Token) bool {
	if !t.Is("hyperlink") {
		return false
	}
	first, last := columnsOf(ooxml.Value(t, "ref"))
	return first == last && r.columns[first]
}

// hides reports whether merged cells below the header would hide cells of ours.
func (r *replaced) hides(ref string, header int) bool {
	first, last := columnsOf(ref)
	row, err := strconv.Atoi(strings.TrimLeft(ref[strings.IndexByte(ref, ':')+1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ$"))
	if err == nil && row <= header {
		return false
	}
	for c := range r.columns {
		if first <= c && c <= last {
			return true
		}
	}
	return false
}

// columnsOf returns the first and the last column of a range such as "E2:F9".
func columnsOf(ref string) (first, last int) {
	from, to, several := strings.Cut(ref, ":")
	if first = ooxml.Column([]byte(from)); !several {
		return first, first
	}
	return first, ooxml.Column([]byte(to))
}

// chainless returns what takes the place of a part once the order in which a
// spreadsheet program calculates is dropped; ok is false for other parts. That
// order names cells whose formulas are gone, which programs call damaged, and they
// work it out anew.
func (e *extension) chainless(f *zip.File) (text []byte, ok bool, err error) {
	chain := e.parts.chain
	if chain == nil || !e.layout.replaced.formulas || f != e.parts.list && f != e.parts.types {
		return nil, false, nil
	}
	if text, err = content(f); err != nil {
		return nil, false, err
	}
	return ooxml.Without(text, func(t *xmltoken.Token) bool {
		return t.Is("Relationship") && strings.HasSuffix(t.Value("Type"), "/calcChain") ||
			t.Is("Override") && ooxml.PartName(t.Value("PartName")) == ooxml.PartName(chain.Name)
	}), true, nil
}
