package sources

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Dialect describes how a text file of cells is written. Reelmerge writes its own files in
// the dialect of the sheet, so that the program that made the sheet can open them. The zero
// value is UTF-8 with a byte order mark, commas and LF.
type Dialect struct {
	// Encoding is its name, as rows.encoding has it; empty is UTF-8.
	Encoding string
	// Delimiter stands between cells; 0 is a comma.
	Delimiter byte
	// LineEnd stands behind a record; empty is "\n".
	LineEnd string
	// Declared says that the file begins with the line "sep=;".
	Declared bool

	enc encoding.Encoding
}

// newDialect describes a text that was looked at.
func newDialect(cs charset, d dialect, sample string) Dialect {
	style := Dialect{Encoding: cs.name, Delimiter: d.comma, LineEnd: "\n", Declared: d.skip > 0, enc: cs.enc}
	switch {
	case d.crOnly:
		style.LineEnd = "\r"
	case strings.Contains(sample, "\r\n"):
		style.LineEnd = "\r\n"
	}
	if cs.name == "" || cs.enc == utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM) {
		// Spreadsheet programs no longer open UTF-32. The copy goes back as UTF-8, which
		// all of them open.
		style.Encoding = ""
		style.enc = nil
	}
	return style
}

// DialectOf returns the dialect of a reader's file. ok is false where the file is not a
// text file of cells.
func DialectOf(r Reader) (d Dialect, ok bool) {
	t, ok := r.(*table)
	if !ok {
		return d, false
	}
	s, ok := t.src.(*delimited)
	if !ok {
		return d, false
	}
	return s.style, true
}

// Writer writes records in a dialect. Reading the file back gives every cell exactly as it
// was written.
type Writer struct {
	w     io.Writer
	d     Dialect
	begun bool
	line  strings.Builder
}

// NewWriter returns a writer of records. Each record is one write.
func (d Dialect) NewWriter(w io.Writer) *Writer {
	if d.Delimiter == 0 {
		d.Delimiter = ','
	}
	if d.LineEnd == "" {
		d.LineEnd = "\n"
	}
	return &Writer{w: w, d: d}
}

// Write writes one record. A letter that the encoding lacks becomes a similar one, or a
// question mark. No cell read from a file in that encoding has such a letter.
func (w *Writer) Write(record []string) error {
	w.line.Reset()
	if !w.begun && w.d.Declared {
		w.line.WriteString("sep=" + string(rune(w.d.Delimiter)) + w.d.LineEnd)
	}
	for i, cell := range record {
		if i > 0 {
			w.line.WriteByte(w.d.Delimiter)
		}
		cell = w.fitting(cell)
		// A record of one empty cell needs quotes. Without them it is a blank line, which
		// readers leave out.
		if !w.quotes(cell) && (cell != "" || len(record) > 1) {
			w.line.WriteString(cell)
			continue
		}
		w.line.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
	}
	w.line.WriteString(w.d.LineEnd)
	data := []byte(w.line.String())
	if w.d.enc != nil {
		var err error
		if data, err = w.d.enc.NewEncoder().Bytes(data); err != nil {
			return fmt.Errorf("write record in %s: %w", w.d.Encoding, err)
		}
	}
	// The mark goes in front of the first record only, in the bytes of the encoding itself.
	if !w.begun {
		data = append(w.mark(), data...)
	}
	w.begun = true
	// One call per record: a crash leaves whole records in the file.
	if _, err := w.w.Write(data); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// quotes reports whether a cell needs quotes. Leading and trailing blanks need them,
// because some programs trim cells without.
func (w *Writer) quotes(cell string) bool {
	return strings.IndexByte(cell, w.d.Delimiter) >= 0 || strings.ContainsAny(cell, "\"\r\n") || strings.Trim(cell, " \t") != cell
}

// mark returns the byte order mark. Without it, programs take UTF-8 for a code page.
func (w *Writer) mark() []byte {
	switch w.d.Encoding {
	case "":
		return []byte("\xef\xbb\xbf")
	case "utf-16le":
		return []byte("\xff\xfe")
	case "utf-16be":
		return []byte("\xfe\xff")
	}
	return nil
}

// fitting replaces the letters that the encoding lacks.
func (w *Writer) fitting(cell string) string {
	if w.d.enc == nil || asciiPrefix([]byte(cell)) == len(cell) {
		return cell
	}
	// Nearly every cell fits as a whole. Letter by letter is slow.
	if _, err := w.d.enc.NewEncoder().String(cell); err == nil {
		return cell
	}
	var fit strings.Builder
	for _, r := range cell {
		if _, err := w.d.enc.NewEncoder().String(string(r)); err != nil || r == utf8.RuneError {
			fit.WriteString(plainSign(r))
			continue
		}
		fit.WriteRune(r)
	}
	return fit.String()
}

// plainSign returns an ASCII substitute for a sign.
func plainSign(r rune) string {
	switch r {
	case '“', '”', '„', '«', '»':
		return `"`
	case '’', '‘', '‚':
		return "'"
	case '–', '—', '‐', '‑', '−':
		return "-"
	case '…':
		return "..."
	case '\u00a0', '\u202f':
		return " "
	}
	return "?"
}
