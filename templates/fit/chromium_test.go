package fit_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/reelmerge/reelmerge/internal/browsertest"
	"github.com/reelmerge/reelmerge/templates/fit"
)

// A layout is a text in a box, as a browser is asked about it.
type layout struct {
	Text   string  `json:"text"`
	Font   int     `json:"font"`
	Width  float64 `json:"width"`
	Size   float64 `json:"size"`
	Upper  bool    `json:"upper"`
	script string
	lines  int // that the box has room for
}

func (l layout) box() fit.Box {
	return fit.Box{Width: l.Width, Height: float64(l.lines) * l.Size * 1.5, Size: l.Size, LineHeight: 1.5, Upper: l.Upper}
}

// laid is what the browser says.
type laid struct{ Lines, Wide float64 }

func (a laid) verdict(l layout) fit.Kind {
	switch {
	case a.Wide > 1:
		return fit.Wide
	case int(a.Lines) > l.lines:
		return fit.Tall
	}
	return fit.Fits
}

// A typeface is a font that both are given.
type typeface struct {
	name   string
	data   []byte
	weight float64
}

// typefaces are those that are on every machine, with those of Debian's packages fonts-dejavu,
// fonts-inter, fonts-open-sans, fonts-roboto-unhinted and fonts-noto-core where they are
// installed. With REELMERGE_FIT they are those in the folder REELMERGE_FONTS, which may be of
// every kind that is read.
func typefaces(t *testing.T) []typeface {
	list := []typeface{{"Go Regular", goregular.TTF, 0}, {"Go Bold", gobold.TTF, 0}}
	paths := []string{"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf", "/usr/share/fonts/opentype/inter/Inter-Regular.otf",
		"/usr/share/fonts/truetype/open-sans/OpenSans-Regular.ttf", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf", "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf"}
	if os.Getenv("REELMERGE_FIT") != "" && os.Getenv("REELMERGE_FONTS") != "" {
		list = nil
		var err error
		if paths, err = filepath.Glob(filepath.Join(os.Getenv("REELMERGE_FONTS"), "*.*")); err != nil || len(paths) == 0 {
			t.Fatal("no fonts in REELMERGE_FONTS: ", err)
		}
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Logf("left out: %v", err)
			continue
		}
		face := typeface{name: filepath.Base(path), data: data}
		if strings.Contains(strings.ToLower(path), "variable") || strings.Contains(path, "-VF") {
			face.weight = 620
		}
		list = append(list, face)
	}
	return list
}

func layouts(faces []typeface, each int) (all []layout) {
	r := rand.New(rand.NewPCG(1, 2))
	known := scripts()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		s := known[name]
		for font := range faces {
			for range each {
				all = append(all, layout{Text: sentence(r, s), Font: font, Width: float64(120 + r.IntN(900)), Size: float64(12 + r.IntN(70)), Upper: r.IntN(6) == 0,
					script: name, lines: 1 + r.IntN(4)})
			}
		}
	}
	return all
}

// TestVerdictsAreThoseOfChromium holds every verdict to the layout of a browser.
func TestVerdictsAreThoseOfChromium(t *testing.T) {
	each := 200
	if os.Getenv("REELMERGE_FIT") != "" {
		each = 20_000
	}
	faces := typefaces(t)
	b := newBrowser(t, faces)
	fonts := make([]*fit.Font, len(faces))
	for i, face := range faces {
		var err error
		if fonts[i], err = fit.Parse(face.data, fit.Cut{Weight: face.weight}); err != nil {
			t.Fatal(face.name, err)
		}
	}
	type tally struct{ all, same, unknown, wrong int }
	sums := map[string]*tally{}
	const most = 500
	all := layouts(faces, each)
	for from := 0; from < len(all); from += most {
		part := all[from:min(from+most, len(all))]
		for i, answer := range b.measure(t, part) {
			l := part[i]
			got, want := fit.New(fonts[l.Font], l.box()).Fit(l.Text), answer.verdict(l)
			sum := sums[l.script]
			if sum == nil {
				sum = &tally{}
				sums[l.script] = sum
			}
			sum.all++
			switch {
			case got.Kind == want:
				sum.same++
			case got.Kind == fit.Unknown && (got.Missing != 0 || !scripts()[l.script].plain):
				sum.unknown++
			default:
				sum.wrong++
				t.Logf("%s, %s, %v px in %v: %q: %+v, Chromium %v: %+v", l.script, faces[l.Font].name, l.Size, l.Width, l.Text, got, want, answer)
			}
		}
	}
	for name, sum := range sums {
		judged := sum.same + sum.wrong
		if judged == 0 || name == "strange" && sum.wrong > 0 || float64(sum.same) < 0.999*float64(judged) {
			t.Errorf("%s: the verdict of %d of %d layouts is the browser's", name, sum.same, judged)
		}
		t.Logf("%-10s %6d layouts: %6d the same, %5d unknown, %d wrong", name, sum.all, sum.same, sum.unknown, sum.wrong)
	}
}

// browser is a Chromium with some fonts.
type browser struct{ ctx context.Context }

func newBrowser(t *testing.T, faces []typeface) browser {
	t.Helper()
	ctx := browsertest.Start(t, chromedp.Flag("font-render-hinting", "none"))
	var html strings.Builder
	html.WriteString("<!DOCTYPE html><meta charset=utf-8><style>")
	for i, f := range faces {
		weight := ""
		if f.weight > 0 {
			weight = "font-weight:1 1000;"
		}
		fmt.Fprintf(&html, "@font-face{font-family:f%d;%ssrc:url(data:font/x;base64,%s)}\n.f%d{font-family:f%d;font-weight:%v;font-synthesis:none}\n", i, weight, base64.StdEncoding.EncodeToString(f.data), i, i, max(400, f.weight))
	}
	html.WriteString("div{position:absolute;left:0;top:0;white-space:pre-wrap;line-height:1.5;text-rendering:geometricPrecision}</style><body>" + measuring)
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(html.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+path)); err != nil {
		t.Fatal(err)
	}
	ready, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("load(%d)", len(faces)), chromedp.EvalAwaitPromise))
	if err != nil || !ready {
		t.Fatal("the browser has not read the fonts: ", err)
	}
	return browser{ctx}
}

// measuring lays texts out and says how many lines they have, and by how much the widest
// one reaches out.
const measuring = `<script>
async function load(n){for(let i=0;i<n;i++)await document.fonts.load("20px f"+i);return [...document.fonts].every(f=>f.status=="loaded")}
// A blank that hangs over the edge is in the range of a text, and reaches nowhere.
function reach(d){const r=document.createRange();r.selectNodeContents(d);return Math.max(0,...[...r.getClientRects()].map(b=>b.right))}
function measure(list){
 const divs=list.map(l=>{const d=document.createElement("div");d.className="f"+l.font;d.style.width=l.width+"px";d.style.fontSize=l.size+"px";if(l.upper)d.style.textTransform="uppercase";d.textContent=l.text;document.body.append(d);return d});
 const out=divs.map((d,i)=>({Lines:Math.round(d.offsetHeight/(1.5*list[i].size)),Wide:Math.min(reach(d)-list[i].width,d.scrollWidth-d.clientWidth+.5)}));
 divs.forEach(d=>d.remove());return out}
</script>`

func (b browser) measure(t *testing.T, list []layout) []laid {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]laid]("measure("+string(text)+")"))
	if err != nil || len(out) != len(list) {
		t.Fatal("the browser has not measured all: ", err)
	}
	return out
}
