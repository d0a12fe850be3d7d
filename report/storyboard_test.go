package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/reelmerge/reelmerge"
	knownservices "github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/storyboard"
	"github.com/reelmerge/reelmerge/templates"
)

// placed is a track as a template has it.
type placed struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Position struct {
		X float64 `json:"x"`
		Y float64 `json:"y"`
	} `json:"position"`
	Size struct {
		Width  float64 `json:"width"`
		Height float64 `json:"height"`
	} `json:"size"`
	Rotation float64 `json:"rotation"`
}

// tracks are forty of them, of every kind that is drawn.
func tracks() (list []placed) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		p := placed{Type: []string{"image", "actor", "text", "video", "shape"}[i%5], Text: "Hello Ada", Rotation: float64(r.IntN(720)-360) / 2}
		p.Position.X, p.Position.Y = float64(r.IntN(1500)), float64(r.IntN(800))
		p.Size.Width, p.Size.Height = 20+float64(r.IntN(4000))/10, 20+float64(r.IntN(3000))/10
		list = append(list, p)
	}
	return list
}

// board is a storyboard of the forty tracks; text stands wherever a stranger's text can.
func board(t *testing.T, text string) string {
	t.Helper()
	list := tracks()
	for i := range list {
		list[i].Text += text
	}
	document, err := json.Marshal(map[string]any{
		"settings": map[string]any{"videoSize": map[string]any{"width": 1920, "height": 1080}},
		"scenes":   []any{map[string]any{"name": "one" + text, "tracks": list}, map[string]any{"name": "two", "tracks": []any{}}},
	})
	must(t, err)
	five := &templates.SecondsNote{Low: 4, Likely: 5, High: 6.5}
	canvas, scenes := storyboard.Row{Document: document, Notes: []templates.SceneNote{{Seconds: five}, {Seconds: five}}, Pictures: func(string) string { return "" }}.Scenes()
	cost := known(2)
	s := report.Storyboard{Campaign: "spring" + text, At: night, Source: "customers.csv" + text, Service: "Colossyan", Run: "reelmerge run" + text, Rows: []report.StoryRow{
		{Key: "C-1" + text, Row: 2, Why: []string{"among the dearest" + text}, Fingerprint: strings.Repeat("0f", 32), Cost: &cost, Canvas: canvas, Scenes: scenes,
			Problems: []report.StoryNote{{Severity: "error", Code: "FIT-TALL", Message: "too long" + text, Hint: "shorten it" + text}}},
		{Key: "", Row: 3, Fields: []report.Field{{Name: "prompt" + text, Value: "Autumn" + text}}},
	}}
	return html(t, func(b *bytes.Buffer) error { return s.WriteHTML(b) })
}

// measured says where the frame of each track is, in pixels of the video, and how it is turned.
const measured = `(() => {
	const svg = document.querySelector("svg.canvas"), all = svg.querySelector(".ground").getBoundingClientRect(), scale = 1920 / all.width
	return [...svg.querySelectorAll("g.track")].map(g => {
		const frame = g.querySelector("rect.frame"), box = frame.getBBox(), m = frame.getScreenCTM()
		const at = (x, y) => { const p = new DOMPoint(x, y).matrixTransform(m); return [(p.x - all.left) * scale, (p.y - all.top) * scale] }
		return [at(box.x, box.y), at(box.x + box.width, box.y), at(box.x + box.width, box.y + box.height)]
	})
})()`

// TestTracksAreWhereTheTemplateSays measures forty tracks in a browser, at the full size of
// the video.
func TestTracksAreWhereTheTemplateSays(t *testing.T) {
	ctx := browser(t)
	path := filepath.Join(t.TempDir(), "board.html")
	must(t, os.WriteFile(path, []byte(board(t, "")), 0o600), chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080), chromedp.Navigate("file://"+path)))
	got := evaluate[[][3][2]float64](ctx, t, measured)
	if len(got) != 40 {
		t.Fatalf("%d tracks", len(got))
	}
	for i, p := range tracks() {
		width, height := p.Size.Width, p.Size.Height
		sin, cos := math.Sincos(p.Rotation * math.Pi / 180)
		for j, corner := range [3][2]float64{{-width / 2, -height / 2}, {width / 2, -height / 2}, {width / 2, height / 2}} {
			x := p.Position.X + width/2 + corner[0]*cos - corner[1]*sin
			y := p.Position.Y + height/2 + corner[0]*sin + corner[1]*cos
			if math.Hypot(got[i][j][0]-x, got[i][j][1]-y) > 1 {
				t.Errorf("track %d: corner %d is at %.1f, %.1f px; the template says %.1f, %.1f", i, j, got[i][j][0], got[i][j][1], x, y)
			}
		}
	}
}

func TestTheStoryboardFitsItsScreensAndLoadsNothing(t *testing.T) {
	ctx := browser(t)
	if seen := open(ctx, t, board(t, attack()), func(tab context.Context) {
		active := evaluate[float64](tab, t, `document.scripts.length + document.querySelectorAll("a,form,iframe,object,embed,link").length`)
		if title, err := chromedp.Run(tab, chromedp.Title()); err != nil || active != 0 || !strings.HasPrefix(title, "Storyboard") {
			t.Errorf("title %q, %v scripts and links: %v", title, active, err)
		}
	}); len(seen) > 0 {
		t.Errorf("%q", seen)
	}
	path := filepath.Join(t.TempDir(), "board.html")
	must(t, os.WriteFile(path, []byte(board(t, "")), 0o600))
	fitsScreens(ctx, t, path, "storyboard")
}

// fitsScreens opens a storyboard on small and large screens, in light and dark, and as it is
// printed. REELMERGE_SCREENSHOTS is a folder for pictures of them.
func fitsScreens(ctx context.Context, t *testing.T, path, name string) {
	t.Helper()
	for _, width := range []int64{375, 768, 1280, 1920} {
		for _, look := range []string{"light", "dark", "print"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: strings.Replace(look, "print", "dark", 1)}}}
			want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)", "print": "rgb(255, 255, 255)"}[look]
			if look == "print" {
				media.Media = "print"
			}
			must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, media)
				return err
			}), chromedp.Navigate("file://"+path)))
			overflow := evaluate[float64](ctx, t, `document.documentElement.scrollWidth - window.innerWidth`)
			ground := evaluate[string](ctx, t, `getComputedStyle(document.body).backgroundColor`)
			drawn := evaluate[float64](ctx, t, `Math.min(...[...document.querySelectorAll("svg.canvas")].map(s => s.getBoundingClientRect().width))`)
			if overflow > 0 || ground != want || drawn < 200 {
				t.Errorf("%d px, %s: %v px too wide, ground %s, a canvas of %v px", width, look, overflow, ground, drawn)
			}
			if shots := os.Getenv("REELMERGE_SCREENSHOTS"); shots != "" {
				shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				must(t, err, os.WriteFile(filepath.Join(shots, fmt.Sprintf("%s-%d-%s.png", name, width, look)), shot, 0o600))
			}
		}
	}
}

// TestTheDemosStoryboard opens what make demo ends with: the riskiest rows of the example.
func TestTheDemosStoryboard(t *testing.T) {
	ctx := browser(t)
	t.Setenv("REELMERGE_STATE", t.TempDir())
	folder := t.TempDir()
	must(t, os.CopyFS(folder, os.DirFS("../examples/template-job")))
	c, err := reelmerge.Open(t.Context(), filepath.Join(folder, "campaign.yaml"), reelmerge.Options{Services: knownservices.Services()})
	must(t, err)
	defer c.Close()
	path := filepath.Join(folder, "preview.html")
	shown, err := c.Preview(t.Context(), reelmerge.PreviewOptions{Page: path})
	must(t, err)
	page, err := os.ReadFile(path)
	must(t, err)
	if seen := open(ctx, t, string(page), func(tab context.Context) {
		figures := evaluate[[]float64](tab, t, `["section", "svg.canvas", "g.track", "script,a,form,iframe,object,embed,link"].map(s => document.querySelectorAll(s).length)`)
		if len(shown.Rows) != 12 || !slices.Equal(figures, []float64{12, 36, 48, 0}) {
			t.Errorf("%d rows; sections, canvases, tracks and what is active: %v", len(shown.Rows), figures)
		}
	}); len(seen) > 0 {
		t.Errorf("%q", seen)
	}
	if policy := `default-src 'none'; img-src data:; style-src 'sha256-`; !strings.Contains(string(page), policy) {
		t.Errorf("the policy is not %q", policy)
	}
	fitsScreens(ctx, t, path, "demo")
}

func TestNoValueOfAStoryboardBecomesMarkup(t *testing.T) {
	evil, calm := board(t, attack()), board(t, strings.Repeat("x", 30))
	if got, want := strings.Count(evil, "<"), strings.Count(calm, "<"); got < want || strings.Contains(evil, "<img src=\"https") || strings.Contains(evil, "<script") || strings.Contains(evil, "ZgotmplZ") || strings.ContainsAny(evil, "\u202e\x1b\x00") {
		t.Errorf("%d signs of markup, %d without the attack", got, want)
	}
}
