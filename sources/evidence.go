package sources

import (
	"bytes"
	"unicode/utf8"
)

// evidence collects the different cells that have letters beyond ASCII. ASCII reads alike
// in every candidate, so only these cells can decide.
type evidence struct {
	cells   [][]byte
	seen    map[string]bool
	size    int
	part    []byte // the start of a cell that the last block cut off
	used    [256]bool
	partial bool // there is more than was collected

	someUTF8 bool // some of the bytes are UTF-8, by chance or not
}

// add takes one more block. last says that the text ends with it.
func (e *evidence) add(block []byte, last bool) {
	for len(block) > 0 {
		// The delimiter is not known yet. Cutting at every candidate gives shorter pieces,
		// which do no harm here.
		end := bytes.IndexAny(block, "\r\n,;\t\"")
		if end < 0 {
			e.extend(block)
			break
		}
		e.extend(block[:end])
		e.close()
		block = block[end+1:]
	}
	if last {
		e.close()
	}
}

// extend adds bytes to the current cell, up to the limit.
func (e *evidence) extend(b []byte) {
	if room := maxClue - len(e.part); len(b) <= room {
		e.part = append(e.part, b...)
		return
	} else if room > 0 {
		e.part = append(e.part, b[:room]...)
	}
	// Bytes beyond the limit are not judged, but two code pages that differ in them are
	// still different.
	for _, c := range b {
		e.used[c] = true
	}
}

// close ends a cell and keeps it if it is new. A name that stands in a thousand rows must
// count once, or it would outvote all others.
func (e *evidence) close() {
	cell := bytes.Trim(e.part, " ")
	e.part = e.part[:0]
	high := false
	for _, c := range cell {
		high = high || c >= utf8.RuneSelf
		e.used[c] = true
	}
	if !high {
		return
	}
	// The limit may have cut a letter of two bytes in half. The last word is dropped to be
	// safe.
	if len(cell) > maxClue-2 {
		cell = cell[:bytes.LastIndexByte(cell, ' ')+1]
	}
	if e.size >= maxEvidence {
		e.partial = true
	} else if !e.seen[string(cell)] {
		if e.seen == nil {
			e.seen = map[string]bool{}
		}
		e.seen[string(cell)] = true
		e.cells = append(e.cells, bytes.Clone(cell))
		e.size = e.size + len(cell)
	}
}
