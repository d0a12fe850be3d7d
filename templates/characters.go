package templates

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// characters looks for characters that a value should not hold. It reports whether the
// value is plain, which means printable ASCII: then the number of its bytes is that of
// its characters.
func (k *valueCheck) characters(value string, out *Rendered) bool {
	var seen byteKind
	for i := range len(value) {
		seen |= byteKinds[value[i]]
	}
	plain := seen&beyond == 0
	if plain && seen&special == 0 {
		return true
	}
	k.encoding(value, out)
	k.braces(value, out)
	if k.v.Spoken && seen&(special|dot|unusual) != 0 {
		k.unspoken(value, out)
	}
	return plain
}

// encoding refuses bytes that are not UTF-8: JSON cannot carry them.
func (k *valueCheck) encoding(value string, out *Rendered) {
	if !utf8.ValidString(value) {
		k.add(out, problem.Problem{Code: "VAR-ENCODING", Value: strings.ToValidUTF8(value, "\ufffd"),
			Message: fmt.Sprintf("%q has bytes that are not UTF-8", k.v.Name), Hint: "save the sheet as UTF-8, or name its encoding under rows"})
	}
}

// braces refuses braces in a value. It is documented nowhere whether a service replaces a
// placeholder that is part of a value.
func (k *valueCheck) braces(value string, out *Rendered) {
	if k.v.Type == "array" || k.v.Type == "object" || !strings.ContainsAny(value, "{}") {
		return
	}
	k.add(out, problem.Problem{Code: k.codes.Braces, Value: value, Message: fmt.Sprintf("%q has a curly brace in it, which stands for a variable", k.v.Name),
		Hint: "remove the braces, or write ( ) instead"})
}

// unspoken warns of characters that a voice leaves out, spells or reads in a strange way.
func (k *valueCheck) unspoken(value string, out *Rendered) {
	what, hint := "", "the video is made nevertheless; listen to one first"
	switch {
	case strings.ContainsAny(value, "\r\n"):
		what, hint = "a line break", "join the lines, or put a full stop between them"
	case strings.IndexFunc(value, unicode.IsControl) >= 0:
		what, hint = "a control character", "delete the cell's content and type it again"
	case isAddress(value):
		what = "a web or e-mail address, which a voice spells out"
	case strings.IndexFunc(value, speech.IsPictograph) >= 0:
		what, hint = "an emoji or symbol that no voice can say", "remove it"
	default:
		return
	}
	k.add(out, problem.Problem{Severity: problem.Warning, Code: k.codes.Unspoken, Value: value, Message: fmt.Sprintf("%q is spoken and has %s", k.v.Name, what), Hint: hint})
}

func (k *valueCheck) add(out *Rendered, p problem.Problem) {
	p.Variable, p.Value = k.v.Name, schema.Shorten(p.Value)
	out.Problems = append(out.Problems, p)
}

// isAddress guesses whether a text has a web or e-mail address in it.
func isAddress(s string) bool {
	return strings.Contains(s, "://") || strings.Contains(s, "www.") || strings.Contains(s, "@") && strings.Contains(s, ".")
}
