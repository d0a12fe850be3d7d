package reelmerge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/report"
)

// TestStillsHaveNamesAndSizesOfTheirOwn: keys that are one file on some system, keys that are
// paths, no key at all, and videos of strange sizes.
func TestStillsHaveNamesAndSizesOfTheirOwn(t *testing.T) {
	row := func(number int, key string, width, height float64) report.StoryRow {
		return report.StoryRow{Key: key, Row: number, Canvas: report.Canvas{Width: width, Height: height}, Scenes: []report.StoryScene{{Number: 1}}}
	}
	list, err := stillsOf([]report.StoryRow{
		row(2, "Ada", 1920, 1080), row(3, "ADA", 1080, 1920), row(4, "", 1, 1), row(5, "../../etc/x", 100_000, 50), row(6, "con", 3840, 2160),
		{Key: "card", Row: 7, Fields: []report.Field{{Name: "prompt", Value: "<script>alert(1)</script>"}}},
	}, "look")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprintf("%s %dx%d", s.path, s.width, s.height))
		if !strings.Contains(string(s.page), "default-src 'none'") || strings.Contains(string(s.page), "<script") {
			t.Errorf("%s: %s", s.path, s.page)
		}
	}
	want := []string{"look/Ada-scene-1.jpg 1920x1080", "look/row 3-scene-1.jpg 1080x1920", "look/row 4-scene-1.jpg 16x16", "look/etcx-scene-1.jpg 1920x16",
		"look/con-scene-1.jpg 1920x1080", "look/card.jpg 1280x720"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestARowWithoutTimesIsInNoFilm: the length of its second scene is not known.
func TestARowWithoutTimesIsInNoFilm(t *testing.T) {
	start, long := 0.0, 4.0
	row := report.StoryRow{Scenes: []report.StoryScene{{Number: 1, Start: &start, Likely: &long}, {Number: 2}}}
	if frames := row.Film(); frames != nil {
		t.Errorf("%d frames", len(frames))
	}
	row.Scenes = row.Scenes[:1]
	for range 500 {
		from := 4 * float64(len(row.Scenes[0].Elements)) / 500
		row.Scenes[0].Elements = append(row.Scenes[0].Elements, report.Element{Kind: "shape", Label: report.StandIn, From: &from})
	}
	frames := row.Film()
	if len(frames) < 2 || len(frames) > 50 || frames[len(frames)-1].Until != 4 {
		t.Errorf("500 tracks of 4 seconds have %d frames", len(frames))
	}
}
