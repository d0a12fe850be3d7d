package sources

import "bytes"

// fields collects the cells of the record at pos in scratch and ends. It returns the length
// of the record with its line end, and whether its quotes are closed.
func (d *records) fields() (taken int, closed bool, err error) {
	d.scratch = d.scratch[:0]
	d.ends = d.ends[:0]
	d.faults = d.faults[:0]
	at := 0
	for {
		b, err := d.byteAt(at)
		if err != nil {
			return 0, false, err
		}
		if b == '"' {
			at, closed, err = d.quotedField(at + 1)
		} else {
			at, err = d.bareField(at)
			closed = true
		}
		d.ends = append(d.ends, len(d.scratch))
		// An unclosed quote ends the record here. Its first line is then read again, as
		// text without quotes.
		if err != nil || !closed {
			return at, closed, err
		}
		b, err = d.byteAt(at)
		switch {
		case err != nil:
			return 0, false, err
		// The delimiter is the only byte that continues the record. Anything else is its
		// end.
		case b != d.comma || d.pos+at >= d.end:
			at, err = d.skipLineEnd(at)
			return at, true, err
		}
		at++
	}
}

// byteAt returns the byte at an offset from pos and reads on if it must. It returns 0 at
// the end of the file.
func (d *records) byteAt(at int) (byte, error) {
	for d.pos+at >= d.end {
		if d.eof {
			return 0, nil
		}
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
	return d.buf[d.pos+at], nil
}

// skipLineEnd returns the offset behind the line end at an offset.
func (d *records) skipLineEnd(at int) (int, error) {
	b, err := d.byteAt(at)
	if err != nil || d.pos+at >= d.end {
		return at, err
	}
	if b == '\r' {
		at++
		b, err = d.byteAt(at)
	}
	// CRLF is one line end. At the end of the file byteAt returns 0, which must not count
	// as a byte.
	if b == '\n' && d.pos+at < d.end {
		at++
	}
	return at, err
}

// quotedField reads a cell behind its opening quote. Two quotes in a row stand for one.
func (d *records) quotedField(at int) (end int, closed bool, err error) {
	for {
		i := bytes.IndexByte(d.buf[d.pos+at:d.end], '"')
		if i < 0 {
			d.scratch = append(d.scratch, d.buf[d.pos+at:d.end]...)
			at = d.end - d.pos
			// A quote that never closes must not read the whole file into memory.
			if d.eof || at >= MaxRecord {
				return at, false, nil
			}
			if err := d.fill(); err != nil {
				return 0, false, err
			}
			continue
		}
		d.scratch = append(d.scratch, d.buf[d.pos+at:d.pos+at+i]...)
		at += i + 1
		b, err := d.byteAt(at)
		if err != nil {
			return 0, false, err
		}
		if b != '"' {
			at, err = d.afterQuote(at)
			return at, true, err
		}
		d.scratch = append(d.scratch, '"')
		at++
	}
}

// afterQuote reads the bytes between a closing quote and the delimiter. Spaces mean
// nothing. Anything else means that the quotes are wrong, and the cell gets a fault.
func (d *records) afterQuote(at int) (int, error) {
	from := len(d.scratch)
	at, err := d.bare(at)
	rest := d.scratch[from:]
	if len(bytes.Trim(rest, " \t")) == 0 {
		d.scratch = d.scratch[:from]
		return at, err
	}
	d.quoteFault("text follows the closing quote", string(rest))
	return at, err
}

// bareField reads a cell that does not begin with a quote. A quote inside is part of the
// text: 5" disk. A quote behind leading spaces was meant to open the cell, so it is a
// fault.
func (d *records) bareField(at int) (int, error) {
	from := len(d.scratch)
	at, err := d.bare(at)
	cell := d.scratch[from:]
	if len(cell) > 0 && cell[0] == ' ' && bytes.HasPrefix(bytes.TrimLeft(cell, " "), []byte{'"'}) {
		d.quoteFault("a space stands in front of the opening quote", string(cell))
	}
	return at, err
}

// bare reads bytes up to the delimiter, the line end or the end of the file.
func (d *records) bare(at int) (int, error) {
	for {
		rest := d.buf[d.pos+at : d.end]
		n := 0
		for n < len(rest) && rest[n] != d.comma && rest[n] != '\n' && rest[n] != '\r' {
			n++
		}
		d.scratch = append(d.scratch, rest[:n]...)
		at += n
		if n < len(rest) || d.eof {
			return at, nil
		}
		if err := d.fill(); err != nil {
			return at, err
		}
	}
}

// quoteFault notes that the quotes of the current cell do not match.
func (d *records) quoteFault(message, value string) {
	d.faults = append(d.faults, Fault{Column: len(d.ends), Code: "ROW-QUOTE", Value: value, Message: message,
		Hint: "put quotes around the whole cell and write a quote inside it twice"})
}
