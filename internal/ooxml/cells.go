package ooxml

import (
	"bytes"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// MostColumns is how many columns a sheet can have.
const MostColumns = 16_384

// Value returns an attribute as it stands in the file, or "".
func Value(t *xmltoken.Token, name string) string {
	from, to, _ := t.Find(name)
	return string(t.Raw[from:to])
}

// Number reads an attribute that is a whole number, and returns 0 for any other text.
func Number(t *xmltoken.Token, name string) int {
	n, err := strconv.Atoi(Value(t, name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// WithValue returns the tag with another value of an attribute that it has.
func WithValue(t *xmltoken.Token, name, value string) []byte {
	from, to, ok := t.Find(name)
	if !ok {
		return t.Raw
	}
	return splice(t.Raw, from, to, value)
}

// WithoutSpans drops the hint which columns a row has: it is wrong once a cell was
// added.
func WithoutSpans(row *xmltoken.Token) []byte {
	from, to, ok := row.Find("spans")
	if !ok {
		return row.Raw
	}
	at := bytes.LastIndex(row.Raw[:from], []byte("spans"))
	return append(bytes.TrimRight(bytes.Clone(row.Raw[:at]), " \t\r\n"), row.Raw[to+1:]...)
}

// Opened returns a tag as one that is not closed at once.
func Opened(tag []byte) string {
	tag = bytes.TrimSuffix(tag, []byte(">"))
	return string(bytes.TrimSuffix(tag, []byte("/"))) + ">"
}

// Column reads the column of an address such as "AB12"; 0 where there is none.
func Column(address []byte) int {
	column := 0
	for _, c := range address {
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A') + 1; column > MostColumns {
			return 0
		}
	}
	return column
}

// Letters is the inverse of [Column].
func Letters(column int) string {
	var b []byte
	for ; column > 0; column = (column - 1) / 26 {
		b = append([]byte{byte('A' + (column-1)%26)}, b...)
	}
	return string(b)
}

// Position follows rows and cells, which may leave their addresses out. Both count
// from 1.
type Position struct{ Row, Column int }

// ToRow goes on to the row that a tag begins.
func (p *Position) ToRow(t *xmltoken.Token) {
	p.Column = 0
	if n := Number(t, "r"); n > 0 {
		p.Row = n
		return
	}
	p.Row++
}

// ToCell goes on to the cell that a tag begins.
func (p *Position) ToCell(t *xmltoken.Token) {
	address, plain := bytes.CutPrefix(t.Raw, []byte(`<c r="`)) // nearly every cell
	if !plain {
		from, to, _ := t.Find("r")
		address = t.Raw[from:to]
	}
	if c := Column(address); c > 0 {
		p.Column = c
		return
	}
	p.Column++
}
