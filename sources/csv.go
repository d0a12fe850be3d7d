package sources

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
)

// delimited reads a CSV or TSV file as records and notes the faults of their cells.
type delimited struct {
	recs  *records
	o     Options
	text  *text
	style Dialect
	guess *Notice // of the encoding, while no sample was found for it
	notes []Notice
}

// openDelimited opens a stream of text. It finds the encoding first and the delimiter
// second, because delimiters can be counted only in decoded text.
func openDelimited(name string, in io.Reader, o Options) (*delimited, error) {
	t, err := openText(in, o)
	if err != nil {
		return nil, err
	}
	sample := t.sample()
	if sample == "" {
		return nil, &FileError{Code: "ROW-EMPTY", Message: "the file is empty", Hint: "export the sheet again"}
	}
	d, err := sniff(sample, name, o)
	if err != nil {
		return nil, err
	}
	// The line "sep=;" is a setting for Excel. Read as a record, it would become the
	// header.
	if _, err := t.r.Discard(d.skip); err != nil {
		return nil, &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
	}
	s := &delimited{recs: newRecords(t.r, d.comma), o: o, text: t, guess: t.charset.notice}
	s.recs.crOnly = d.crOnly
	s.style = newDialect(t.charset, d, sample)
	return s, nil
}

// next returns the next record with the faults of its cells.
func (s *delimited) next() (record, error) {
	rec, err := s.recs.next()
	if err != nil {
		return record{}, err
	}
	// Most records have nothing wrong. One look at the raw bytes spares them the slow
	// checks of each cell.
	odd := s.odd(s.recs.raw)
	for i, c := range rec.cells {
		if c == "" {
			continue
		}
		// Exports write ' or = in front of a value to protect it. Both are no part of the
		// text that a person sees.
		switch c[0] {
		case '\'':
			rec.cells[i] = Restore(c)
		case '=':
			rec.cells[i] = literal(c)
		}
		if s.o.Earlier {
			rec.readEarlier(i, s.text.charset.earlierText(rec.cells[i]), rec.cells[i])
		}
		if odd || c[0] == '#' {
			rec.faults = s.inspect(rec.faults, i, c)
		}
	}
	return rec, nil
}

// odd reports whether a record may have a faulty cell. It looks at bytes only, so that a
// clean file is read at full speed; [delimited.inspect] decides.
func (s *delimited) odd(raw []byte) bool {
	// The first text beyond ASCII shows whether a guessed encoding was right. It becomes
	// the sample of the notice.
	if s.guess != nil {
		if showGuess(s.guess, string(raw)); s.guess.Sample != "" {
			s.notes = append(s.notes, *s.guess)
			s.guess = nil
		}
	}
	return bytes.IndexByte(raw, 0) >= 0 || bytes.IndexByte(raw, 0xEF) >= 0 || bytes.Contains(raw, []byte("E+")) ||
		mayBeMojibake(raw) ||
		!s.text.charset.proven && s.text.charset.enc == nil && !utf8.Valid(raw)
}

// inspect adds the fault of one cell. A cell gets the first that applies, the worst one
// first, since the later checks read a text that the earlier ones doubt.
func (s *delimited) inspect(faults []Fault, column int, c string) []Fault {
	f := Fault{Column: column, Value: c}
	switch {
	case strings.IndexByte(c, 0) >= 0:
		f.Code, f.Message = "ROW-NUL", "the cell has a NUL byte, which no text has"
		f.Hint = "export the sheet again; if it was UTF-16, set rows.encoding"
	case !utf8.ValidString(c) || s.text.charset.enc != nil && strings.Contains(c, "\ufffd"):
		f.Code, f.Message = "ROW-ENCODING", "the cell has bytes that are no letters in the file's encoding"
		f.Value, f.Hint = strings.ToValidUTF8(c, "\ufffd"), "type the cell again, or set rows.encoding"
	case strings.Contains(c, "\ufffd"):
		f.Severity = problem.Warning
		f.Code = "ROW-ENCODING"
		f.Message = "a letter was lost before this file was written: it is \ufffd now"
		f.Hint = "type the cell again"
	case errorValue(c):
		f.Code, f.Message = "ROW-ERROR-VALUE", "the cell shows an error of the spreadsheet program, "+c
		f.Hint = "repair the formula there, and export again"
	case scientific(c):
		f.Severity = problem.Warning
		f.Code = "ROW-SCIENTIFIC"
		f.Message = "the cell is a number in short form; digits of an id or phone number are lost"
		f.Hint = "format the column as text in the spreadsheet program, and export again"
	default:
		return append(faults, mojibakeFaults(column, c)...)
	}
	return append(faults, f)
}

// literal returns the text that a spreadsheet program shows for ="0012", which
// exports write so that it keeps its zeros. Any other formula is left as it is.
func literal(c string) string {
	inner, ok := strings.CutPrefix(c, `="`)
	if inner, end := strings.CutSuffix(inner, `"`); ok && end && !strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return strings.ReplaceAll(inner, `""`, `"`)
	}
	return c
}

// errorValue reports whether a text is an error of a spreadsheet program. Such a text must
// not become a name in a video.
func errorValue(s string) bool {
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
		"#NV", "#BEZUG!", "#WERT!", "#GETTING_DATA", "#FMT":
		return true
	}
	return false
}

// scientific reports whether a text is a number in Excel's short form: 4.91234E+11. The
// digits that it leaves out are lost.
func scientific(s string) bool {
	mantissa, exponent, ok := strings.Cut(s, "E+")
	if !ok || mantissa == "" || len(exponent) < 2 || strings.Trim(exponent, digits) != "" {
		return false
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	whole += strings.TrimPrefix(fraction, ",")
	return strings.Trim(whole, "0123456789,") == ""
}

// notices returns the notice of a guessed encoding. A file without a letter that depends on
// the guess has none.
func (s *delimited) notices() []Notice { return s.notes }

// close does nothing. The caller opened the stream and closes it.
func (s *delimited) close() error { return nil }

// Records reads a CSV or TSV file of any dialect as plain records, header first, and leaves
// blank rows out. It implements gocsv.CSVReader for files that have known columns and are
// edited by people: German Excel saves them with semicolons in Windows-1252.
type Records struct{ table *delimited }

// NewRecords returns the records of a text. It ignores Options.Sheet and Options.Dates,
// which concern workbooks only.
func NewRecords(name string, r io.Reader, o Options) (*Records, error) {
	t, err := openDelimited(name, r, o)
	if err != nil {
		return nil, inFile(name, err)
	}
	return &Records{table: t}, nil
}

// Read returns the next record, or io.EOF. A cell with a fault above a warning is an error:
// files with fixed columns are ours, or copied from ours, so a fault means damage.
func (r *Records) Read() ([]string, error) {
	for {
		rec, err := r.table.next()
		if err != nil {
			return nil, err
		}
		for _, f := range rec.faults {
			if f.Severity == problem.Error {
				return nil, &FileError{Code: f.Code, Row: rec.number, Cell: Address(f.Column, rec.number), Message: f.Message, Hint: f.Hint}
			}
		}
		if !rec.blank() {
			return rec.cells, nil
		}
	}
}

// ReadAll returns the records that are left.
func (r *Records) ReadAll() ([][]string, error) {
	var all [][]string
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, rec)
	}
}

// inFile adds the name of the file to a FileError. The functions below do not know the
// name.
func inFile(name string, err error) error {
	var fe *FileError
	if errors.As(err, &fe) && fe.Path == "" {
		fe.Path = name
	}
	return err
}
