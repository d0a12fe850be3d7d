package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a document. A Studio export of a long course has a few hundred kilobytes
// and a depth below ten.
const (
	MaxBytes = 4 << 20 // bytes in a document
	MaxDepth = 200     // objects and arrays inside each other
	MaxNodes = 100_000 // values of every kind
)

// Node is one value of a JSON document and the bytes it was written with. The tree keeps
// what decoding into Go values loses: order, spelling and place.
type Node struct {
	Kind       Kind
	Key        string // the member's name when the parent is an object
	KeyStart   int    // offset of the member's name, -1 when the parent is no object
	Start, End int    // the value is data[Start:End]
	Children   []*Node
}

// Kind is the JSON type of a node.
type Kind byte

// The kinds of JSON values.
const (
	Object Kind = '{'
	Array  Kind = '['
	String Kind = '"'
	Number Kind = '0'
	Bool   Kind = 't'
	Null   Kind = 'n'
)

// Member returns the member of an object by its name, nil when there is none or it is null.
func (n *Node) Member(name string) *Node {
	if n == nil || n.Kind != Object {
		return nil
	}
	for _, c := range n.Children {
		if c.Key == name && c.Kind != Null {
			return c
		}
	}
	return nil
}

// Find follows a JSON pointer as far as it leads: a pointer to a member that is missing
// gives the object it is missing from.
func (n *Node) Find(pointer string) *Node {
	at := n
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		next := at.child(unescapePointer(part))
		if next == nil {
			return at
		}
		at = next
	}
	return at
}

// child returns the member or element that one part of a pointer names, nil when there is
// none.
func (n *Node) child(part string) *Node {
	if n.Kind == Array {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Children) {
			return n.Children[i]
		}
		return nil
	}
	for _, c := range n.Children {
		if c.Key == part {
			return c
		}
	}
	return nil
}

// Read parses a JSON document with encoding/json's tokens and keeps every value's place.
// It refuses what that package would let pass: duplicate keys, more than [MaxBytes],
// [MaxDepth] or [MaxNodes], invalid UTF-8, and numbers too large to compute with. A byte order mark
// at the start is skipped.
func Read(name string, data []byte) (*Node, *SyntaxError) {
	d := &document{name: name, data: data}
	if len(data) > MaxBytes {
		return nil, d.syntax(0, fmt.Sprintf("the file has more than %d MB", MaxBytes>>20), "a template holds scenes and text; link media by URL")
	}
	if bad := d.checkText(); bad != nil {
		return nil, bad
	}
	// The whole text is parsed once before the tree is built. So every syntax error is the
	// parser's, with its place, and value only has to find the faults that are ours.
	var whole json.RawMessage
	body := bytes.TrimPrefix(data, bom())
	d.skipped = len(data) - len(body)
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, d.explain(err)
	}
	d.dec = json.NewDecoder(bytes.NewReader(body))
	d.dec.UseNumber()
	return d.value(0)
}

// Scan reports the first thing that makes a document unreadable, nil when it is fine.
func Scan(name string, data []byte) *SyntaxError {
	_, bad := Read(name, data)
	return bad
}

func bom() []byte { return []byte("\xef\xbb\xbf") }

// document is one text while it is read.
type document struct {
	name    string
	data    []byte
	skipped int // bytes of the byte order mark
	dec     *json.Decoder
	nodes   int
}

// checkText refuses text that is not UTF-8 and names the first wrong byte. encoding/json
// would replace such bytes without a word, and the video would show the replacement.
func (d *document) checkText() *SyntaxError {
	if bytes.HasPrefix(d.data, []byte("\xff\xfe")) || bytes.HasPrefix(d.data, []byte("\xfe\xff")) {
		return d.syntax(0, "the file is UTF-16", "save it as UTF-8")
	}
	if utf8.Valid(d.data) {
		return nil
	}
	for i := 0; i < len(d.data); {
		r, size := utf8.DecodeRune(d.data[i:])
		if r == utf8.RuneError && size == 1 {
			return d.syntax(i, fmt.Sprintf("byte 0x%02x is not UTF-8", d.data[i]), "save the file as UTF-8")
		}
		i += size
	}
	return nil
}

// value reads the next value. The whole document is known to be valid JSON by now, so
// the only faults left are ours to find.
func (d *document) value(depth int) (*Node, *SyntaxError) {
	start := d.next()
	if depth > MaxDepth {
		return nil, d.syntax(start, fmt.Sprintf("objects and lists are nested more than %d deep", MaxDepth), "flatten the document")
	}
	if d.nodes++; d.nodes > MaxNodes {
		return nil, d.syntax(start, fmt.Sprintf("the document has more than %d values", MaxNodes), "split it")
	}
	token, err := d.dec.Token()
	if err != nil {
		return nil, d.explain(err)
	}
	n := &Node{Kind: kindOf(token), KeyStart: -1, Start: start}
	switch n.Kind {
	case Object:
		err := d.members(n, depth)
		if err != nil {
			return nil, err
		}
	case Array:
		if bad := d.elements(n, depth); bad != nil {
			return nil, bad
		}
	case Number:
		if number, ok := token.(json.Number); ok && !reasonable(string(number)) {
			return nil, d.syntax(start, "the number is too large or too long", "write it as text")
		}
	case String, Bool, Null:
	}
	n.End = d.offset()
	return n, nil
}

// members reads the members of an object. A name that stands twice is refused: Go would
// take the last value and other programs the first.
func (d *document) members(n *Node, depth int) *SyntaxError {
	seen := make(map[string]int)
	for d.dec.More() {
		at := d.next()
		token, err := d.dec.Token()
		key, isKey := token.(string)
		if err != nil || !isKey {
			return d.syntax(at, "a member's name was expected", "")
		}
		if first, twice := seen[key]; twice {
			line, _ := Position(d.data, first)
			bad := d.syntax(at, fmt.Sprintf("the name %q is used twice in one object, first on line %d", key, line), "rename or remove one of the two: only the last would count")
			bad.Duplicate = true
			return bad
		}
		seen[key] = at
		child, bad := d.value(depth + 1)
		if bad != nil {
			return bad
		}
		child.Key = key
		child.KeyStart = at
		n.Children = append(n.Children, child)
	}
	return d.end()
}

// elements reads the elements of a list.
func (d *document) elements(n *Node, depth int) *SyntaxError {
	for d.dec.More() {
		child, bad := d.value(depth + 1)
		if bad != nil {
			return bad
		}
		n.Children = append(n.Children, child)
	}
	return d.end()
}

// end reads the closing bracket of an object or a list.
func (d *document) end() *SyntaxError {
	if _, err := d.dec.Token(); err != nil {
		return d.explain(err)
	}
	return nil
}

// offset returns the place in the whole text, byte order mark included: messages and
// callers count from there.
func (d *document) offset() int { return d.skipped + int(d.dec.InputOffset()) }

// next is the offset of the next token's first byte.
func (d *document) next() int {
	i := d.offset()
	for i < len(d.data) && strings.IndexByte(" \t\r\n,:", d.data[i]) >= 0 {
		i++
	}
	return i
}

// kindOf returns the kind of a token; a number comes as json.Number.
func kindOf(token json.Token) Kind {
	switch t := token.(type) {
	case json.Delim:
		return Kind(t)
	case string:
		return String
	case bool:
		return Bool
	case nil:
		return Null
	default:
		return Number
	}
}

// reasonable refuses numbers such as 1e999999: the checker computes exactly, and would take
// hours for them.
func reasonable(number string) bool {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(number), "e")
	if len(mantissa) > 100 {
		return false
	}
	if !scientific {
		return true
	}
	e, err := strconv.Atoi(exponent)
	return err == nil && e >= -400 && e <= 400
}
