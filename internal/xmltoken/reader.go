package xmltoken

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// errDoctype is returned where entities could be defined.
var errDoctype = errors.New("it has a document type, which no workbook needs")

// Reader returns the elements of the document's own name space and their text: tokens of
// the kinds [Open], [Close], [Text] and [CDATA]. <a/> stands for <a></a>. Foreign
// elements are left out. A document type is refused, since it could define entities.
type Reader struct {
	scanner *Scanner
	path    []byte // the names of the open elements, with / between them
	open    []int  // where in path what is outside of each ends
	single  *Token // <a/>, of which the end is still to come
	ended   bool   // the last token ended an element
	kind    Kind   // of the last token
	scratch []byte // the name and the value of an attribute
}

// NewReader returns a reader of a document in any encoding that it declares.
func NewReader(in io.Reader) *Reader { return &Reader{scanner: NewScanner(UTF8(in))} }

// NewReaderOf is [NewReader] for a document whose own elements are of several name spaces,
// as those of OpenDocument are. spaces gives each of them a prefix with its colon, under
// which paths and names have its elements, whatever prefix the file gives them.
func NewReaderOf(in io.Reader, spaces map[string]string) *Reader {
	r := NewReader(in)
	r.scanner.spaces = spaces
	return r
}

// Depth returns how many elements are open, with the one that the last token begins
// or ends.
func (r *Reader) Depth() int { return len(r.open) }

// At reports where the last token stands: the names of the open elements from the
// root on, as in "worksheet/sheetData/row".
func (r *Reader) At(path string) bool { return string(r.path) == path }

// Begins reports whether the last token begins the element at a path.
func (r *Reader) Begins(path string) bool { return r.kind == Open && r.At(path) }

// Ends reports whether the last token ends the element at a path.
func (r *Reader) Ends(path string) bool { return r.kind == Close && r.At(path) }

// Name returns the name of the innermost element that is open, with its prefix.
func (r *Reader) Name() []byte {
	if len(r.open) == 0 {
		return nil
	}
	return bytes.TrimPrefix(r.path[r.open[len(r.open)-1]:], []byte("/"))
}

// Attributes returns the names and values of the last token's attributes that belong to the
// document's own name spaces, with the prefixes of [NewReaderOf]. Both are valid until the
// next pair.
func (r *Reader) Attributes() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for name, value, rest := Attribute(r.scanner.token.Attributes()); len(name) > 0; name, value, rest = Attribute(rest) {
			colon := bytes.IndexByte(name, ':') + 1
			short, known := r.scanner.spaces[r.scanner.resolve(name[:colon])]
			if colon == 0 || !known {
				continue
			}
			r.scratch = append(append(r.scratch[:0], short...), name[colon:]...)
			end := len(r.scratch)
			r.scratch = appendValue(r.scratch, value)
			if !yield(r.scratch[:end], r.scratch[end:]) {
				return
			}
		}
	}
}

// ValueIn returns an attribute of the last token by its name in one of several name
// spaces: see [Scanner.ValueIn].
func (r *Reader) ValueIn(want string, spaces ...string) string {
	return r.scanner.ValueIn(want, spaces...)
}

// Next returns the next token. It returns io.EOF only when every element was closed.
func (r *Reader) Next() (*Token, error) {
	t, err := r.read()
	if err != nil {
		return nil, err
	}
	r.kind = t.Kind
	return t, nil
}

// read returns the next token and keeps the path of open elements. A single element, such
// as <a/>, is returned twice: as its beginning and as its end, so that callers need no
// third case.
func (r *Reader) read() (*Token, error) {
	if r.ended {
		last := len(r.open) - 1
		r.path = r.path[:r.open[last]]
		r.open = r.open[:last]
		r.ended = false
	}
	if t := r.single; t != nil {
		r.single = nil
		r.ended = true
		t.Kind = Close
		return t, nil
	}
	for {
		t, err := r.scanner.Next()
		if err != nil {
			if len(r.scanner.open) > 0 {
				err = Unexpected(err)
			}
			return nil, err
		}
		switch t.Kind {
		case Text, CDATA:
			if !t.foreign {
				return t, nil
			}
		case Other:
		case Doctype:
			return nil, errDoctype
		case Open, Close, Single:
			if err := checkTag(t, len(r.scanner.open)); err != nil {
				return nil, err
			}
			if !t.foreign {
				return r.element(t), nil
			}
		}
	}
}

// checkTag refuses tags that cannot be in a document.
func checkTag(t *Token, open int) error {
	switch {
	case t.crossed && open == 0:
		return errors.New("an element is closed that was not opened")
	case t.crossed:
		return errors.New("an element is closed under another name than it was opened with")
	case t.name == t.rest:
		return errors.New("an element has no name")
	}
	return nil
}

// element follows the elements that are open.
func (r *Reader) element(t *Token) *Token {
	if t.Kind == Close {
		r.ended = true
		return t
	}
	r.open = append(r.open, len(r.path))
	if len(r.path) > 0 {
		r.path = append(r.path, '/')
	}
	r.path = append(r.path, r.scanner.short...)
	r.path = append(r.path, t.Name()...)
	if t.Kind == Single {
		r.single = t
		t.Kind = Open
	}
	return t
}

// SkipContent skips what the element holds that the last token began. The next token
// is its end.
func (r *Reader) SkipContent() error {
	if r.single != nil || r.kind != Open {
		return nil
	}
	mark := append([]byte("</"), r.scanner.token.Tag()...)
	for {
		if err := r.scanner.Skip(mark); err != nil {
			return err
		}
		// Another name may begin in the same way: table and table-row.
		ends, err := r.scanner.endsName(len(mark))
		if ends || err != nil {
			return err
		}
		r.scanner.pos += len(mark)
	}
}
