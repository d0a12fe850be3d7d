package report

import (
	"strings"
	"unicode"
)

// letters is the height of letters in a picture, as the style sheet has it.
const letters px = 13

// label is text in a picture.
type label struct {
	X, Y   px // where it begins, ends or has its middle, on the line it stands on
	Anchor string
	Class  string
	Text   string
}

// write puts text into a picture; none is not written.
func (p *picture) write(l label) {
	if l.Text != "" {
		p.Texts = append(p.Texts, l)
	}
}

// box is the room that the label takes at the most.
func (l label) box() frame {
	width := textWidth(l.Text)
	left := map[string]px{"middle": l.X - width/2, "end": l.X - width}
	if _, ok := left[l.Anchor]; !ok {
		left[l.Anchor] = l.X
	}
	return frame{left[l.Anchor], l.Y - letters*0.8, left[l.Anchor] + width, l.Y + letters*0.25}
}

// trim shortens text to a width.
func trim(text string, width px) string {
	if textWidth(text) <= width {
		return text
	}
	room := width - textWidth("…")
	for i, r := range text {
		if room -= letterWidth(r); room < 0 {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// textWidth is the room that text takes at the most. A page has the fonts of the
// machine that shows it: the widest usual one counts.
func textWidth(text string) (width px) {
	for _, r := range text {
		width += letterWidth(r)
	}
	return width
}

func letterWidth(r rune) px {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return 0
	case strings.ContainsRune("ijlI|'.,:;!`", r):
		return 0.4 * letters
	case strings.ContainsRune(" ()[]{}/\\frt-\"", r):
		return 0.47 * letters
	case strings.ContainsRune("mwMW%@—…", r):
		return 1.03 * letters
	case r < unicode.MaxASCII && !unicode.IsUpper(r) && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return 0.65 * letters
	case r < 0x600:
		return 0.85 * letters
	case r < 0x1F000:
		return 1.1 * letters
	}
	return 1.4 * letters
}
