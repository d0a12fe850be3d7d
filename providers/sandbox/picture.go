package sandbox

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
)

// picture is the test picture of one video: it has what the video would say or show, so
// that a person sees that the right row is in the right video.
type picture struct {
	lines []textLine
	// written are the macroblocks with writing.
	written *[blocksDown][blocksAcross]bool
}

// textLine is one line of a picture.
type textLine struct {
	text string
	face *lettering
	top  int // in pixels
}

// caption stands above the texts.
const caption = "Test picture of the simulator: nothing was rendered, nothing was paid"

// The layout of a picture, in pixels. Lines are as high as whole macroblocks, so that few
// of these have writing.
const (
	pictureWidth  = 480
	pictureHeight = 270
	marginLeft    = 16
	textTop       = 48
	textBottom    = 256
)

// newPicture lays out the texts: large, if they have room, and else small. What has no room
// at all is cut.
func newPicture(texts []string) picture {
	large, small := letterings()
	p := picture{lines: []textLine{{caption, small, 16}}, written: new([blocksDown][blocksAcross]bool)}
	lines := large.broken(texts)
	face := large
	if len(lines) > (textBottom-textTop)/large.height {
		lines = small.broken(texts)
		face = small
	}
	if most := (textBottom - textTop) / face.height; len(lines) > most {
		lines = lines[:most]
		lines[most-1] += " …"
	}
	for i, line := range lines {
		p.lines = append(p.lines, textLine{line, face, textTop + i*face.height})
	}
	for _, l := range p.lines {
		end := min(marginLeft+l.face.width(l.text), pictureWidth-1) / 16
		for y := l.top / 16; y < (l.top+l.face.height)/16; y++ {
			for x := marginLeft / 16; x <= end; x++ {
				p.written[y][x] = true
			}
		}
	}
	return p
}

// plain reports whether a macroblock has no writing.
func (p picture) plain(x, y int) bool { return !p.written[y][x] }

// ink draws the writing: 0 is background.
func (p picture) ink() *image.Alpha {
	ink := image.NewAlpha(image.Rect(0, 0, pictureWidth, blocksDown*16))
	for _, l := range p.lines {
		l.face.draw(ink, l.text, l.top)
	}
	return ink
}

// thumbnail returns the picture as PNG.
func (p picture) thumbnail() []byte {
	bounds := image.Rect(0, 0, pictureWidth, pictureHeight)
	out := image.NewRGBA(bounds)
	draw.Draw(out, bounds, image.NewUniform(background()), image.Point{}, draw.Src)
	draw.DrawMask(out, bounds, image.White, image.Point{}, p.ink(), image.Point{}, draw.Over)
	var b bytes.Buffer
	// Writing to a buffer cannot fail.
	_ = png.Encode(&b, out)
	return b.Bytes()
}

func background() color.RGBA { return color.RGBA{R: 0x1f, G: 0x2a, B: 0x44, A: 0xff} }
