package pictures_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/internal/pictures"
)

// maker returns a maker, and the path of a video that ffmpeg made of a source.
func maker(t *testing.T, name, source string) (*pictures.Maker, string) {
	t.Helper()
	m, err := pictures.Find()
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed; no picture is made")
	}
	video := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-f", "mp4", "file:"+video).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return m, video
}

// TestPicturesOfVideosHaveTheMarkAndFitAMail makes pictures of videos of several shapes.
func TestPicturesOfVideosHaveTheMarkAndFitAMail(t *testing.T) {
	for name, source := range map[string]string{
		"wide.mp4":                    "testsrc2=duration=2:size=1280x720:rate=5",
		"tall ünd -i % 50%d: 🎬.mp4":   "testsrc2=duration=2:size=360x640:rate=10",
		"-tiny.mp4":                   "testsrc2=duration=1:size=64x48:rate=5",
		"hard to compress.mp4":        "nullsrc=s=320x240:d=3.2:r=8,geq=random(1)*255:128:128",
		"black, then something.mp4":   "color=black:s=320x180:d=4:r=5,drawbox=x=10:y=10:w=80:h=60:color=red:t=fill:enable=gte(t\\,1.6)",
		"black from end to end.mp4":   "color=black:s=320x180:d=1:r=5",
		"pixels that are no squares":  "testsrc2=duration=1:size=360x288:rate=5,setsar=16/11",
		"less than a second long.mp4": "testsrc2=duration=0.2:size=320x180:rate=10",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, video := maker(t, name, source)
			still, err := m.Still(t.Context(), video)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := jpeg.Decode(bytes.NewReader(still))
			if err != nil {
				t.Fatal(err)
			}
			if size := picture.Bounds().Size(); size.X > 600 || size.Y > 800 {
				t.Errorf("the still has %v pixels", size)
			}
			isMarked(t, picture)
			isGIF(t, m, video)
			if name == "black, then something.mp4" && !isRed(picture.At(50, 40)) {
				t.Errorf("the still is one of the black pictures: %v", picture.At(50, 40))
			}
			if size := picture.Bounds().Size(); name == "pixels that are no squares" && size != image.Pt(523, 288) {
				t.Errorf("the still has %v pixels", size)
			}
		})
	}
}

func isGIF(t *testing.T, m *pictures.Maker, video string) {
	t.Helper()
	file, err := m.GIF(t.Context(), video)
	if err != nil {
		t.Fatal(err)
	}
	if len(file) > 1_000_000 {
		t.Errorf("the GIF has %d bytes", len(file))
	}
	all, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	first := all.Image[0]
	if want := image.Rect(0, 0, all.Config.Width, all.Config.Height); first.Rect != want {
		t.Errorf("the first picture fills %v of %v", first.Rect, want)
	}
	for y := range first.Rect.Dy() {
		for x := range first.Rect.Dx() {
			if _, _, _, alpha := first.At(x, y).RGBA(); alpha == 0 {
				t.Fatalf("the first picture has a hole at %d, %d", x, y)
			}
		}
	}
	isMarked(t, first)
}

// isMarked wants a white triangle in the middle of a picture, and a white ring around it.
func isMarked(t *testing.T, p image.Image) {
	t.Helper()
	size := p.Bounds().Size()
	middle := p.Bounds().Min.Add(size.Div(2))
	radius := image.Pt(max(24, int(0.30*float64(min(size.X, size.Y))))/2, 0)
	for _, at := range []image.Point{middle, middle.Add(radius), middle.Sub(radius)} {
		brightest := uint32(0)
		for x := at.X - 3; x <= at.X+3; x++ { // ffmpeg lays pictures over each other at even pixels
			r, g, b, _ := p.At(x, at.Y).RGBA()
			brightest = max(brightest, min(r, g, b))
		}
		if brightest < 0xb000 {
			t.Errorf("the mark is not white at %v of %v", at, size)
		}
	}
}

func isRed(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r > 0xa000 && g < 0x5000 && b < 0x5000
}

// TestWhatIsNoVideoGivesNoPicture: none of these files makes ffmpeg read another one.
func TestWhatIsNoVideoGivesNoPicture(t *testing.T) {
	m, video := maker(t, "whole.mp4", "testsrc2=duration=1:size=64x48:rate=5")
	whole, err := os.ReadFile(video)
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret.txt")
	for name, content := range map[string][]byte{
		"an empty file": {},
		"a playlist":    []byte("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile://" + secret + "\n#EXT-X-ENDLIST\n"),
		"a list":        []byte("ffconcat version 1.0\nfile '" + secret + "'\n"),
		"a web page":    []byte("<html>404</html>"),
		"a cut file":    whole[:len(whole)/2],
		"half zeroes":   append(bytes.Clone(whole[:40]), make([]byte, len(whole)-40)...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "video.mp4")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if file, err := m.Still(t.Context(), path); err == nil {
				t.Errorf("a still of %d bytes", len(file))
			}
			if file, err := m.GIF(t.Context(), path); err == nil {
				t.Errorf("a GIF of %d bytes", len(file))
			}
		})
	}
}

func TestAMissingProgramIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := pictures.Find(); !errors.Is(err, pictures.ErrMissing) {
		t.Errorf("%v", err)
	}
}
