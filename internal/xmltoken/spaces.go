package xmltoken

import (
	"bytes"
	"errors"
)

// maxDepth bounds the levels of elements; a sheet has 6.
const maxDepth = 200

// compatibility is the name space of content that is there twice: in a newer form
// for those who know its name space, and in one for all others.
const compatibility = "http://schemas.openxmlformats.org/markup-compatibility/2006"

// state is the role of an element in its document.
type state byte

const (
	own     state = iota // of the document's own name space
	closed               // such an element, in which everything is foreign
	through              // it is foreign, and what it holds counts where it stands
	foreign
)

// element is one that is open.
type element struct {
	name  int // where its name begins in the context's names
	bound int // how many prefixes were bound outside of it
	state state
}

// binding is a prefix with its name space.
type binding struct{ prefix, space string }

// context follows which elements are open, and which name spaces their prefixes
// stand for.
type context struct {
	open  []element
	names []byte // of the open elements, with their prefixes
	bound []binding
	ended bool // the last token ended the innermost element

	space  string // the document's own name space
	prefix string // of the root element, with its colon
	fixed  int    // bindings that the root has

	spaces map[string]string // see [NewReaderOf]; nil: the root's space alone is the document's own
	short  string            // the reader's prefix of the last element
}

// Space returns the document's own name space, once its root was read.
func (c *context) Space() string { return c.space }

// RootPrefix returns the prefix of the root element, with its colon.
func (c *context) RootPrefix() string { return c.prefix }

// Depth returns how many elements are open, with the one that the last token begins
// or ends.
func (c *context) Depth() int { return len(c.open) }

// errTooDeep is returned where no workbook's elements can be.
var errTooDeep = errors.New("its elements are nested too deeply")

// place finds the role of a tag in the document.
func (s *Scanner) place(t *Token) (*Token, error) {
	if t.Kind == Close {
		s.shut(t)
		return t, nil
	}
	if len(s.open) >= maxDepth {
		return nil, errTooDeep
	}
	e := element{name: len(s.names), bound: len(s.bound)}
	s.bind(t)
	e.state = s.judge(t)
	t.foreign = e.state >= through
	s.names = append(s.names, t.Tag()...)
	s.open = append(s.open, e)
	s.ended = t.Kind == Single
	return t, nil
}

// shut compares a closing tag with the element that is open.
func (c *context) shut(t *Token) {
	if len(c.open) == 0 {
		t.crossed = true
		return
	}
	e := c.open[len(c.open)-1]
	t.crossed = !bytes.Equal(c.names[e.name:], t.Tag())
	t.foreign = e.state >= through
	c.ended = true
}

// leave forgets the element that the last token ended.
func (c *context) leave() {
	if c.ended {
		c.pop()
	}
}

func (c *context) pop() {
	c.ended = false
	if last := len(c.open) - 1; last >= 0 {
		c.names = c.names[:c.open[last].name]
		c.bound = c.bound[:c.open[last].bound]
		c.open = c.open[:last]
	}
}

// hides reports whether everything in the innermost element is foreign.
func (c *context) hides() bool {
	if len(c.open) == 0 {
		return false
	}
	s := c.open[len(c.open)-1].state
	return s == closed || s == foreign
}

// amongSpaces is judge for a document whose own elements are of several name spaces.
func (c *context) amongSpaces(prefix []byte) state {
	var known bool
	if c.short, known = c.spaces[c.resolve(prefix)]; known {
		return own
	}
	return foreign
}

// judge returns the role of an element whose own declarations are in force.
func (c *context) judge(t *Token) state {
	if len(c.open) == 0 {
		c.prefix = t.Prefix()
		c.fixed = len(c.bound)
		c.space = c.resolve(t.rawPrefix())
		c.short = c.spaces[c.space]
		return own
	}
	if c.hides() {
		return foreign
	}
	prefix, name := t.rawPrefix(), t.Raw[t.name:t.rest]
	if c.spaces != nil {
		return c.amongSpaces(prefix)
	}
	if len(c.bound) != c.fixed || string(prefix) != c.prefix {
		switch c.resolve(prefix) {
		case c.space:
		case compatibility:
			if string(name) == "AlternateContent" || string(name) == "Fallback" {
				return through
			}
			return foreign
		default:
			return foreign
		}
	}
	if string(name) == "extLst" {
		return closed
	}
	return own
}

// bind takes the declarations of a tag.
func (c *context) bind(t *Token) {
	list := t.Attributes()
	if bytes.IndexByte(list, 'x') < 0 || !bytes.Contains(list, []byte("xmlns")) {
		return // fast: a cell's tag has no x
	}
	for name, value, rest := Attribute(list); len(name) > 0; name, value, rest = Attribute(rest) {
		prefix, ok := bytes.CutPrefix(name, []byte("xmlns"))
		if !ok || len(prefix) == 1 || len(prefix) > 1 && prefix[0] != ':' {
			continue
		}
		b := binding{"", string(appendValue(nil, value))}
		if len(prefix) > 0 {
			b.prefix = string(prefix[1:]) + ":"
		}
		if old, known := c.lookup([]byte(b.prefix)); !known || old != b.space {
			c.bound = append(c.bound, b)
		}
	}
}

// lookup returns the name space of a prefix, which has its colon.
func (c *context) lookup(prefix []byte) (space string, known bool) {
	for i := len(c.bound) - 1; i >= 0; i-- {
		if c.bound[i].prefix == string(prefix) {
			return c.bound[i].space, true
		}
	}
	return "", false
}

// resolve is the same for names of elements. A prefix that was never declared stands
// for itself.
func (c *context) resolve(prefix []byte) string {
	space, known := c.lookup(prefix)
	if !known {
		return string(prefix)
	}
	return space
}

// PrefixOf returns a prefix that stands for a name space where the scanner is, with
// its colon. The empty one is left out: attributes without a prefix have no name
// space.
func (c *context) PrefixOf(spaces ...string) (prefix string, ok bool) {
	for i := len(c.bound) - 1; i >= 0; i-- {
		b := c.bound[i]
		space, _ := c.lookup([]byte(b.prefix))
		if b.prefix == "" || space != b.space {
			continue
		}
		for _, want := range spaces {
			if space == want {
				return b.prefix, true
			}
		}
	}
	return "", false
}

// ValueIn returns an attribute of the last token by its name in one of several name
// spaces, or "". A prefix that was never declared stands for all of them.
func (s *Scanner) ValueIn(want string, spaces ...string) string {
	t := &s.token
	for name, value, rest := Attribute(t.Attributes()); len(name) > 0; name, value, rest = Attribute(rest) {
		colon := bytes.IndexByte(name, ':')
		if colon < 0 || string(name[colon+1:]) != want {
			continue
		}
		space, known := s.lookup(name[:colon+1])
		for _, s := range spaces {
			if !known || space == s {
				return string(appendValue(nil, value))
			}
		}
	}
	return ""
}
