package sources

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
)

// delimited is a CSV or TSV file as records whose cells were looked at.
type delimited struct {
	recs  *records
	text  *text
	style Dialect
	guess *Notice // of the encoding, while no sample was found for it
	notes []Notice
}

// openDelimited finds out the encoding and the delimiter of a stream.
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
	if _, err := t.r.Discard(d.skip); err != nil {
		return nil, &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
	}
	s := &delimited{recs: newRecords(t.r, d.comma), text: t, guess: t.charset.notice}
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
	odd := s.odd(s.recs.raw)
	for i, c := range rec.cells {
		if c == "" {
			continue
		}
		switch c[0] {
		case '\'':
			rec.cells[i] = Restore(c)
		case '=':
			rec.cells[i] = literal(c)
		}
		if odd || c[0] == '#' {
			rec.faults = s.inspect(rec.faults, i, c)
		}
	}
	return rec, nil
}

// odd reports, fast, whether a record may have a cell with something wrong.
func (s *delimited) odd(raw []byte) bool {
	if s.guess != nil {
		if showGuess(s.guess, string(raw)); s.guess.Sample != "" {
			s.notes, s.guess = append(s.notes, *s.guess), nil
		}
	}
	return bytes.IndexByte(raw, 0) >= 0 || bytes.IndexByte(raw, 0xEF) >= 0 || bytes.Contains(raw, []byte("E+")) ||
		mayBeMojibake(raw) ||
		!s.text.charset.proven && s.text.charset.enc == nil && !utf8.Valid(raw)
}

// inspect adds the faults of one cell.
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
		f.Severity, f.Code, f.Message = problem.Warning, "ROW-ENCODING", "a letter was lost before this file was written: it is \ufffd now"
		f.Hint = "type the cell again"
	case errorValue(c):
		f.Code, f.Message = "ROW-ERROR-VALUE", "the cell shows an error of the spreadsheet program, "+c
		f.Hint = "repair the formula there, and export again"
	case scientific(c):
		f.Severity, f.Code, f.Message = problem.Warning, "ROW-SCIENTIFIC", "the cell is a number in short form; digits of an id or phone number are lost"
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

// errorValue reports whether a text is what a spreadsheet program shows for an
// error.
func errorValue(s string) bool {
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
		"#NV", "#BEZUG!", "#WERT!", "#GETTING_DATA":
		return true
	}
	return false
}

// scientific reports whether a text is a number as Excel shortens it: 4.91234E+11.
func scientific(s string) bool {
	mantissa, exponent, ok := strings.Cut(s, "E+")
	if !ok || mantissa == "" || len(exponent) < 2 || strings.Trim(exponent, "0123456789") != "" {
		return false
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	whole += strings.TrimPrefix(fraction, ",")
	return strings.Trim(whole, "0123456789,") == ""
}

// notices returns the encoding's; a guess that no letter depends on is none.
func (s *delimited) notices() []Notice { return s.notes }

// close releases nothing: the stream belongs to whoever opened it.
func (s *delimited) close() error { return nil }

// Records is a CSV or TSV file of any dialect as plain records, header first.
// It is a gocsv.CSVReader, for files whose columns are known but which people
// edit: what German Excel saves with semicolons in Windows-1252 reads like any
// other. Blank rows are left out.
type Records struct{ table *delimited }

// NewRecords returns the records of a text. An Options.Sheet or Dates means
// nothing here.
func NewRecords(name string, r io.Reader, o Options) (*Records, error) {
	t, err := openDelimited(name, r, o)
	if err != nil {
		return nil, inFile(name, err)
	}
	return &Records{table: t}, nil
}

// Read returns the next record, or io.EOF. A cell with a fault that is not a
// warning is an error: files with fixed columns are ours, or copied from ours.
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

// inFile adds the file's name to a FileError that was made where the name is
// not known.
func inFile(name string, err error) error {
	var fe *FileError
	if errors.As(err, &fe) && fe.Path == "" {
		fe.Path = name
	}
	return err
}
