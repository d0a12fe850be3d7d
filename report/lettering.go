package report

import (
	"strings"
	"unicode"
)

// letters is the size of letters in a picture, in pixels. The style sheet has the same.
const letters px = 13

// label is text in a picture.
type label struct {
	X, Y   px // where it begins, ends or has its middle, on the line it stands on
	Anchor string
	Class  string
	Text   string
}

// write puts text into a picture, unless it is empty.
func (p *picture) write(l label) {
	if l.Text != "" {
		p.Texts = append(p.Texts, l)
	}
}

// box returns the most room that the label can take.
func (l label) box() frame {
	width := textWidth(l.Text)
	left := map[string]px{"middle": l.X - width/2, "end": l.X - width}
	if _, ok := left[l.Anchor]; !ok {
		left[l.Anchor] = l.X
	}
	return frame{left[l.Anchor], l.Y - letters*0.8, left[l.Anchor] + width, l.Y + letters*0.25}
}

// trim shortens text until it fits a width, and ends it with an ellipsis.
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

// textWidth returns the most room that text can take. A page is shown in the fonts of the
// reader's machine, which are not known here, so the widest usual font counts.
func textWidth(text string) (width px) {
	for _, r := range text {
		width += letterWidth(r)
	}
	return width
}

// letterWidth estimates the width of a letter from its kind, and rather too wide than too
// narrow. Marks that are drawn onto the letter before take no room; letters of East Asia
// and emoji take the most.
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
