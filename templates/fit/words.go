package fit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
)

// token is a stretch of a text that stays on one line, with the blanks behind it. Its
// characters are text[from:to].
type token struct {
	text     []rune // the whole text
	from, to int    // without the blanks
	width    float64
	blanks   float64 // how wide the blanks are, if another token follows on the line
	soft     bool    // it ends in a soft hyphen, which is seen at the end of a line
	hard     bool    // the line ends here
	missing  rune    // that the font lacks
	doubt    bool    // whether it can be broken, or ends here, is not sure
}

func (t *token) core() []rune { return t.text[t.from:t.to] }

// word is what is remembered of a token's characters.
type word struct {
	width   float64
	missing rune
}

// What is remembered: a sheet with a million names must not fill memory.
const (
	mostWords   = 4_096
	longestWord = 64 // bytes
)

const softHyphen = '\u00ad'

// breaker finds out where lines may break.
type breaker struct{ segments segmenter.Segmenter }

// tokens cuts a text where a line may break for sure.
func (w *Fitter) tokens(text string) []token {
	runes := w.runes(text)
	w.breaks.segments.Init(runes)
	lines := w.breaks.segments.LineIterator()
	var out []token
	start := 0
	next := 0
	hard := false // the place where the segmenter would break next
	for at := 1; at <= len(runes); at++ {
		for next < at && lines.Next() {
			line := lines.Line()
			next = line.Offset + len(line.Text)
			hard = line.IsMandatoryBreak
		}
		if next == at && hard || breaks(runes, at, next == at) {
			out = append(out, w.token(runes, start, at, next == at && hard))
			start = at
		}
	}
	return out
}

// runes are the characters that are shown.
func (w *Fitter) runes(text string) []rune {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if w.box.Upper {
		text = w.upper.String(text)
	}
	runes := []rune(text)
	return runes[:min(len(runes), longestText)]
}

// token measures one token.
func (w *Fitter) token(text []rune, from, end int, hard bool) token {
	t := token{text: text, from: from, to: end, hard: hard}
	for t.to > from && (text[t.to-1] == ' ' || text[t.to-1] == '\n') {
		t.to--
	}
	if n := count(text[t.to:end], ' '); n > 0 {
		t.blanks = float64(n) * w.word([]rune{' '}).width
	}
	core := t.core()
	found := w.word(core)
	t.width = found.width
	t.missing = unclear(core)
	if t.missing == 0 {
		t.missing = found.missing
	}
	t.soft = len(core) > 0 && core[len(core)-1] == softHyphen
	t.doubt = mayBreak(core) || end < len(text) && !hard && t.to == end && !t.soft && isDoubtful(text[end-1], text[end])
	return t
}

func count(text []rune, r rune) (n int) {
	for _, one := range text {
		if one == r {
			n++
		}
	}
	return n
}

// word measures characters, or remembers their width.
func (w *Fitter) word(text []rune) word {
	var key [longestWord]byte
	n := 0
	for _, r := range text {
		if n+utf8.UTFMax > len(key) {
			return w.measure(text)
		}
		n += utf8.EncodeRune(key[n:], r)
	}
	known, is := w.words[string(key[:n])]
	if is {
		return known
	}
	if len(w.words) >= mostWords {
		clear(w.words)
	}
	known = w.measure(text)
	w.words[string(key[:n])] = known
	return known
}

func (w *Fitter) measure(text []rune) word {
	if len(text) == 0 {
		return word{}
	}
	width, missing := w.shaper.width(text)
	return word{width, missing}
}

// split cuts tokens at every place where a line may break in some program.
func (w *Fitter) split(tokens []token) (out []token) {
	for _, t := range tokens {
		from := t.from
		for i := from + 1; i < t.to; i++ {
			if isDoubtful(t.text[i-1], t.text[i]) {
				out = append(out, w.token(t.text, from, i, false))
				from = i
			}
		}
		last := w.token(t.text, from, t.to, t.hard)
		last.blanks = t.blanks
		out = append(out, last)
	}
	return out
}

// strange returns a character of which it is not known how it is drawn; 0: there is none.
func strange(tokens []token) rune {
	for i := range tokens {
		if tokens[i].missing != 0 {
			return tokens[i].missing
		}
	}
	return 0
}

// doubtful reports whether it is not sure where the text's lines may break.
func doubtful(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.doubt })
}

// mayBreak reports whether some programs break a line between these characters.
func mayBreak(text []rune) bool {
	for i := 1; i < len(text); i++ {
		if isDoubtful(text[i-1], text[i]) {
			return true
		}
	}
	return false
}

// breaks reports whether every program may break a line in front of a character; rule is
// what UAX 14 says of it. Between signs of ASCII browsers have rules of their own.
func breaks(text []rune, at int, rule bool) bool {
	before, after := text[at-1], rune(0)
	if at < len(text) {
		after = text[at]
	}
	switch {
	case at == len(text):
		return true
	case before == ' ' && after < 0x80:
		return after != ' '
	case before < 0x80 && after < 0x80:
		return breaksASCII(text, at)
	case before == '-' && at > 1 && unicode.Is(unicode.Hebrew, text[at-2]) && unicode.Is(unicode.Hebrew, after):
		return true // since Unicode 15.1; the rule here is of an earlier one
	case !rule:
		return false
	}
	return before == ' ' || before == softHyphen || !isDoubtful(before, after)
}

// breaksASCII reports whether a browser breaks a line between two signs of ASCII: in front
// of an opening bracket, behind a question mark, and behind a hyphen that is no minus.
func breaksASCII(text []rune, at int) bool {
	before, after := text[at-1], text[at]
	switch {
	case before == '-' && after >= '0' && after <= '9':
		return at > 1 && text[at-2] < 0x80 && (unicode.IsLetter(text[at-2]) || unicode.IsDigit(text[at-2]))
	case before == '-':
		return !strings.ContainsRune(" !$),./:;?]}", after)
	case before == '?':
		return !strings.ContainsRune(" !\"'),./:;?]}", after)
	}
	return strings.ContainsRune("(<[{", after) && strings.ContainsRune("!\"#%&)*+,.:;=>\\]|}~", before)
}

// isDoubtful reports whether programs differ about a break between two characters. Scripts
// without blanks are broken by dictionaries; around punctuation of East Asia there are
// strict and loose rules.
func isDoubtful(before, after rune) bool {
	if before < 0x80 && after < 0x80 || unicode.In(after, unicode.Mn, unicode.Mc) {
		return false
	}
	if isIdeograph(before) && isIdeograph(after) {
		return false // all break between them
	}
	return isUnspaced(before) && isUnspaced(after) || isEastAsian(before) || isEastAsian(after)
}

// isIdeograph knows the characters between which all programs break.
func isIdeograph(r rune) bool { return unicode.Is(unicode.Han, r) || r >= 0xac00 && r <= 0xd7a3 }

func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tai_Tham, unicode.New_Tai_Lue, unicode.Tai_Le, unicode.Tai_Viet)
}

func isEastAsian(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe4f || r >= 0xff00 && r <= 0xffef || r >= 0x20000 && r <= 0x3ffff
}

// unclear returns a character that programs draw in a font of their own choice, or in a
// way of their own; 0: there is none.
func unclear(text []rune) rune {
	for _, r := range text {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r == '\u3000':
			return r // a control, or a blank that some hang over the edge
		case r == '\ufe0f', r == '\u20e3', r >= 0x1f000 && r <= 0x1faff, r >= 0x2614 && r <= 0x27bf, r >= 0x231a && r <= 0x23ff:
			return r // an emoji, or what makes one of the sign before it
		case r >= 0xe0000 && r <= 0xe0fff, r == 0x2b50, r == 0x2b55, r == 0x2b1b, r == 0x2b1c:
			return r
		}
	}
	return 0
}
