package ooxml

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Decoded returns a part as UTF-8, from any encoding.
func Decoded(part []byte) ([]byte, error) {
	return io.ReadAll(xmltoken.UTF8(bytes.NewReader(part)))
}

// Append adds text to the end of a part's outermost element. added makes the text for the
// prefix that the part's elements have.
func Append(part []byte, added func(prefix string) string) ([]byte, error) {
	text, err := Decoded(part)
	if err != nil {
		return nil, err
	}
	s := xmltoken.NewScanner(bytes.NewReader(text))
	at, depth := 0, 0
	for {
		t, err := s.Next()
		if err != nil {
			return nil, errors.New("its outermost element does not end")
		}
		from := at
		at += len(t.Raw)
		depth += level(t)
		switch {
		case depth > 0:
		case t.Kind == xmltoken.Close:
			return splice(text, from, from, added(t.Prefix())), nil
		case t.Kind == xmltoken.Single:
			return splice(text, at-len("/>"), at, ">"+added(t.Prefix())+"</"+string(t.Tag())+">"), nil
		}
	}
}

// splice returns a text with another piece of it.
func splice(text []byte, from, to int, piece string) []byte {
	return Apply(text, []Edit{{from, to, piece}})
}

// Edit is a piece of a text that another one takes the place of.
type Edit struct {
	From, To int
	Text     string
}

// Apply makes edits, which do not overlap. Those at one place come in their order.
func Apply(text []byte, edits []Edit) []byte {
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.From - b.From })
	size := len(text)
	for _, e := range edits {
		size += len(e.Text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.From]...), e.Text...)
		at = e.To
	}
	return append(out, text[at:]...)
}

// Without copies the XML of a whole part, except for unwanted elements.
func Without(text []byte, unwanted func(*xmltoken.Token) bool) []byte {
	var out []byte
	s := xmltoken.NewScanner(bytes.NewReader(text))
	depth := 0
	for {
		t, err := s.Next()
		if err != nil {
			return out // the end: the text is in memory
		}
		switch {
		case depth > 0:
			depth += level(t)
		case t.IsElement() && t.Kind != xmltoken.Close && unwanted(t):
			depth = level(t)
		default:
			out = append(out, t.Raw...)
		}
	}
}

// level is how many more elements are open behind a token than before it.
func level(t *xmltoken.Token) int {
	switch t.Kind {
	case xmltoken.Open:
		return 1
	case xmltoken.Close:
		return -1
	case xmltoken.Text, xmltoken.CDATA, xmltoken.Other, xmltoken.Doctype, xmltoken.Single:
	}
	return 0
}
