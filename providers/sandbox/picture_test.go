package sandbox

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pictures are texts as campaigns have them, and some that no picture has room for.
func pictures() map[string][]string {
	return map[string][]string{
		"a greeting":     {"Hello Zoë, how is life in Łódź? Your plan renews on 1 April 2027 for €25.00."},
		"values":         {"first_name: Ada", "tier: Gold"},
		"Greek":          {"Γειά σου Ελένη", "Привет, Анна"},
		"many words":     {strings.Repeat("Hello Ada, your plan renews in April. ", 20)},
		"too many words": {strings.Repeat("Hello Ada, your plan renews in April. ", 90)},
		"one long word":  {strings.Repeat("Donaudampfschifffahrt", 12)},
		"no font has it": {"エイダ", "\x1b[31m\u202e"},
		"nothing":        nil,
	}
}

// TestThePictureShowsWhatTheRowSays has ffmpeg decode videos: each frame is, to the pixel,
// the picture with the row's text, and two rows have two pictures.
func TestThePictureShowsWhatTheRowSays(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: what videos show is not checked")
	}
	seen := map[string]string{}
	for name, said := range pictures() {
		p := newPicture(said)
		file := video(2500*time.Millisecond, p)
		if len(file) != videoSize(2500*time.Millisecond, p) {
			t.Errorf("%s: the size without drawing is not that of the file", name)
		}
		path := filepath.Join(t.TempDir(), "video.mp4")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		decode := exec.Command(ffmpeg, "-v", "warning", "-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
		decode.Stderr = &stderr
		raw, err := decode.Output()
		if err != nil || stderr.Len() > 0 {
			t.Fatalf("%s: %v\n%s", name, err, &stderr)
		}
		const size = pictureWidth * pictureHeight * 3 / 2
		if len(raw) != 3*size {
			t.Fatalf("%s: %d bytes of pictures, want %d", name, len(raw), 3*size)
		}
		ink := p.ink()
		for i := range 3 {
			if x, y := differs(ink, raw[i*size:]); y >= 0 {
				t.Errorf("%s: frame %d differs at %d,%d", name, i, x, y)
			}
		}
		if other := seen[string(raw[:size])]; other != "" {
			t.Errorf("%s and %s look alike", name, other)
		}
		seen[string(raw[:size])] = name
	}
}

// differs finds a pixel of a frame that is not as it was drawn.
func differs(ink *image.Alpha, frame []byte) (x, y int) {
	for y := range pictureHeight {
		for x := range pictureWidth {
			if want := byte(dark + (bright-dark)*int(ink.AlphaAt(x, y).A)/255); frame[y*pictureWidth+x] != want {
				return x, y
			}
		}
	}
	return -1, -1
}

// TestTheWholeTextIsInThePicture: lines have room, and only what has none at all is cut.
func TestTheWholeTextIsInThePicture(t *testing.T) {
	for name, said := range pictures() {
		p := newPicture(said)
		var words []string
		for _, l := range p.lines[1:] {
			if width := l.face.width(strings.TrimSuffix(l.text, " …")); width > pictureWidth-2*marginLeft {
				t.Errorf("%s: the line %q is %d pixels wide", name, l.text, width)
			}
			words = append(words, strings.Fields(l.text)...)
		}
		cut := name == "too many words"
		want := strings.FieldsFunc(strings.Join(said, " "), isGap)
		if name == "one long word" {
			words, want = []string{strings.Join(words, "")}, []string{strings.Join(want, "")}
		}
		if got := slices.Equal(words, want); got == cut || cut != strings.HasSuffix(p.lines[len(p.lines)-1].text, " …") {
			t.Errorf("%s: it says %q", name, words)
		}
		thumbnail, err := png.Decode(bytes.NewReader(p.thumbnail()))
		if err != nil {
			t.Fatal(err)
		}
		bright := 0
		for y := textTop; y < textBottom; y++ {
			for x := range pictureWidth {
				if r, _, _, _ := thumbnail.At(x, y).RGBA(); r > 0x8000 {
					bright++
				}
			}
		}
		if (bright > 50) != (name != "nothing") {
			t.Errorf("%s: %d bright pixels in the thumbnail", name, bright)
		}
	}
}

func BenchmarkVideo(b *testing.B) {
	p := newPicture(pictures()["a greeting"])
	for b.Loop() {
		_ = video(30*time.Second, p)
	}
}

func BenchmarkVideoSize(b *testing.B) {
	for b.Loop() {
		_ = videoSize(30*time.Second, newPicture(pictures()["a greeting"]))
	}
}
