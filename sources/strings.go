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
		_, err := x.Next()
		if errors.Is(err, io.EOF) {
			s.flush()
			return s.texts, nil
		}
		if err != nil {
			return nil, err
		}
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
	whole, inText, phonetic := x.Depth(), false, 0
	for {
		t, err := x.Next()
		if err != nil {
			return to, err
		}
		switch {
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

// unescapeX resolves the _xHHHH_ in which workbooks write characters that XML
// cannot: _x000D_ is a carriage return. An emoji may be written as its two halves.
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
		if low, ok := escapeX(s[i:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			r = utf16.DecodeRune(r, low)
			i += lenX
		}
		out = utf8.AppendRune(out, r) // a half without the other becomes U+FFFD
	}
	return out
}

const lenX = len("_xHHHH_")

// escapeX returns the character whose escape a text begins with.
func escapeX(s []byte) (rune, bool) {
	if len(s) < lenX || s[0] != '_' || s[1] != 'x' || s[lenX-1] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:lenX-1]), 16, 16)
	return rune(n), err == nil
}
