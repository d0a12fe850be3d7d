package storyboard_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/storyboard"
	"github.com/reelmerge/reelmerge/templates"
)

func none(string) string { return "" }

func TestScenesOfAPayload(t *testing.T) {
	document := `{"settings": {"videoSize": {"width": 1280, "height": 720}}, "scenes": [
	 {"name": "one", "tracks": [
	  {"type": "actor", "actor": "karen", "view": "left", "text": "Hello Ada.", "position": {"x": 10, "y": 20}, "size": {"width": 300, "height": 400}, "rotation": 5},
	  {"type": "text", "text": "Ada", "position": {"x": 1, "y": 2}, "size": {"width": 3, "height": 4}},
	  {"type": "image", "imageUrl": "https://cdn.example.com/a.png?token=secret"},
	  {"type": "confetti", "position": {"x": 1, "y": 2}}]},
	 {"name": "two", "tracks": []}]}`
	five := &templates.SecondsNote{Low: 4, Likely: 5, High: 6}
	canvas, scenes := storyboard.Row{Document: []byte(document), Notes: []templates.SceneNote{{Seconds: five}, {}}, Pictures: func(address string) string { return "data:" + address }}.Scenes()
	if canvas != (report.Canvas{Width: 1280, Height: 720}) || len(scenes) != 2 || scenes[0].Script != "Hello Ada." {
		t.Fatalf("%+v %+v", canvas, scenes)
	}
	var got []string
	for _, e := range scenes[0].Elements {
		got = append(got, fmt.Sprintf("%s %v,%v %v×%v %v° %d %s %q", e.Kind, e.X, e.Y, e.Width, e.Height, e.Rotation, e.Z, e.Label, e.Says))
	}
	want := []string{
		`actor 10,20 300×400 5° 0 stand-in "karen left"`, `text 1,2 3×4 0° 1 stand-in "Ada"`,
		`image 0,0 1280×720 0° 2 stand-in "a.png"`, `confetti 1,2 1280×720 0° 3 not shown ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !scenes[0].Elements[0].Mirrored || *scenes[1].Start != 5 || scenes[1].Likely != nil {
		t.Errorf("%+v", scenes[1])
	}
}

// TestPayloadsOfStrangers: what cannot be read or drawn is left out, and nothing fails.
func TestPayloadsOfStrangers(t *testing.T) {
	many := strings.Repeat(`{"type": "shape"},`, 700)
	for document, want := range map[string]string{
		``: "0 scenes", `{`: "0 scenes", `[]`: "0 scenes", `{"scenes": 7}`: "0 scenes",
		`{"scenes": [{"tracks": [7, null, "x", {"type": 3}]}]}`:                                                                   "1 scenes, 4 elements",
		`{"scenes": [{"tracks": [` + many + `{"type": "shape"}]}]}`:                                                               "1 scenes, 500 elements, 201 hidden",
		`{"settings": {"videoSize": {"width": 1, "height": 1}}, "scenes": [{}]}`:                                                  "1 scenes",
		`{"settings": {"videoSize": {"width": -5, "height": 1e300}}, "scenes": [{}]}`:                                             "1 scenes",
		`{"scenes": [{"tracks": [{"type": "text", "text": "` + strings.Repeat("<b>x ", 40_000) + `"}]}]}`:                         "1 scenes, 1 elements",
		`{"scenes": [{"tracks": [{"type": "text", "position": {"x": 1e308, "y": -1e308}, "size": {"width": 0, "height": -1}}]}]}`: "1 scenes, 1 elements",
	} {
		canvas, scenes := storyboard.Row{Document: []byte(document), Pictures: none}.Scenes()
		got := fmt.Sprintf("%d scenes", len(scenes))
		for _, s := range scenes {
			if len(s.Elements) > 0 {
				got += fmt.Sprintf(", %d elements", len(s.Elements))
			}
			if s.Hidden > 0 {
				got += fmt.Sprintf(", %d hidden", s.Hidden)
			}
		}
		if got != want || canvas.Width < 1 || canvas.Height < 1 || canvas.Height > 100_000 {
			t.Errorf("%.60s: %s on %+v, want %s", document, got, canvas, want)
		}
		var page bytes.Buffer
		board := report.Storyboard{Rows: []report.StoryRow{{Canvas: canvas, Scenes: scenes}}}
		if err := board.WriteHTML(&page); err != nil || page.Len() > 3<<20 || strings.Contains(page.String(), "<b>x") || strings.Contains(page.String(), "ZgotmplZ") {
			t.Errorf("%.60s: a page of %d bytes: %v", document, page.Len(), err)
		}
	}
}

func TestPictures(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a picture":     {pngOf(t, 1600, 900), "640x360"},
		"a small one":   {pngOf(t, 20, 10), "20x10"},
		"an animation":  {animated(t), "30x30"},
		"an SVG":        {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "it is no GIF, JPEG, PNG or WebP picture"},
		"a page":        {[]byte("<html>"), "it is no GIF, JPEG, PNG or WebP picture"},
		"a bomb":        {claiming(60_000, 60_000), "the png picture has 60000 × 60000 pixels, which are too many"},
		"half a file":   {pngOf(t, 1600, 900)[:200], "the picture is damaged"},
		"only its head": {claiming(300, 300), "the picture is damaged"},
	} {
		got, err := storyboard.Inline(write(strings.ReplaceAll(name, " ", "-"), tt.data))
		if err != nil {
			got = err.Error()
		} else {
			data, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(got, "data:image/jpeg;base64,"))
			about, err := jpeg.DecodeConfig(bytes.NewReader(data))
			if err != nil {
				t.Fatal(name, err)
			}
			got = fmt.Sprintf("%dx%d", about.Width, about.Height)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if _, err := storyboard.Inline(filepath.Join(folder, "missing.png")); err == nil {
		t.Error("a picture that is missing is shown")
	}
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is the head of a picture that says how large it is, and has nothing in it.
func claiming(width, height uint32) []byte {
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], width)
	binary.BigEndian.PutUint32(head[8:], height)
	copy(head[12:], []byte{8, 6})
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func animated(t *testing.T) []byte {
	t.Helper()
	frame := image.NewPaletted(image.Rect(0, 0, 30, 30), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
