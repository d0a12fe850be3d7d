package storyboard

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif" // pictures of rows may be GIF, JPEG or PNG
	"image/jpeg"
	_ "image/png" // see above

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // see above

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// The limits of pictures: a small file may unpack to more than there is memory.
const (
	mostBytes  = 50 << 20
	mostPoints = 40_000_000
	widest     = 640 // pixels of a picture in the page
)

// PictureError is returned for a file that is no picture that can be shown.
type PictureError struct{ Why string }

// Error returns the reason.
func (e *PictureError) Error() string { return e.Why }

// Inline reads a picture, makes it small and returns it as a data URL. It is drawn anew, so
// that nothing of the file but its picture comes into a page: no script of an SVG, no
// animation, no place where it was taken.
func Inline(path string) (string, error) {
	data, err := atomicfile.Read(path, mostBytes)
	if err != nil {
		return "", err
	}
	about, kind, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return "", &PictureError{"it is no GIF, JPEG, PNG or WebP picture"}
	case about.Width < 1 || about.Height < 1 || about.Width > mostPoints/about.Height:
		return "", &PictureError{fmt.Sprintf("the %s picture has %d × %d pixels, which are too many", kind, about.Width, about.Height)}
	}
	full, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", &PictureError{"the picture is damaged"}
	}
	small := image.NewRGBA(fitted(full.Bounds()))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // JPEG has no transparency
	draw.BiLinear.Scale(small, small.Bounds(), full, full.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 80}); err != nil {
		return "", fmt.Errorf("encode picture: %w", err)
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// fitted is the size in the page, of the same shape.
func fitted(b image.Rectangle) image.Rectangle {
	width, height := b.Dx(), b.Dy()
	if longest := max(width, height); longest > widest {
		width, height = max(1, width*widest/longest), max(1, height*widest/longest)
	}
	return image.Rect(0, 0, width, height)
}
