// Package yamlfence refuses YAML that would keep its parser busy for hours.
//
// The parser takes time that grows with the square of three things: how deep a document
// is nested, how many keys one group has, and how many blank lines follow each other in a
// text block. For the last one, the square is in the reading of tokens already. All three
// are counted here in linear time. All YAML that this project reads is read through this
// package, so that there is one set of limits.
package yamlfence

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// The limits of a document. They leave room for any campaign or template that a person
// writes; a document within them is parsed in a tenth of a second.
const (
	MaxDepth     = 40     // brackets within brackets, or dashes on one line
	MaxIndent    = 160    // columns in front of a value
	MaxTokens    = 50_000 // words, signs and texts
	MaxKeys      = 2_000  // of one group that is not in braces
	MaxBlank     = 2_000  // blank lines that follow each other
	MaxDocuments = 10     // in one file; its reader wants one
)

// maxSquares bounds what long groups, or long runs of blank lines, cost together: the
// sum of their squared lengths.
const maxSquares = 2 * MaxKeys * MaxKeys

// Fault says why a document is not given to the parser.
type Fault struct {
	Line, Column int    // from 1
	Message      string // with the number that is allowed
}

// Error is the message.
func (f *Fault) Error() string { return f.Message }

// Tokens reads a text up to what the parser takes, or says why it must not have it.
func Tokens(text string) (token.Tokens, *Fault) {
	if fault := blankLines(text); fault != nil {
		return nil, fault
	}
	tokens := lexer.Tokenize(text)
	g := &gauge{}
	for i, t := range tokens {
		fault := g.see(t)
		if fault == "" && i >= MaxTokens {
			fault = fmt.Sprintf("there are too many values; about %d are allowed", MaxTokens/4)
		}
		if fault != "" {
			return nil, &Fault{Line: t.Position.Line, Column: t.Position.Column, Message: fault}
		}
	}
	return tokens, nil
}

// blankLines bounds the lines without a letter that follow each other: at the end of a
// text block each of them is read again for each one behind it.
func blankLines(text string) *Fault {
	line, run, squares := 1, 0, 0
	for i := range len(text) {
		switch text[i] {
		case '\r':
			if strings.HasPrefix(text[i:], "\r\n") {
				continue
			}
			line, run = line+1, run+1
		case '\n':
			line, run = line+1, run+1
		case ' ', '\t':
			continue
		default:
			squares += run * run
			run = 0
			continue
		}
		if run > MaxBlank || squares+run*run > maxSquares {
			return &Fault{Line: line, Column: 1, Message: fmt.Sprintf("there are more than %d blank lines in a row, or many long rows of them", MaxBlank)}
		}
	}
	return nil
}

// gauge follows how deep the tokens are nested, and how long their groups are.
type gauge struct {
	open, documents int
	line, onLine    int     // signs that nest, one behind the other on a line
	groups          []group // the open ones outside of brackets, from the left
	squares         int
}

// group is a mapping or a list that is written with line breaks.
type group struct{ column, keys int }

// see counts one token and returns what is wrong with it.
func (g *gauge) see(t *token.Token) string {
	if t.Position.Line != g.line {
		g.line, g.onLine = t.Position.Line, 0
	}
	switch t.Type { //nolint:exhaustive // only what nests, or lengthens a group, matters
	case token.MappingStartType, token.SequenceStartType:
		g.open++
	case token.MappingEndType, token.SequenceEndType:
		g.open--
	case token.DocumentHeaderType, token.DocumentEndType:
		g.documents++
	case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType, token.MappingValueType:
		if g.open <= 0 {
			g.onLine++
			g.lengthen(t)
		}
	}
	switch {
	case g.open > MaxDepth, g.onLine > MaxDepth, t.Position.IndentNum > MaxIndent:
		return fmt.Sprintf("the document is nested too deeply; %d levels are allowed", MaxDepth)
	case g.documents > MaxDocuments:
		return "there are many documents in one file"
	case g.squares > maxSquares, len(g.groups) > 0 && g.groups[len(g.groups)-1].keys > MaxKeys:
		return fmt.Sprintf("there are more than %d entries in one group, or many long groups", MaxKeys)
	}
	return ""
}

// lengthen counts a key of the group that its line belongs to. A line further to the
// left ends the groups to the right of it.
func (g *gauge) lengthen(t *token.Token) {
	if g.onLine > 1 && t.Type == token.MappingValueType {
		return // the colon of a key that was counted, as in "? a" or "- a: b"
	}
	column := t.Position.IndentNum
	for len(g.groups) > 0 && g.groups[len(g.groups)-1].column > column {
		g.groups = g.groups[:len(g.groups)-1]
	}
	if len(g.groups) == 0 || g.groups[len(g.groups)-1].column < column {
		g.groups = append(g.groups, group{column: column})
	}
	last := &g.groups[len(g.groups)-1]
	last.keys++
	g.squares += 2*last.keys - 1
}
