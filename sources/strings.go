package sources

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// chunkSize is how many bytes of shared strings are kept in one block.
const chunkSize = 64 << 10

// sharedStrings reads the table of texts of a workbook. Cells refer to it by number.
type sharedStrings struct {
	texts []string
	chunk []byte
	ends  []int // of the texts that are still in chunk
}

// loadStrings reads the table. A workbook may have none.
func loadStrings(in io.Reader) ([]string, error) {
	x := xmltoken.NewReader(in)
	var s sharedStrings
	for {
		_, err := x.Next()
		if errors.Is(err, io.EOF) {
			s.flush()
			return s.texts, nil
		}
		if err != nil {
			return nil, err
		}
		// Texts are found by their place in the table, so an empty one counts, too.
		if x.Begins("sst/si") {
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
	// The resolved text takes the place of the escaped one, which is never shorter.
	s.chunk = append(s.chunk[:from], unescapeX(s.chunk[from:])...)
	s.ends = append(s.ends, len(s.chunk))
	if len(s.chunk) >= chunkSize {
		s.flush()
	}
	return nil
}

// flush turns the chunk into strings that share one allocation. A large workbook has
// millions of texts, and one allocation each would be slow.
func (s *sharedStrings) flush() {
	block := string(s.chunk)
	from := 0
	for _, end := range s.ends {
		s.texts = append(s.texts, block[from:end])
		from = end
	}
	s.chunk = s.chunk[:0]
	s.ends = s.ends[:0]
}

// richText appends the text of an element's <t> runs. It leaves out phonetic hints (<rPh>),
// which tell the pronunciation and are not shown in the cell.
func richText(x *xmltoken.Reader, to []byte) ([]byte, error) {
	whole, phonetic := x.Depth(), 0
	inText := false
	for {
		t, err := x.Next()
		if err != nil {
			return to, err
		}
		switch {
		// Hints contain <t> elements, too. Everything up to their end is skipped.
		case phonetic > 0:
			if t.Kind == xmltoken.Close && x.Depth() == phonetic {
				phonetic = 0
			}
		case t.Begins("rPh"):
			phonetic = x.Depth()
		case t.Kind == xmltoken.Open:
			inText = t.Begins("t")
		case inText && t.IsText():
			to = t.AppendText(to)
		case t.Kind == xmltoken.Close:
			if inText = false; x.Depth() == whole {
				return to, nil
			}
		}
	}
}

// unescapeX resolves the escapes _xHHHH_ of a workbook, which write characters that XML
// cannot hold: _x000D_ is a carriage return. An emoji may be two escapes, one for each
// half.
func unescapeX(s []byte) []byte {
	if !bytes.Contains(s, []byte("_x")) {
		return s
	}
	var out []byte
	for i := 0; i < len(s); {
		r, ok := escapeX(s[i:])
		if !ok {
			out = append(out, s[i])
			i++
			continue
		}
		i += lenX
		// Two halves make one character. Decoded alone, each would be lost.
		if low, ok := escapeX(s[i:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			r = utf16.DecodeRune(r, low)
			i += lenX
		}
		out = utf8.AppendRune(out, r) // a half without the other becomes U+FFFD
	}
	return out
}

const lenX = len("_xHHHH_")

// escapeX decodes the escape at the start of a text.
func escapeX(s []byte) (rune, bool) {
	if len(s) < lenX || s[0] != '_' || s[1] != 'x' || s[lenX-1] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:lenX-1]), 16, 16)
	return rune(n), err == nil
}
