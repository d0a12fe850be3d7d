package sources

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxRecord is how many bytes a record of a text file may have. A quote that is not closed
// within this length, or by the end of the file, is a fault of its row. Reading goes on in
// the next line, so that one quote does not swallow the rest of the file.
const MaxRecord = 8 << 20

// maxUnclosed is how many quotes may stay open before the file is given up. Each one costs
// a look at MaxRecord bytes.
const maxUnclosed = 100

// record is one row of the file. Its cells have no column names yet.
type record struct {
	number int
	cells  []string // from the sheet's column A on
	faults []Fault  // their columns count from column A, too
	// earlier has the cells that the first version read otherwise, by column; see
	// [Options.Earlier].
	earlier map[int]string
	hidden  bool
}

// readEarlier notes what the first version read in a cell, if it is another text.
func (r *record) readEarlier(column int, text, now string) {
	if text == now {
		return
	}
	if r.earlier == nil {
		r.earlier = map[int]string{}
	}
	r.earlier[column] = text
}

// blank reports whether a row shows nothing. A row with a fault counts, because its fault
// must be reported.
func (r *record) blank() bool {
	if len(r.faults) > 0 {
		return false
	}
	for _, c := range r.cells {
		if !invisible(c) {
			return false
		}
	}
	return true
}

// unseen lists the characters that show nothing. The last one ends a file in DOS.
const unseen = " \t\r\n\u00a0\u200b\ufeff\x1a"

// invisible reports whether a text shows nothing.
// Most cells begin with a visible ASCII character. The first byte settles those.
func invisible(s string) bool {
	return s == "" || (s[0] <= ' ' || s[0] >= utf8.RuneSelf) && strings.Trim(s, unseen) == ""
}

// records splits text into records. Its lines end in LF, CRLF or CR.
type records struct {
	in       io.Reader
	buf      []byte
	pos, end int
	eof      bool
	comma    byte
	crOnly   bool // no LF in the file: looking for one would read all of it
	unclosed int
	number   int
	width    int // cells of the last record: the next one likely has as many
	scratch  []byte
	ends     []int // where in scratch each cell ends
	faults   []Fault
	raw      []byte // the text of the last record; valid until the next one
}

// newRecords returns a splitter for a delimiter.
func newRecords(in io.Reader, comma byte) *records {
	return &records{in: in, comma: comma, buf: make([]byte, 256<<10)}
}

// next returns the next record, blank lines included.
func (d *records) next() (record, error) {
	line, err := d.line()
	if err != nil {
		return record{}, err
	}
	d.number++
	// Most lines have no quote. They are split without looking at single bytes.
	if bytes.IndexByte(line, '"') < 0 {
		d.pos += len(line)
		d.raw = trimEnd(line)
		return d.plain(d.raw), nil
	}
	return d.quoted()
}

// line returns the bytes up to and including the next line end. It does not take them,
// since a quoted cell may need more.
func (d *records) line() ([]byte, error) {
	looked := 0
	for {
		if n := d.lineEnd(d.buf[d.pos+looked : d.end]); n > 0 {
			return d.buf[d.pos : d.pos+looked+n], nil
		}
		looked = d.end - d.pos
		if d.eof {
			if looked == 0 {
				return nil, io.EOF
			}
			return d.buf[d.pos:d.end], nil
		}
		// The LF of a CRLF may come with the next read.
		if looked > 0 && d.buf[d.end-1] == '\r' {
			looked--
		}
		if err := d.fill(); err != nil {
			return nil, err
		}
	}
}

// lineEnd returns the length of the first line in b with its end, or 0.
func (d *records) lineEnd(b []byte) int {
	stop := -1
	if !d.crOnly {
		stop = bytes.IndexByte(b, '\n')
	}
	search := b
	if stop >= 0 {
		search = b[:stop]
	}
	cr := bytes.IndexByte(search, '\r')
	switch {
	// A CR directly before the LF belongs to it.
	case cr < 0 || cr == stop-1:
		return stop + 1
	case cr+1 < len(b):
		return cr + 1
	// A CR at the end of the buffer may be half of a CRLF. Only more bytes can tell.
	case d.eof:
		return cr + 1
	}
	return 0
}

// trimEnd removes the line end.
func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// fill reads more bytes behind the ones not yet taken.
// Moving the rest to the front makes room without a larger buffer. Slices of it that were
// handed out become invalid.
func (d *records) fill() error {
	if d.pos > 0 {
		copy(d.buf, d.buf[d.pos:d.end])
		d.end -= d.pos
		d.pos = 0
	}
	if d.end == len(d.buf) {
		if len(d.buf) >= MaxRecord {
			return &FileError{Code: "ROW-RECORD-SIZE", Row: d.number + 1,
				Message: fmt.Sprintf("row %d is longer than %d MiB", d.number+1, MaxRecord>>20),
				Hint:    "this does not look like a table of customers; check that it is the right file"}
		}
		// The buffer doubles up to the limit, so that a long record costs few reads.
		d.buf = append(d.buf, make([]byte, len(d.buf))...)
	}
	n, err := d.in.Read(d.buf[d.end:])
	d.end += n
	switch {
	case errors.Is(err, io.EOF):
		d.eof = true
	case err != nil:
		return &FileError{Code: "ROW-FILE", Row: d.number + 1, Message: "the file cannot be read", Err: err}
	}
	return nil
}

// plain splits a line without quotes. It allocates once for the text and once for the
// cells, because a sheet may have millions of rows.
func (d *records) plain(line []byte) record {
	rec := record{number: d.number}
	if len(line) == 0 {
		return rec
	}
	s := string(line)
	cells := make([]string, 0, max(d.width, 1))
	for {
		i := strings.IndexByte(s, d.comma)
		if i < 0 {
			break
		}
		cells = append(cells, s[:i])
		s = s[i+1:]
	}
	rec.cells = append(cells, s)
	d.width = len(rec.cells)
	return rec
}

// quoted splits a record with quotes, which may span several lines.
func (d *records) quoted() (record, error) {
	at, closed, err := d.fields()
	if err != nil {
		return record{}, err
	}
	if !closed {
		return d.unclosedRow()
	}
	d.pos += at
	d.raw = d.scratch
	rec := record{number: d.number, cells: d.cut()}
	if len(d.faults) > 0 {
		// The next record reuses the slice of faults, so the row needs its own copy.
		rec.faults = append([]Fault(nil), d.faults...)
	}
	d.width = len(rec.cells)
	return rec, nil
}

// cut makes cells of the bytes that [records.fields] collected. All of them share one
// string.
func (d *records) cut() []string {
	s := string(d.scratch)
	from := 0
	cells := make([]string, len(d.ends))
	for i, end := range d.ends {
		cells[i] = s[from:end]
		from = end
	}
	return cells
}

// unclosedRow takes one line of a record whose quote never closes, and leaves the quotes in
// it. Otherwise all rows below would vanish into one cell.
func (d *records) unclosedRow() (record, error) {
	d.unclosed++
	if d.unclosed > maxUnclosed {
		return record{}, &FileError{Code: "ROW-QUOTE", Row: d.number,
			Message: fmt.Sprintf("more than %d rows have a quote that is never closed", maxUnclosed),
			Hint:    "export the file again as CSV, or as XLSX"}
	}
	line, err := d.line()
	if err != nil {
		return record{}, err
	}
	// The quote stands in the last cell that was begun.
	column := max(len(d.ends)-1, 0)
	d.pos += len(line)
	d.raw = trimEnd(line)
	rec := d.plain(d.raw)
	value := ""
	if column < len(rec.cells) {
		value = rec.cells[column]
	}
	rec.faults = []Fault{{Column: column, Code: "ROW-QUOTE", Value: value,
		Message: "a quote is opened here and never closed",
		Hint:    "close it, or take it away; a quote inside a quoted cell is written twice"}}
	return rec, nil
}
