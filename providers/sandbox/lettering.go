package sandbox

import (
	"image"
	"image/draw"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// lettering is a font of one size, for lines of a height. It keeps the glyphs that it has
// drawn: drawing is slow, and the videos of a campaign use the same few.
type lettering struct {
	height   int // of a line, in pixels
	baseline int // below the top of a line

	mu     sync.Mutex // a font.Face is for one goroutine
	face   font.Face
	glyphs map[rune]glyph
}

// glyph is a character as it is drawn. The mask stands at an offset from the pen.
type glyph struct {
	mask    *image.Alpha
	at      image.Point
	advance fixed.Int26_6
}

// letterings returns the fonts for a few words and for many.
var letterings = sync.OnceValues(func() (large, small *lettering) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // it is part of the program
	}
	return newLettering(f, 22, 32, 23), newLettering(f, 12, 16, 12)
})

func newLettering(f *opentype.Font, size float64, height, baseline int) *lettering {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err) // only for options that are not these
	}
	return &lettering{height: height, baseline: baseline, face: face, glyphs: map[rune]glyph{}}
}

// glyph returns a character as it is drawn; the caller holds the lock. One that the font lacks is drawn as the box
// that fonts have for it.
func (l *lettering) glyph(r rune) glyph {
	if g, known := l.glyphs[r]; known {
		return g
	}
	bounds, mask, from, advance, _ := l.face.Glyph(fixed.Point26_6{}, r)
	g := glyph{at: bounds.Min, advance: advance}
	if mask != nil {
		g.mask = image.NewAlpha(image.Rectangle{Max: bounds.Size()})
		draw.Draw(g.mask, g.mask.Bounds(), mask, from, draw.Src)
	}
	l.glyphs[r] = g
	return g
}

// width is the width of a text, in pixels.
func (l *lettering) width(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum fixed.Int26_6
	for _, r := range text {
		sum += l.glyph(r).advance
	}
	return sum.Ceil()
}

// draw writes a line.
func (l *lettering) draw(on *image.Alpha, text string, top int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pen := fixed.I(marginLeft)
	line := image.Rect(0, top, pictureWidth, top+l.height) // outside it, macroblocks may have no writing
	for _, r := range text {
		g := l.glyph(r)
		if g.mask != nil {
			at := g.at.Add(image.Pt(pen.Round(), top+l.baseline))
			box := g.mask.Bounds().Add(at)
			clipped := box.Intersect(line)
			draw.DrawMask(on, clipped, image.Opaque, image.Point{}, g.mask, clipped.Min.Sub(box.Min), draw.Over)
		}
		pen += g.advance
	}
}

// broken breaks texts into lines: at blanks, and within words that are too long.
func (l *lettering) broken(texts []string) (lines []string) {
	for _, text := range texts {
		line := ""
		for _, word := range strings.FieldsFunc(text, isGap) {
			for !l.fits(word) {
				head := l.head(word)
				lines = appendLine(lines, line)
				lines, line, word = append(lines, head), "", word[len(head):]
			}
			if line != "" && !l.fits(line+" "+word) {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimLeft(line+" "+word, " ")
		}
		lines = appendLine(lines, line)
	}
	return lines
}

// isGap reports whether a character separates words. One that is not printed separates
// them as well.
func isGap(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

func appendLine(lines []string, line string) []string {
	if line == "" {
		return lines
	}
	return append(lines, line)
}

func (l *lettering) fits(line string) bool { return l.width(line) <= pictureWidth-2*marginLeft }

// head is the longest beginning of a word that has room in a line.
func (l *lettering) head(word string) string {
	end := 0
	for i, r := range word {
		if next := i + len(string(r)); i == 0 || l.fits(word[:next]) {
			end = next
			continue
		}
		break
	}
	return word[:end]
}
