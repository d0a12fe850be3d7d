package xmltoken

import (
	"errors"
	"io"
)

// maxDepth bounds the levels of elements; a sheet has 6.
const maxDepth = 200

// Reader returns the elements and the text of a document: tokens of the kinds
// [Open], [Close], [Text] and [CDATA]. <a/> stands for <a></a>. A document type,
// with which entities could be defined, is refused.
type Reader struct {
	scanner *Scanner
	depth   int
	single  *Token // <a/>, of which the end is still to come
}

// NewReader returns a reader of a document.
func NewReader(in io.Reader) *Reader { return &Reader{scanner: NewScanner(in)} }

// Depth returns how many elements are open.
func (r *Reader) Depth() int { return r.depth }

// Next returns the next token. It returns io.EOF only when every element was closed.
func (r *Reader) Next() (*Token, error) {
	if t := r.single; t != nil {
		r.single = nil
		r.depth--
		t.Kind = Close
		return t, nil
	}
	for {
		t, err := r.scanner.Next()
		if err != nil {
			if r.depth != 0 {
				err = Unexpected(err)
			}
			return nil, err
		}
		switch t.Kind {
		case Text, CDATA:
			return t, nil
		case Other:
			continue
		case Doctype:
			return nil, errors.New("it has a document type, which no workbook needs")
		case Open, Close, Single:
		}
		return r.element(t)
	}
}

// element counts the elements that are open.
func (r *Reader) element(t *Token) (*Token, error) {
	if t.Kind == Close {
		if r.depth--; r.depth < 0 {
			return nil, errors.New("an element is closed that was not opened")
		}
		return t, nil
	}
	if r.depth++; r.depth > maxDepth {
		return nil, errors.New("its elements are nested too deeply")
	}
	if len(t.Name()) == 0 {
		return nil, errors.New("an element has no name")
	}
	if t.Kind == Single {
		r.single, t.Kind = t, Open
	}
	return t, nil
}
