package templates

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/schema"
)

// op is one step of writing a request. A template becomes a list of them once, so that a
// row only copies bytes.
type op struct {
	kind     opKind
	variable int // of a hole: its step
	literal  string
	next     int // for skip: where to go on when the variable is empty
}

type opKind uint8

const (
	opWrite     opKind = iota // write the literal
	opText                    // write the variable's value, escaped, inside a string
	opSpoken                  // write the variable's spoken form, escaped, inside a string
	opTyped                   // write the variable's value as JSON
	opSkip                    // when the variable is empty, continue at next: the member is left out
	opSeparator               // write a comma unless it would be the first thing in its container
	opHole                    // note the place for what an earlier step brings
)

// body cuts the request into literals and holes. Where the service takes values by name,
// every declared variable is sent, always as a text.
func (t *Template) body() []op {
	b := &bodyBuilder{t: t, index: make(map[string]int)}
	for i, v := range t.Variables {
		b.index[v.Name] = i
	}
	if t.ByName() {
		b.byName(t.form().ByName)
	} else {
		b.value(t.request)
	}
	b.flush()
	return b.ops
}

// bodyBuilder collects literal text and closes it with an op whenever a hole follows.
type bodyBuilder struct {
	t       *Template
	index   map[string]int
	literal strings.Builder
	ops     []op
}

// flush makes an op of the literal text so far.
func (b *bodyBuilder) flush() {
	if b.literal.Len() > 0 {
		b.ops = append(b.ops, op{kind: opWrite, literal: b.literal.String()})
		b.literal.Reset()
	}
}

// add appends an op and returns its index, by which a skip can be completed later.
func (b *bodyBuilder) add(o op) int {
	b.flush()
	b.ops = append(b.ops, o)
	return len(b.ops) - 1
}

// byName writes the request as it is, and adds the values in a member of their own.
func (b *bodyBuilder) byName(member string) {
	b.literal.WriteByte('{')
	for _, child := range b.t.request.Children {
		b.key(child)
		b.literal.Write(b.t.Raw(child))
		b.literal.WriteByte(',')
	}
	b.literal.WriteString(`"` + member + `":{`)
	for i, v := range b.t.Variables {
		if i > 0 {
			b.literal.WriteByte(',')
		}
		b.literal.WriteString(`"` + v.Name + `":"`)
		b.add(op{kind: textOrSpoken(v.Say != nil && v.Spoken && !v.isSeen()), variable: i})
		b.literal.WriteByte('"')
	}
	b.literal.WriteString("}}")
}

// key writes a member's name as it stands in the document, with its escapes, and a colon.
func (b *bodyBuilder) key(child *schema.Node) {
	end := child.KeyStart + 1
	for ; b.t.data[end] != '"'; end++ {
		if b.t.data[end] == '\\' {
			end++
		}
	}
	b.literal.Write(b.t.data[child.KeyStart : end+1])
	b.literal.WriteByte(':')
}

// value writes a node. Numbers are copied as text: decoding 12345678901234567890 to a
// float would change it.
func (b *bodyBuilder) value(n *schema.Node) {
	switch n.Kind {
	case schema.Object, schema.Array:
		b.container(n)
	case schema.String:
		b.text(n)
	case schema.Number, schema.Bool, schema.Null:
		b.literal.Write(b.t.Raw(n))
	}
}

// container writes an object or an array. If a child can be left out, the commas depend
// on the row and become ops.
func (b *bodyBuilder) container(n *schema.Node) {
	b.literal.WriteByte(byte(n.Kind))
	loose := false // some child may be left out, so commas depend on the row
	for _, child := range n.Children {
		if _, droppable := b.droppable(child); droppable {
			loose = true
		}
	}
	for i, child := range n.Children {
		b.child(child, i, loose)
	}
	b.literal.WriteByte(byte(n.Kind) + 2) // { } and [ ] are two apart in ASCII
}

// child writes one member or element. A droppable one gets a skip before it, whose target
// is known only after the child is written.
func (b *bodyBuilder) child(child *schema.Node, i int, loose bool) {
	variable, droppable := b.droppable(child)
	guard := -1
	if droppable {
		guard = b.add(op{kind: opSkip, variable: variable})
	}
	switch {
	case loose:
		b.add(op{kind: opSeparator})
	case i > 0:
		b.literal.WriteByte(',')
	}
	if child.KeyStart >= 0 {
		b.key(child)
	}
	b.value(child)
	if droppable {
		b.flush()
		b.ops[guard].next = len(b.ops)
	}
}

// droppable reports whether a child is left out when its variable is empty. It is if its
// text is the placeholder of an optional variable and nothing else.
func (b *bodyBuilder) droppable(n *schema.Node) (variable int, yes bool) {
	if n.Kind != schema.String {
		return 0, false
	}
	i, whole := b.whole(n)
	return i, whole && b.t.Variables[i].Optional && b.t.Variables[i].Default == nil
}

// whole reports whether a text is one placeholder and nothing else. Only then can a value
// that is no text replace the quotes too.
func (b *bodyBuilder) whole(n *schema.Node) (variable int, yes bool) {
	raw := b.t.Raw(n)
	found := Placeholders(raw)
	if len(found) != 1 || found[0].Start != 1 || found[0].End != len(raw)-1 {
		return 0, false
	}
	i, known := b.index[found[0].Name]
	return i, known
}

func textOrSpoken(spoken bool) opKind {
	if spoken {
		return opSpoken
	}
	return opText
}

// speaks reports whether the text of a node is a script with the variable in it.
func (t *Template) speaks(n *schema.Node, variable int) bool {
	return slices.ContainsFunc(t.Variables[variable].Uses, func(u Use) bool { return u.Spoken && u.Pointer == t.where[n] })
}

// text writes a string with its placeholders as holes. A name in braces that is no
// variable stays in the text.
func (b *bodyBuilder) text(n *schema.Node) {
	if i, whole := b.whole(n); whole && b.t.Variables[i].Type != "string" {
		b.add(op{kind: opTyped, variable: i})
		return
	}
	raw := b.t.Raw(n)
	done := 0
	for _, p := range Placeholders(raw) {
		if hole, ok := b.t.hole(p); ok {
			b.literal.Write(raw[done:p.Start])
			b.add(op{kind: opHole, variable: hole.Step, literal: hole.Field})
			done = p.End
			continue
		}
		i, known := b.index[p.Name]
		if !known {
			continue
		}
		b.literal.Write(raw[done:p.Start])
		b.add(op{kind: textOrSpoken(b.t.Variables[i].Say != nil && b.t.speaks(n, i)), variable: i})
		done = p.End
	}
	b.literal.Write(raw[done:])
}

// render writes the request of the row whose values are in out. It reuses the memory of
// the row before.
func (p *Program) render(out *Rendered) {
	if !out.NoBody {
		out.Body = fill(out.Body, p.ops, out)
	}
}

// fill writes the pieces of a document with a row's values in them.
func fill(body []byte, ops []op, out *Rendered) []byte {
	for i := 0; i < len(ops); i++ {
		o := &ops[i]
		switch o.kind {
		case opWrite:
			body = append(body, o.literal...)
		case opText:
			if r := out.recalled[o.variable]; r != nil {
				body = append(body, r.escaped...)
			} else {
				body = appendEscaped(body, out.values[o.variable])
			}
		case opSpoken:
			body = appendEscaped(body, out.spoken[o.variable])
		case opTyped:
			body = append(body, out.lists[o.variable]...)
		case opSkip:
			if out.values[o.variable] == "" {
				i = o.next - 1
			}
		case opHole:
			out.Holes = append(out.Holes, HoleAt{Hole{o.variable, o.literal}, len(body)})
		case opSeparator:
			if last := body[len(body)-1]; last != '{' && last != '[' {
				body = append(body, ',')
			}
		}
	}
	return body
}

// appendEscaped writes a text as the inside of a JSON string. Bytes that are not UTF-8
// become the replacement character; such a row has a problem and is not sent.
func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[done:i]...), "\ufffd"...)
				done = i + 1
			}
			i += size
			continue
		}
		if b < 0x20 || b == '"' || b == '\\' {
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, b)
			done = i + 1
		}
		i++
	}
	return append(dst, s[done:]...)
}

// appendEscape escapes one byte, in the short form where JSON has one.
func appendEscape(dst []byte, b byte) []byte {
	const hex = "0123456789abcdef"
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
}
