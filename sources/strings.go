package sources

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// chunkSize is how many bytes of shared strings are kept in one block.
const chunkSize = 64 << 10

// sharedStrings is the table of texts that cells of a workbook point to.
type sharedStrings struct {
	texts []string
	chunk []byte
	ends  []int // of the texts that are still in chunk
}

// loadStrings reads the table; a workbook without one has an empty one.
func loadStrings(in io.Reader) ([]string, error) {
	x := xmltoken.NewReader(in)
	var s sharedStrings
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			s.flush()
			return s.texts, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Begins("si") {
			if err := s.item(x); err != nil {
				return nil, err
			}
		}
	}
}

// item adds one text.
func (s *sharedStrings) item(x *xmltoken.Reader) error {
	from := len(s.chunk)
	var err error
	if s.chunk, err = richText(x, s.chunk); err != nil {
		return err
	}
	s.chunk = append(s.chunk[:from], unescapeX(s.chunk[from:])...)
	s.ends = append(s.ends, len(s.chunk))
	if len(s.chunk) >= chunkSize {
		s.flush()
	}
	return nil
}

// flush makes strings of the chunk: they share one allocation.
func (s *sharedStrings) flush() {
	block, from := string(s.chunk), 0
	for _, end := range s.ends {
		s.texts = append(s.texts, block[from:end])
		from = end
	}
	s.chunk, s.ends = s.chunk[:0], s.ends[:0]
}

// richText appends the text of an element's <t> runs up to the element's end.
// Phonetic hints (<rPh>) are no text of the cell.
func richText(x *xmltoken.Reader, to []byte) ([]byte, error) {
	outer, inText, phonetic := x.Depth()-1, false, 0
	for {
		t, err := x.Next()
		if err != nil {
			return to, err
		}
		switch {
		case t.Begins("rPh"):
			inText, phonetic = false, x.Depth()
		case t.Kind == xmltoken.Open:
			inText = t.Begins("t") && phonetic == 0
		case inText && t.IsText():
			to = t.AppendText(to)
		case t.Kind == xmltoken.Close:
			inText = false
			if x.Depth() < phonetic {
				phonetic = 0
			}
			if x.Depth() == outer {
				return to, nil
			}
		}
	}
}

// unescapeX resolves the _xHHHH_ in which workbooks write characters that XML
// cannot: _x000D_ is a carriage return.
func unescapeX(s []byte) []byte {
	if !bytes.Contains(s, []byte("_x")) {
		return s
	}
	var out []byte
	for i := 0; i < len(s); {
		if i+7 <= len(s) && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(string(s[i+2:i+6]), 16, 16); err == nil {
				out = utf8.AppendRune(out, rune(n))
				i += 7
				continue
			}
		}
		out = append(out, s[i])
		i++
	}
	return out
}
