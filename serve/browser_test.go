package serve_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/reelmerge/reelmerge/internal/browsertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// tab is one tab of a browser.
type tab struct {
	t      *testing.T
	ctx    context.Context
	seen   *browsertest.Witness
	clicks int
}

// newTab opens a tab that notes everything that a page of this machine must not do.
func newTab(browser context.Context, t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, seen: &browsertest.Witness{}}
	b.must(chromedp.Listen(ctx, b.seen.Listen(func(address string) bool {
		return strings.HasPrefix(address, "http://127.0.0.1:") || strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "about:")
	})))
	b.must(chromedp.Do(ctx, chromedp.Func(browsertest.Enable)))
	return b
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(address string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(address)))
}

// says waits until the page has a text.
func (b *tab) says(text string) {
	b.t.Helper()
	for range 300 {
		if strings.Contains(b.text(), text) {
			return
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a real browser and a real process
	}
	b.t.Fatalf("the page does not say %q, but:\n%s", text, b.text())
}

func (b *tab) text() string {
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	if err != nil {
		return "" // between two pages
	}
	return strings.Join(strings.Fields(v), " ")
}

// click clicks the link or button with a text.
func (b *tab) click(text string) {
	b.t.Helper()
	b.clicks++
	found := browsertest.Evaluate[bool](b.ctx, b.t, fmt.Sprintf(`(() => {
		const e = [...document.querySelectorAll("main a, main button, nav a")].find(e => e.innerText.includes(%q))
		if (e) e.click()
		return !!e
	})()`, text))
	if !found {
		b.t.Fatalf("there is nothing to click that says %q in:\n%s", text, b.text())
	}
}

// tooWide names what is wider than the screen; empty: nothing is.
const tooWide = `document.documentElement.scrollWidth <= window.innerWidth ? "" :
	[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".scroll, svg"))
		.map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40)).slice(0, 6).join("; ") || "something"`

// picture writes what the tab shows into the folder of REELMERGE_SCREENSHOTS, at three widths
// and in two colours, and holds it to the width of the screen.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("REELMERGE_SCREENSHOTS")
	for _, width := range []int64{375, 768, 1400} {
		for _, scheme := range []string{"light", "dark"} {
			b.must(browsertest.Emulate(b.ctx, width, 900, scheme, ""))
			place := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			if wide := browsertest.Evaluate[string](b.ctx, b.t, tooWide); wide != "" {
				b.t.Errorf("%s is too wide: %s", place, wide)
			}
			ground := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
			if got := browsertest.Evaluate[string](b.ctx, b.t, `getComputedStyle(document.body).backgroundColor`); got != ground {
				b.t.Errorf("%s has the ground %s", place, got)
			}
			if folder != "" {
				shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				b.must(err)
				b.must(os.WriteFile(filepath.Join(folder, place+".png"), shot, 0o600))
			}
		}
	}
	b.must(browsertest.Emulate(b.ctx, 1000, 900, "light", ""))
}

// mend types what a cell should say, and sends it.
func (b *tab) mend(cell, text string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(`input[aria-label="What `+cell+` should say"]`, text)))
	b.click("Mend " + cell)
}

// tabsShareAStream opens seven more tabs of the browser: all of them follow the run, and the
// server has one stream for them.
func tabsShareAStream(t *testing.T, p *process, first *tab) {
	t.Helper()
	address := browsertest.Evaluate[string](first.ctx, t, "location.href")
	for range 7 {
		b := newTab(first.ctx, t)
		b.open(address)
		b.says("being made")
		before := b.text()
		for range 100 {
			if b.text() != before {
				break
			}
			time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a real run
		}
		if b.text() == before {
			t.Error("a tab does not follow the run")
		}
		defer func() { b.must(chromedp.Do(b.ctx, chromedp.Navigate("about:blank"))) }()
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token())
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil || !strings.Contains(string(text), "\nreelmerge_streams 1\n") {
		t.Errorf("eight tabs have not one stream: %s, %v", text, err)
	}
}

// TestACampaignInABrowser goes the whole way with clicks alone: open, mend two cells, plan, send
// 200 rows, kill the server in the middle, start it again, and go on by a click. The terminal
// says the same before and after, and no row was paid twice.
func TestACampaignInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	w := newWorld(t, 200, 1500*time.Millisecond, "")
	sheet, err := os.ReadFile(filepath.Join(w.dir, "rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("rows.csv", strings.NewReplacer("C00003,Name 3,", "C00003,,", "C00050,Name 50,", "C00050,,").Replace(string(sheet)))
	p := w.serve("--listen", "127.0.0.1:0")
	b := newTab(browser, t)
	b.open(p.address)
	b.says("has not run yet")
	b.picture("list")
	b.click("spring")
	b.says("200 rows in the sheet")
	b.picture("home-new")
	b.click("2 rows cannot be sent")
	b.says("198 ready, 2 with problems")
	b.picture("problems")
	b.mend("B5", "Ada")
	b.says("199 ready, 1 with problems")
	b.mend("B52", "Grace")
	b.says("No problem was found")
	b.click("Look at the plan")
	b.says("What is sent is exactly this plan")
	b.picture("plan")
	b.click("Send 200 rows")
	b.says("Running here")
	if clicks := b.clicks; clicks > 12 {
		t.Errorf("it took %d clicks", clicks)
	}
	b.says("being made")
	b.picture("home-running")
	tabsShareAStream(t, p, b)
	if out, code := w.command("run", "spring.yaml"); code != 6 {
		t.Errorf("a run of the terminal beside it ended with %d: %s", code, out)
	}
	if out, code := w.command("status", "spring.yaml"); code != 0 || !strings.Contains(out, "running") {
		t.Errorf("status ended with %d: %s", code, out)
	}
	p.kill()
	b.says("The server does not answer")
	if seen := unexpected(b.seen.Seen()); len(seen) > 0 {
		t.Errorf("the page did: %q", seen)
	}

	p = w.serve("--listen", "127.0.0.1:0")
	b = newTab(browser, t)
	b.open(p.address)
	b.says("made")
	b.click("spring")
	b.says("Look at the plan and send")
	b.click("Look at the plan")
	b.says("What is sent is exactly this plan")
	b.click("Send")
	b.says("The run has ended")
	b.says("Get the results")
	b.picture("home-done")
	b.click("Get the results")
	b.says("results.csv")
	b.picture("results")
	b.click("Report")
	b.says("Report: spring")
	b.picture("report")
	b.click("Rows")
	b.says("C00000")
	b.picture("rows")
	b.click("2")
	b.says("What became of it")
	b.picture("row")
	b.click("Next")
	b.says("Row 3: 2 of 200")
	if seen := unexpected(b.seen.Seen()); len(seen) > 0 {
		t.Errorf("the page did: %q", seen)
	}
	paidOnce(t, w, 200)
	if out, code := w.command("status", "spring.yaml"); code != 0 || !strings.Contains(out, "200 made") {
		t.Errorf("status ended with %d: %s", code, out)
	}
	if code := p.end(); code != 0 && code != 143 {
		t.Errorf("the server ended with %d", code)
	}
}

// unexpected leaves out what a browser says of a server that was killed.
func unexpected(seen []string) (list []string) {
	for _, s := range seen {
		if !strings.Contains(s, "ERR_CONNECTION_REFUSED") && !strings.Contains(s, "ERR_INCOMPLETE_CHUNKED_ENCODING") && !strings.Contains(s, "ERR_CONNECTION_RESET") {
			list = append(list, s)
		}
	}
	return list
}

// paidOnce compares the simulator's bank with the rows: each was made exactly once.
func paidOnce(t *testing.T, w *world, rows int) {
	t.Helper()
	charges, err := sandbox.ReadBank(filepath.Join(w.dir, "out/sandbox/sandbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	if len(charges) != rows {
		t.Errorf("%d rows were paid with %d jobs", rows, len(charges))
	}
}
