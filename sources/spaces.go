package sources

import (
	"bytes"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// spaces is the root element of a part: its own name space and those that it
// declares, by prefix. An element of another name space may have the name of
// one that counts, as x15:workbookPr in the extensions of a workbook has.
type spaces struct {
	own    string
	prefix map[string]string
}

// spacesOf reads the declarations of a root element.
func spacesOf(root *xmltoken.Token) *spaces {
	s := &spaces{prefix: declared(root)}
	s.own = s.prefix[xmltoken.Prefix(root.Raw)]
	return s
}

// child reports whether an element stands directly in the root and is of the
// root's name space.
func (s *spaces) child(t *xmltoken.Token, depth int) bool {
	if depth != 2 {
		return false
	}
	prefix := xmltoken.Prefix(t.Raw)
	space, here := declared(t)[prefix]
	if !here {
		space, here = s.prefix[prefix]
	}
	return space == s.own && (here || prefix == "")
}

// declared returns the name spaces that a tag declares, by prefix with colon.
func declared(t *xmltoken.Token) map[string]string {
	out := map[string]string{}
	for name, value, rest := xmltoken.Attribute(t.Attributes()); len(name) > 0; name, value, rest = xmltoken.Attribute(rest) {
		prefix, ok := bytes.CutPrefix(name, []byte("xmlns"))
		switch {
		case !ok:
		case len(prefix) == 0:
			out[""] = string(value)
		case prefix[0] == ':':
			out[string(prefix[1:])+":"] = string(value)
		}
	}
	return out
}
