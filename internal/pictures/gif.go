package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"math"
	"time"
)

// playing is how long a GIF plays before it begins again.
const playing = 3 * time.Second

// size is how large a GIF is made.
type size struct {
	side    int // of the box that it fits into, in pixels
	perSec  int // pictures per second
	colours int
}

// weight grows as the bytes of a GIF do: with the pixels of all pictures and the bits of
// each.
func (s size) weight() float64 {
	return float64(s.side*s.side*s.perSec) * math.Log2(float64(s.colours))
}

// sizes returns what is tried, one after the other, until a GIF is small enough. The last
// one always is: its pictures have four bits per pixel, and six of them are 170 kB.
func sizes() []size {
	return []size{{480, 8, 128}, {480, 5, 64}, {400, 4, 64}, {320, 3, 32}, {240, 2, 16}}
}

// GIF returns the beginning of a video's scene as a GIF file, with the mark. It has at most
// [GIFBytes] bytes, and its first picture is complete.
func (m *Maker) GIF(ctx context.Context, video string) ([]byte, error) {
	scene, err := m.scene(ctx, video)
	if err != nil {
		return nil, err
	}
	most := math.Inf(1) // weight of a size that may be small enough
	for _, s := range sizes() {
		// Each try decodes the video again, so sizes that will not do are passed over.
		if s.weight() > most && s != sizes()[len(sizes())-1] {
			continue
		}
		file, err := m.animate(ctx, video, scene, s)
		if err != nil {
			return nil, err
		}
		if len(file) <= GIFBytes {
			return file, complete(file)
		}
		most = s.weight() * GIFBytes / float64(len(file))
	}
	return nil, errors.New("the smallest GIF of it is still too large for a mail")
}

// animate makes a GIF of one size. The palette is made of the pictures themselves.
func (m *Maker) animate(ctx context.Context, video string, scene scene, s size) ([]byte, error) {
	shape := fit(scene.picture.Bounds().Size(), s.side)
	var overlay bytes.Buffer
	if err := png.Encode(&overlay, mark(shape)); err != nil {
		return nil, fmt.Errorf("encode the mark: %w", err)
	}
	graph := fmt.Sprintf("[0:v]fps=%d,scale=%d:%d:flags=lanczos,setsar=1[v];[v][1:v]overlay=(W-w)/2:(H-h)/2,split[a][b];"+
		"[a]palettegen=max_colors=%d[p];[b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle", s.perSec, shape.X, shape.Y, s.colours)
	arguments := append([]string{}, "-t", seconds(playing))
	arguments = append(arguments, reading(video, scene.at)...)
	arguments = append(arguments, "-f", "png_pipe", "-i", "pipe:0", "-filter_complex", graph, "-an", "-loop", "0", "-f", "gif", "pipe:1")
	return m.call(ctx, overlay.Bytes(), arguments...)
}

// fit returns the largest size of the same shape in a square box; nothing is enlarged.
func fit(p image.Point, side int) image.Point {
	longest := max(p.X, p.Y)
	if longest <= side {
		return p
	}
	return image.Pt(max(1, p.X*side/longest), max(1, p.Y*side/longest))
}

// complete refuses a GIF whose first picture does not fill it.
func complete(file []byte) error {
	config, err := gif.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("read the GIF again: %w", err)
	}
	first, err := gif.Decode(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("read the GIF again: %w", err)
	}
	if whole := image.Rect(0, 0, config.Width, config.Height); first.Bounds() != whole {
		return fmt.Errorf("the first picture of the GIF fills %v of %v", first.Bounds(), whole)
	}
	return nil
}
