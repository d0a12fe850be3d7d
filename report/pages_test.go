package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/browsertest"
	"github.com/reelmerge/reelmerge/report"
)

func ptr[T any](v T) *T { return &v }

func known(likely int64) report.Cost {
	return report.Cost{
		Provider: "colossyan", Unit: "minutes", Basis: credit.Configured,
		Low: ptr(credit.Of(likely) - 250_000), Likely: ptr(credit.Of(likely)), High: ptr(credit.Of(likely) + 500_000),
	}
}

// planOf is a plan of so many rows; text stands wherever a stranger's text can.
func planOf(n int, text string) report.PlanPage {
	cost := known(int64(n))
	cost.UnknownRows, cost.Money = 2, &report.Money{Currency: "EUR", Low: credit.Of(9), Likely: credit.Of(10), High: credit.Of(11), AsOf: "2026-11-01"}
	p := report.PlanPage{
		Plan: report.Plan{
			Campaign: "spring-renewals" + text, Rows: report.PlanRows{Total: n + 13, Valid: n, Refused: 13, Filtered: 3},
			Actions: report.Actions{Submit: n, Done: 4, Unsure: 1},
			Spent:   []report.Spent{{Provider: "colossyan", Unit: "minutes", Charged: credit.Of(4), InFlight: 700_000, Unsure: credit.Of(1)}},
			Cost:    []report.Cost{cost, {Provider: "kensa", Unit: "credits" + text}},
			Time: report.Time{Low: ptr(230_000.0), Likely: ptr(234_000.0), High: ptr(240_000.0), BoundBy: "active: 1" + text,
				Each: ptr(195.0), EachBasis: credit.Documented, StopAt: ptr(night.Add(9 * time.Hour)), InTime: ptr(n / 2), Shorter: "nothing" + text},
			Budget: &report.Budget{Limit: credit.Of(1200), Unit: "minutes", Reaches: ptr(credit.Of(1193)), Enough: ptr(true)},
		},
		At: night, Source: "customers.xlsx, Customers" + text, GroupedBy: "City" + text, Missing: []string{"tell me the length of one video" + text},
		Run: "reelmerge run spring.yaml" + text,
	}
	for i := range min(n, 40) {
		p.Groups = append(p.Groups, report.Group{Name: fmt.Sprintf("City %d%s", i, text), Rows: 9, Cost: known(int64(100 - i))})
		p.Dearest = append(p.Dearest, report.RowCost{Row: i + 2, Key: "C-" + fmt.Sprint(i) + text, Cost: known(int64(50 - i))})
	}
	p.Sample = report.Sample{Row: 2, Texts: []string{"Hello " + text, text}}
	for i := range n {
		note := report.RowNote{Row: i + 2, Key: "C" + text, Reason: "the text is long" + text, WhatToDo: "shorten it" + text}
		p.Look, p.AtRisk, p.Refused, p.Changed, p.Gone = append(p.Look, note), append(p.AtRisk, note), append(p.Refused, note), append(p.Changed, note), append(p.Gone, note)
		p.Lengths = append(p.Lengths, time.Duration(40_000+i%300*100)*time.Millisecond)
	}
	return p
}

// runOf is a report on so many rows.
func runOf(n int, text string) report.RunPage {
	r := report.RunPage{
		Status: report.Status{
			Campaign: "spring-renewals" + text, Held: "funds are exhausted" + text,
			States:  report.States{Succeeded: n - n/5, Failed: n / 10, Unsure: 1, Submitted: 2, Planned: n / 10},
			Rows:    report.StatusRows{Total: n + 13, Refused: 13},
			Credits: []report.Credits{{Provider: "colossyan", Payer: text, Unit: "minutes", Charged: credit.Of(812) + 708_334, Reserved: credit.Of(2)}},
		},
		At: night.Add(9 * time.Hour), Source: "customers.xlsx" + text, Started: night, Ended: night.Add(8*time.Hour + 12*time.Minute),
	}
	r.Credits[0].Money = r.Credits[0].InCurrency(report.Rate{Currency: "EUR" + text, PerUnit: 850_000, AsOf: "2026-11-01"})
	spend := report.Spend{Account: credit.Account{Provider: "colossyan", Unit: "minutes" + text}, Likely: ptr(credit.Of(850)), AtMost: ptr(credit.Of(900))}
	for i := range min(n, 5000) {
		at := night.Add(time.Duration(i) * 8 * time.Hour / time.Duration(min(n, 5000)))
		done := n * i / min(n, 5000)
		spend.Points = append(spend.Points, report.SpendPoint{At: at, Charged: credit.Of(812).Ratio(int64(i), int64(min(n, 5000)))})
		r.Progress = append(r.Progress, report.Progress{At: at, States: report.States{Planned: n - done, Submitted: 5, Succeeded: done - done/10, Failed: done / 10}})
	}
	r.Spend = []report.Spend{spend}
	for i := range n {
		r.Lengths = append(r.Lengths, time.Duration(38_000+i*i%900*20)*time.Millisecond)
		if i%5 == 0 {
			r.Failing = append(r.Failing, report.RowNote{Row: i + 2, Key: fmt.Sprintf("C-%d%s", i, text), Reason: "the avatar does not exist" + text, WhatToDo: "mend the row, then: reelmerge retry spring.yaml" + text})
		}
	}
	for i, reason := range []string{"the avatar does not exist", "the text is too long for its scene", "the service could not render it"} {
		r.Causes = append(r.Causes, report.Cause{Reason: reason + text, Rows: 2 + i*i, WhatToDo: "mend the rows" + text})
	}
	return r
}

func html(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	must(t, write(&b))
	return b.String()
}

func planHTML(t *testing.T, n int, text string) string {
	return html(t, func(b *bytes.Buffer) error { return planOf(n, text).WriteHTML(b) })
}

func runHTML(t *testing.T, n int, text string) string {
	return html(t, func(b *bytes.Buffer) error { return runOf(n, text).WriteHTML(b) })
}

func TestPagesSayTheFigures(t *testing.T) {
	plan := planHTML(t, 1187, "")
	for _, want := range []string{
		"<b>1,187</b> videos to send", "at least 1,187<", "at least 1,186.75<", "at least 1,187.5<", "set in the campaign; rows without a price: 2",
		"in EUR", "at least 10.00<", "at the campaign&#39;s rate of 2026-11-01", "2 rows have no price", "In all, at most", "at least 1,193.2<",
		"2 days 17 h", "1,187 rows, one at a time, about 3 min 15 s each (published by the service); not overnight", "1,200 minutes: enough, even at the highest estimate, which comes to 1,193 in all",
		"about 593 of 1,187 rows would be sent before it stops on Saturday 06:03", "not known", "all others", "And 937 more: plan --xlsx", "20 November 2026, 21:03 UTC",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q", want)
		}
	}
	run := runHTML(t, 1000, "")
	for _, want := range []string{"<b>800</b> made", "<b>100</b> failed", "<b>1</b> not known: to decide", ">812.71<", "in EUR, prices of 2026-11-01", ">690.80<", "<b>690.80 EUR</b> spent", "8 h 12 min", "funds are exhausted", "reelmerge retry spring.yaml"} {
		if !strings.Contains(run, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

func TestAnEmptyPageIsAPage(t *testing.T) {
	for name, page := range map[string]string{
		"plan":   html(t, func(b *bytes.Buffer) error { return report.PlanPage{}.WriteHTML(b) }),
		"report": html(t, func(b *bytes.Buffer) error { return report.RunPage{}.WriteHTML(b) }),
	} {
		if !strings.Contains(page, "<h1>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") || strings.Contains(page, "0001") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestPagesOfManyRowsStaySmall(t *testing.T) {
	long := strings.Repeat("ß", 10_000)
	for name, size := range map[string]int{
		"plan": len(planHTML(t, 100_000, "")), "report": len(runHTML(t, 100_000, "")),
		"long texts": len(planHTML(t, 20, long)) + len(runHTML(t, 100, long)),
	} {
		t.Logf("%s: %d KB", name, size>>10)
		if size > 3<<20 {
			t.Errorf("%s has %d bytes", name, size)
		}
	}
}

// attack is every hostile value at once, and a few that only a page minds.
func attack() string {
	return strings.Join(hostile(), " ") + `</style></title></script><script>document.title="owned"</script><svg/onload=alert(1)>` +
		`{{.}}<img src="https://evil.example/x.png"><a href="javascript:alert(1)">x</a><meta http-equiv=refresh content=0;url=https://evil.example>`
}

func TestNoValueBecomesMarkup(t *testing.T) {
	as := strings.Repeat("x", len(attack())) // a chart has more marks where its names are short
	for name, page := range map[string]string{"plan": planHTML(t, 50, attack()), "report": runHTML(t, 50, attack())} {
		calm := map[string]string{"plan": planHTML(t, 50, as), "report": runHTML(t, 50, as)}[name]
		tag := regexp.MustCompile(`<[a-zA-Z!/]`)
		if got, want := len(tag.FindAllString(page, -1)), len(tag.FindAllString(calm, -1)); got != want {
			t.Errorf("%s has %d tags, %d without the attack", name, got, want)
		}
		if strings.ContainsAny(page, "\u202e\x1b\x00") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s holds controls", name)
		}
	}
}

// drawing is what people who do not see a chart are told of it.
type drawing struct {
	Role   string `xml:"role,attr"`
	Name   string `xml:"aria-labelledby,attr"`
	About  string `xml:"aria-describedby,attr"`
	Title  said   `xml:"title"`
	Desc   said   `xml:"desc"`
	Styles []struct {
		Style string `xml:"style,attr"`
	} `xml:",any"`
}

type said struct {
	ID   string `xml:"id,attr"`
	Text string `xml:",chardata"`
}

func TestChartsAreWellFormedAndSayWhatTheyShow(t *testing.T) {
	for name, page := range map[string]string{
		"plan": planHTML(t, 50, ""), "report": runHTML(t, 50, ""), "attacked plan": planHTML(t, 50, attack()), "attacked report": runHTML(t, 50, attack()),
	} {
		known := map[string]bool{}
		figures := strings.Count(page, "<figure>")
		drawings := regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(page, -1)
		if figures < 2 || len(drawings) != 3*figures {
			t.Errorf("%s: %d figures, %d drawings", name, figures, len(drawings))
		}
		for _, text := range drawings {
			var d drawing
			must(t, xml.Unmarshal([]byte(text), &d))
			if d.Role != "img" || d.Name != d.Title.ID || d.About != d.Desc.ID || known[d.Name] || known[d.About] || d.Title.Text == "" || len(d.Desc.Text) < 20 {
				t.Errorf("%s: %+v", name, d)
			}
			known[d.Name], known[d.About] = true, true
			for _, s := range d.Styles {
				if s.Style != "" {
					t.Errorf("%s: the policy of the page refuses style=%q", name, s.Style)
				}
			}
		}
	}
}

// TestColoursOfChartsStandOut compares the palettes of the style sheet with their
// grounds.
func TestColoursOfChartsStandOut(t *testing.T) {
	page := planHTML(t, 3, "")
	palettes := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(page, -1)
	if len(palettes) != 2 {
		t.Fatalf("%d palettes", len(palettes))
	}
	for i, palette := range palettes {
		colours := map[string]float64{}
		for _, c := range regexp.MustCompile(`--(\w+):#([0-9a-f]+)`).FindAllStringSubmatch(palette[1], -1) {
			colours[c[1]] = luminance(t, c[2])
		}
		for name, least := range map[string]float64{"blue": 3, "amber": 3, "green": 3, "violet": 3, "grey": 3, "red": 3, "soft": 4.5, "ink": 7} {
			a, b := colours["ground"]+0.05, colours[name]+0.05
			if contrast := max(a, b) / min(a, b); contrast < least {
				t.Errorf("palette %d: %s stands out by %.2f", i, name, contrast)
			}
		}
	}
}

// luminance is that of WCAG 2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = strings.Join([]string{hex[:1], hex[:1], hex[1:2], hex[1:2], hex[2:], hex[2:]}, "")
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	must(t, err)
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		v := float64(n>>(8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// badCharts lists what is wrong with the charts of a page as a browser shows them.
const badCharts = `(() => {
	const bad = [], apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom - 1 <= b.top || b.bottom - 1 <= a.top
	for (const figure of document.querySelectorAll("figure")) {
		const shown = [...figure.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().width > 0)
		if (shown.length !== 1) { bad.push(shown.length + " drawings of " + figure.innerText); continue }
		const svg = shown[0], all = svg.getBoundingClientRect(), size = 13 * all.width / svg.viewBox.baseVal.width
		if (size < 10.5 || size > 20) bad.push("letters of " + size + " px")
		const texts = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()])
		const highest = Math.min(...[...svg.querySelectorAll(".rule")].map(r => r.getBoundingClientRect().top))
		for (const k of svg.querySelectorAll(".key")) if (k.getBoundingClientRect().bottom > highest) bad.push("a key in the plot")
		texts.forEach(([text, box], i) => {
			if (box.left < all.left - 1 || box.right > all.right + 1 || box.bottom > all.bottom + 1) bad.push("outside: " + text)
			for (const [other, b] of texts.slice(0, i)) if (!apart(box, b)) bad.push(text + " overlaps " + other)
		})
	}
	return bad.slice(0, 9).join("; ")
})()`

func browser(t *testing.T) context.Context { return browsertest.Start(t) }

func evaluate[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	return browsertest.Evaluate[T](ctx, t, expression)
}

// open serves a page to a tab, and returns what it tried to do there.
func open(ctx context.Context, t *testing.T, html string, look func(tab context.Context)) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(html))
	}))
	defer server.Close()
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var w browsertest.Witness
	address := server.URL + "/page.html"
	must(t, chromedp.Listen(tab, w.Listen(func(asked string) bool { return asked == address })),
		chromedp.Do(tab, chromedp.Func(browsertest.Enable), chromedp.Navigate(address), chromedp.Sleep(300*time.Millisecond)))
	if look != nil {
		look(tab)
	}
	return w.Seen()
}

func TestABrowserFindsNothingToRunOrToFetch(t *testing.T) {
	ctx := browser(t)
	for name, html := range map[string]string{"plan": planHTML(t, 30, attack()), "report": runHTML(t, 30, attack())} {
		seen := open(ctx, t, html, func(tab context.Context) {
			title, err := chromedp.Run(tab, chromedp.Title())
			must(t, err)
			active := evaluate[float64](tab, t, `document.scripts.length + document.querySelectorAll("a,form,iframe,object,embed,link").length`)
			width := evaluate[string](tab, t, `getComputedStyle(document.querySelector("main")).maxWidth`)
			if !strings.Contains(title, "spring-renewals") || title == "owned" || active != 0 || width != "960px" {
				t.Errorf("%s: title %.40q, %v scripts and links, width %s", name, title, active, width)
			}
			if bad := evaluate[string](tab, t, badCharts); bad != "" {
				t.Errorf("%s: %s", name, bad)
			}
		})
		if len(seen) > 0 {
			t.Errorf("%s: %q", name, seen)
		}
	}
}

// The witness of the test above has to see what a page tries.
func TestABrowserTellsOfScriptsRequestsAndViolations(t *testing.T) {
	ctx := browser(t)
	good := planHTML(t, 3, "")
	for name, evil := range map[string]string{
		"request":       `<img src="http://127.0.0.1:9/x.png">`,
		"inline script": `<script>document.title = "owned"</script>`,
		"inline style":  `<p style="color:red">x</p>`,
	} {
		if seen := open(ctx, t, strings.Replace(good, "<main>", "<main>"+evil, 1), nil); len(seen) == 0 {
			t.Errorf("%s: nobody noticed", name)
		}
	}
	if seen := open(ctx, t, "<script>console.log(1)</script>", nil); len(seen) == 0 {
		t.Error("a script that ran was not noticed")
	}
}

// TestACellIsOnePiece: on a narrow screen a cell is a grid of its label and its content, so
// that a flag of a command, in an element beside the words, would stand under the label.
func TestACellIsOnePiece(t *testing.T) {
	mixed := regexp.MustCompile(`<t[dh][^>]* data-of="[^"]*"[^>]*>[^<]+<[a-z][^>]*>`)
	for name, html := range map[string]string{"plan": planHTML(t, 10, " --row 7"), "report": runHTML(t, 10, " --row 7")} {
		if !strings.Contains(html, `<span class="flag">--row</span>`) {
			t.Errorf("%s: no flag is kept whole", name)
		}
		if cell := mixed.FindString(html); cell != "" {
			t.Errorf("%s: a cell has words beside an element: %s", name, cell)
		}
	}
}

// TestPagesFitTheirScreens also writes the screenshots that people look at, where
// REELMERGE_SCREENSHOTS names a folder.
func TestPagesFitTheirScreens(t *testing.T) {
	ctx := browser(t)
	folder := t.TempDir()
	shots := os.Getenv("REELMERGE_SCREENSHOTS")
	for name, html := range map[string]string{
		"plan-10": planHTML(t, 10, ""), "plan-100000": planHTML(t, 100_000, ""), "report-10": runHTML(t, 10, ""), "report-100000": runHTML(t, 100_000, ""),
	} {
		path := filepath.Join(folder, name+".html")
		must(t, os.WriteFile(path, []byte(html), 0o600))
		for _, screen := range []struct {
			name          string
			width, height int64
		}{{"desktop", 1400, 900}, {"tablet", 700, 900}, {"phone", 375, 844}, {"paper", 718, 1000}} {
			for _, scheme := range []string{"light", "dark"} {
				must(t, browsertest.Emulate(ctx, screen.width, screen.height, scheme, map[string]string{"paper": "print"}[screen.name]), chromedp.Do(ctx, chromedp.Navigate("file://"+path)))
				overflow := evaluate[float64](ctx, t, `document.documentElement.scrollWidth - window.innerWidth`)
				opened := evaluate[float64](ctx, t, `performance.getEntriesByType("navigation")[0].duration`)
				ground := evaluate[string](ctx, t, `getComputedStyle(document.body).backgroundColor`)
				place := name + "-" + screen.name + "-" + scheme
				want := "rgb(255, 255, 255)"
				if scheme == "dark" && screen.name != "paper" {
					want = "rgb(21, 24, 28)"
				}
				t.Logf("%s opened in %.0f ms", place, opened)
				if overflow > 0 || ground != want {
					t.Errorf("%s: %v px too wide, ground %s", place, overflow, ground)
				}
				if bad := evaluate[string](ctx, t, badCharts); bad != "" {
					t.Errorf("%s: %s", place, bad)
				}
				if shots != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(t, err, os.WriteFile(filepath.Join(shots, place+".png"), shot, 0o600))
				}
			}
		}
	}
}
