package workbook

import (
	"archive/zip"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// replaced says which columns of the sheet get our cells, and what stands in them.
type replaced struct {
	columns  map[int]bool
	formulas bool            // a cell of these columns has a formula
	links    map[string]bool // ids of the relations of links in these columns
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

// formula notes the formula of a cell. A formula that fills cells of several columns is
// an error: replacing some of its cells would damage the others.
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

// isLink recognizes a link in one of the replaced columns.
func (r *replaced) isLink(t *xmltoken.Token) bool {
	if !t.Is("hyperlink") {
		return false
	}
	first, last := columnsOf(ooxml.Value(t, "ref"))
	return first == last && r.columns[first]
}

// hides reports whether a merged range below the header covers cells of ours. A program
// shows only the first cell of such a range.
func (r *replaced) hides(ref string, header int) bool {
	first, last := columnsOf(ref)
	// The row is read from the last corner of the range: a merged range that ends above
	// the header's rows touches no result.
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

// chainless returns a part without its mention of the calculation chain; ok is false for
// parts that do not mention it. The chain lists all cells with formulas. A chain with a
// cell that has no formula any more counts as damage, and programs rebuild a missing one.
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
