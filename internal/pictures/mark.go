package pictures

import (
	"image"
	"image/color"
	"image/draw"
)

// Parts of the mark, as shares of its size.
const (
	ofSide = 0.30 // of the shorter side of the picture
	least  = 24   // pixels
	ring   = 0.06 // of the mark: the white ring around the disc
)

// marked returns a copy of a picture with the mark in its middle.
func marked(p image.Image) image.Image {
	whole := image.NewRGBA(image.Rect(0, 0, p.Bounds().Dx(), p.Bounds().Dy()))
	draw.Draw(whole, whole.Bounds(), p, p.Bounds().Min, draw.Src)
	over := mark(whole.Bounds().Size())
	corner := image.Pt((whole.Rect.Dx()-over.Rect.Dx())/2, (whole.Rect.Dy()-over.Rect.Dy())/2)
	draw.Draw(whole, over.Bounds().Add(corner), over, image.Point{}, draw.Over)
	return whole
}

// mark draws the mark for a picture of a size: a white triangle on a dark disc with a
// white ring, which is seen on any picture.
func mark(of image.Point) *image.NRGBA {
	side := max(least, int(ofSide*float64(min(of.X, of.Y))))
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			picture.SetNRGBA(x, y, pixel(x, y, side))
		}
	}
	return picture
}

// pixel mixes samples of the mark, so that its edges are smooth.
func pixel(x, y, side int) color.NRGBA {
	const samples = 4 // along each side of a pixel
	var light, cover float64
	for i := range samples * samples {
		u := (float64(x) + (float64(i%samples)+0.5)/samples) / float64(side)
		v := (float64(y) + (float64(i/samples)+0.5)/samples) / float64(side)
		l, c := sample(u, v)
		light += l * c
		cover += c
	}
	if cover == 0 {
		return color.NRGBA{}
	}
	white := uint8(255 * light / cover)
	return color.NRGBA{white, white, white, uint8(255 * cover / (samples * samples))}
}

// sample returns the light and the cover of a point of the mark, whose sides are 1 long.
func sample(u, v float64) (light, cover float64) {
	x := u - 0.5
	y := v - 0.5
	switch distance := x*x + y*y; {
	case distance > 0.5*0.5:
		return 0, 0
	case distance > (0.5-ring)*(0.5-ring):
		return 1, 1
	// The triangle points to the right. Its middle is that of the disc.
	case x > -0.14 && x < 0.24 && y < (0.24-x)*0.58 && y > -(0.24-x)*0.58:
		return 1, 1
	}
	return 0, 0.6
}
