package reelmerge_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
)

// TestPicturesThatCannotBeShownAreNamed: a picture that is missing, too large, no picture, a
// program or a bomb is told with its row, and the page has none of it. An animation is shown
// as its first picture.
func TestPicturesThatCannotBeShownAreNamed(t *testing.T) {
	f := folder{t, t.TempDir()}
	var good, moving bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 30, 30), color.Palette{color.Black, color.White})
	if err := png.Encode(&good, frame); err != nil {
		t.Fatal(err)
	}
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	f.write("good.png", good.String())
	f.write("moving.gif", moving.String())
	f.write("evil.png", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert("owned")</script></svg>`)
	bomb := good.Bytes()
	copy(bomb[16:], "\x00\x00\xea\x60\x00\x00\xea\x60") // 60,000 pixels each way
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	f.write("bomb.png", string(bomb))
	f.write("huge.png", strings.Repeat("x", 50<<20+1))
	f.write("rows.csv", "id,pic\n1,good.png\n2,moving.gif\n3,gone.png\n4,evil.png\n5,bomb.png\n6,huge.png\n7,../../secret.png\n")
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\noutput: {dir: out}\n")
	f.write("t.json", `{"operation": "colossyan/video-job", "language": "en", "variables": {"pic": {"type": "string"}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1, "height": 1}, "name": "x"}, "scenes": [{"name": "<b>one</b>", "duration": 3000, "tracks": [
  {"type": "image", "imageUrl": "{pic}", "position": {"x": 0, "y": 0}, "size": {"width": 1, "height": 1}, "startTimeGap": 0, "endTimeGap": 0}]}]}}}`)
	var notes []string
	c := f.open(reelmerge.Options{Sandbox: true, Services: all.Services(), Note: func(text string) { notes = append(notes, text) }})
	shown, err := c.Preview(t.Context(), reelmerge.PreviewOptions{Keys: []string{"1", "2", "3", "4", "5", "6", "7"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"row 4: gone.png is not shown: no such file or directory", "row 5: evil.png is not shown: it is no GIF, JPEG, PNG or WebP picture",
		"row 6: bomb.png is not shown: the png picture has 60000 × 60000 pixels, which are too many", "row 7: huge.png is not shown: the file is too large: it may have 51200 KB at the most",
	}
	if !slices.Equal(notes, want) {
		t.Errorf("%q\nwant %q", notes, want)
	}
	page, err := os.ReadFile(shown.File)
	if err != nil || strings.Count(string(page), "data:image/jpeg") != 2 || strings.Contains(string(page), "owned") || strings.Contains(string(page), "<b>one") {
		t.Errorf("%d pictures, %v", strings.Count(string(page), "data:image/jpeg"), err)
	}
}
