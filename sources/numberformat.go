package sources

import (
	"strconv"
	"strings"
)

// numberFormat is a format code of a workbook, as "#,##0.00 €;[Red]-0", in a
// form that writes numbers.
//
// It is ours because a wrong digit ends up in a video: excelize 2.11.0 ignores
// the section for zero and conditions such as [<=9999999].
type numberFormat struct {
	sections []section
	text     *section // for texts: the section with an @
}

// section is one of the up to four parts of a format code.
type section struct {
	items    []item
	cond     string // "<", "<=", "=", "<>", ">", ">=" or ""
	limit    float64
	ints     int // placeholders before the decimal point
	fracs    int // and behind it
	thousand bool
	scale    int // powers of ten to multiply with: 2 for %, -3 for a trailing comma
	date     bool
	general  bool
	fraction bool // there is a / between placeholders: "# ?/?"
	unknown  bool // scientific notation
}

// item is a literal text or a placeholder.
type item struct {
	kind byte // 'L' literal, '0' '#' '?' placeholders, '.' point, '/' of a fraction, '@' text, 'G' General
	text string
}

// parseFormat reads a format code.
func parseFormat(code string) *numberFormat {
	f := &numberFormat{}
	for _, s := range splitSections(code) {
		f.sections = append(f.sections, parseSection(s))
	}
	for i := range f.sections {
		for _, it := range f.sections[i].items {
			if it.kind == '@' {
				f.text = &f.sections[i]
			}
		}
	}
	if f.text == nil && len(f.sections) > 3 {
		f.text = &f.sections[3]
	}
	if len(f.sections) > 3 {
		f.sections = f.sections[:3]
	}
	return f
}

// splitSections cuts a code at each ; that stands for itself.
func splitSections(code string) []string {
	var out []string
	from := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += closing(code[i+1:], '"')
		case '[':
			i += closing(code[i+1:], ']')
		case '\\', '_', '*':
			i++
		case ';':
			out = append(out, code[from:i])
			from = i + 1
		}
	}
	return append(out, code[from:])
}

// closing returns how many bytes there are up to and including a mark.
func closing(s string, mark byte) int {
	if i := strings.IndexByte(s, mark); i >= 0 {
		return i + 1
	}
	return len(s)
}

// parseSection reads one section.
func parseSection(s string) section {
	p := section{}
	if strings.EqualFold(strings.TrimSpace(s), "general") {
		return section{general: true}
	}
	for i := 0; i < len(s); {
		i += p.take(s[i:])
	}
	p.commas()
	return p
}

// take reads what stands at the start of s and returns its length.
func (p *section) take(s string) int {
	switch c := s[0]; c {
	case '"':
		n := closing(s[1:], '"')
		p.literal(strings.TrimSuffix(s[1:1+n], `"`))
		return 1 + n
	case '[':
		n := closing(s[1:], ']')
		p.bracket(strings.TrimSuffix(s[1:1+n], "]"))
		return 1 + n
	case '\\':
		return p.escaped(s)
	case '_':
		p.literal(" ")
		return 1 + runeLen(s[1:])
	case '*':
		return 1 + runeLen(s[1:])
	case '0', '#', '?', '.', ',', '@':
		p.items = append(p.items, item{kind: c})
		return 1
	case '%':
		p.scale += 2
		p.literal("%")
		return 1
	}
	return p.word(s)
}

// escaped reads a character behind a backslash.
func (p *section) escaped(s string) int {
	n := runeLen(s[1:])
	p.literal(s[1 : 1+n])
	return 1 + n
}

// runeLen returns the length of the first character.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// literal adds text that is shown as it is.
func (p *section) literal(s string) { p.items = append(p.items, item{kind: 'L', text: s}) }

// word reads letters that mean something, else a literal character.
func (p *section) word(s string) int {
	lower := strings.ToLower(s[:min(len(s), 7)])
	switch {
	case strings.HasPrefix(lower, "general"):
		p.general = true
		p.items = append(p.items, item{kind: 'G'})
		return 7
	case strings.HasPrefix(lower, "e+"), strings.HasPrefix(lower, "e-"):
		p.unknown = true
		return 2
	case strings.ContainsRune("ymdhs", rune(lower[0])), strings.HasPrefix(lower, "am/pm"), strings.HasPrefix(lower, "a/p"):
		p.date = true
		return 1
	case s[0] == '/' && p.slashOfFraction():
		p.fraction = true
		p.items = append(p.items, item{kind: '/'})
		return 1
	}
	n := runeLen(s)
	p.literal(s[:n])
	return n
}

// slashOfFraction reports whether a / follows a placeholder: "# ?/?".
func (p *section) slashOfFraction() bool {
	n := len(p.items)
	return n > 0 && strings.IndexByte("0#?", p.items[n-1].kind) >= 0
}

// bracket reads what stands in brackets: a currency, a condition, elapsed
// time; colours are not shown.
func (p *section) bracket(s string) {
	switch {
	case strings.HasPrefix(s, "$"):
		symbol, _, _ := strings.Cut(s[1:], "-")
		p.literal(symbol)
	case s != "" && strings.IndexByte("<>=", s[0]) >= 0:
		n := len(s) - len(strings.TrimLeft(s, "<>="))
		limit, err := strconv.ParseFloat(s[n:], 64)
		if err == nil {
			p.cond, p.limit = s[:n], limit
		}
	case s != "" && strings.Trim(strings.ToLower(s), "h") == "", s != "" && strings.Trim(strings.ToLower(s), "m") == "",
		s != "" && strings.Trim(strings.ToLower(s), "s") == "":
		p.date = true
	}
}

// commas tells apart the comma that groups thousands, the one that divides by
// a thousand, and the one that is text; and counts placeholders.
func (p *section) commas() {
	point, last := false, -1
	for i, it := range p.items {
		switch it.kind {
		case '.':
			if point {
				p.items[i] = item{kind: 'L', text: "."}
			}
			point = true
		case '0', '#', '?':
			last = i
			if point {
				p.fracs++
			} else {
				p.ints++
			}
		}
	}
	kept := p.items[:0]
	seen, behind := false, false
	for i, it := range p.items {
		switch {
		case it.kind != ',':
			seen = seen || it.kind == '0' || it.kind == '#' || it.kind == '?'
			behind = behind || it.kind == '.'
			kept = append(kept, it)
		case !seen:
			kept = append(kept, item{kind: 'L', text: ","})
		case i > last:
			p.scale -= 3
		case !behind:
			p.scaleOrGroup(i)
		}
	}
	p.items = kept
}

// scaleOrGroup decides on a comma between placeholders: in front of the point
// it divides, else it groups.
func (p *section) scaleOrGroup(at int) {
	for _, it := range p.items[at+1:] {
		switch it.kind {
		case ',':
			continue
		case '.':
			p.scale -= 3
			return
		}
		break
	}
	p.thousand = true
}
