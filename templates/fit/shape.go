package fit

import (
	"slices"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
)

// shaper measures runs of characters in one font and size.
type shaper struct {
	face   *font.Face
	font   *harfbuzz.Font
	buffer *harfbuzz.Buffer
	pixels float64 // of one unit of the font
	failed bool    // the font could not be used
}

func newShaper(f *Font, size float64) *shaper {
	face := font.NewFace(f.font)
	face.SetVariations(f.axes(size))
	s := &shaper{face: face, font: harfbuzz.NewFont(face), buffer: harfbuzz.NewBuffer()}
	s.pixels = size / float64(f.font.Upem())
	return s
}

// hyphen is the width of the sign that is drawn where a word is broken at a soft hyphen.
func (s *shaper) hyphen() float64 {
	for _, r := range []rune{'\u2010', '-'} {
		if width, missing := s.width([]rune{r}); missing == 0 {
			return width
		}
	}
	return 0
}

// width measures characters without a break, and returns the first one that the font
// lacks; 0 when it has all of them.
func (s *shaper) width(text []rune) (pixels float64, missing rune) {
	defer func() {
		if recover() != nil {
			s.failed = true // a damaged font: nothing is known, and nothing is claimed
		}
	}()
	for from := 0; from < len(text); {
		script, to := run(text, from)
		units, lacks := s.shape(text, from, to, script)
		pixels += float64(units) * s.pixels
		if missing == 0 {
			missing = lacks
		}
		from = to
	}
	return pixels, missing
}

// shape measures a run of one script, in units of the font.
func (s *shaper) shape(text []rune, from, to int, script language.Script) (units int64, missing rune) {
	b := s.buffer
	b.Clear()
	b.Props = harfbuzz.SegmentProperties{Script: script, Direction: harfbuzz.LeftToRight}
	if isRightToLeft(script) {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	b.AddRunes(text, from, to-from)
	b.Shape(s.font, nil)
	for i := range b.Info {
		units += int64(b.Pos[i].XAdvance)
		if r := text[b.Info[i].Cluster]; b.Info[i].Glyph == 0 && missing == 0 && !harfbuzz.IsDefaultIgnorable(r) {
			missing = r
		}
	}
	return units, missing
}

// run finds the end of a run of one script. What all scripts share, such as digits, belongs
// to the script before it; at the beginning of a text, to the first one that comes.
func run(text []rune, from int) (script language.Script, to int) {
	script = language.Common
	for to = from; to < len(text); to++ {
		is := scriptOf(text[to])
		switch {
		case is == language.Common || is == language.Inherited || is == script:
		case script == language.Common:
			script = is
		default:
			return script, to
		}
	}
	return script, to
}

func scriptOf(r rune) language.Script {
	switch {
	case r|0x20 >= 'a' && r|0x20 <= 'z':
		return language.Latin
	case r < 0x80:
		return language.Common
	}
	return language.LookupScript(r)
}

func isRightToLeft(s language.Script) bool {
	return slices.Contains([]language.Script{language.Arabic, language.Hebrew, language.Syriac, language.Thaana, language.Nko, language.Adlam}, s)
}
