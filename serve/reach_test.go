package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/reelmerge/reelmerge/internal/browsertest"
	"github.com/reelmerge/reelmerge/serve"
)

// press goes to a link or button with the keyboard alone, and uses it.
func (b *tab) press(text string) {
	b.t.Helper()
	b.reach(text)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Enter)))
}

// reach goes to a link or button, or to a field by its name, with the keyboard alone.
func (b *tab) reach(text string) {
	b.t.Helper()
	for range 80 {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab)))
		at := browsertest.Evaluate[string](b.ctx, b.t, `(e => e.matches("a, button") ? e.innerText : e.name || "")(document.activeElement)`)
		if strings.Contains(at, text) {
			ring := browsertest.Evaluate[string](b.ctx, b.t, `getComputedStyle(document.activeElement).outlineStyle`)
			if ring == "none" {
				b.t.Errorf("nothing shows that %q has the focus", text)
			}
			return
		}
	}
	b.t.Fatalf("the keyboard does not reach %q in:\n%s", text, b.text())
}

// TestEverythingIsReachedWithTheKeyboard approves and sends a campaign without a mouse.
func TestEverythingIsReachedWithTheKeyboard(t *testing.T) {
	browser := browsertest.Start(t)
	w := newWorld(t, 5, 50*time.Millisecond, "approval: required\n")
	p := w.serve("--listen", "127.0.0.1:0")
	b := newTab(browser, t)
	b.open(p.address)
	b.says("has not run yet")
	b.press("spring")
	b.says("Look at the plan and approve it")
	b.press("Look at the plan")
	b.says("Approve it")
	b.press("by")
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("Ada Lovelace"), chromedp.KeyEvent(kb.Enter)))
	b.says("Send it")
	b.press("Send 5 rows")
	b.says("5 made")
	b.press("Get the results")
	b.says("results.csv")
	if seen := unexpected(b.seen.Seen()); len(seen) > 0 {
		t.Errorf("the page did: %q", seen)
	}
}

// TestThePagesWorkInAFolderOfAProxy opens them where a proxy has put them: every address is
// relative, so none leads out of the folder.
func TestThePagesWorkInAFolderOfAProxy(t *testing.T) {
	browser := browsertest.Start(t)
	w := newWorld(t, 5, 50*time.Millisecond, "")
	p := w.serve("--listen", "127.0.0.1:0")
	to, err := url.Parse(p.base())
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.StripPrefix("/tools/reel", &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}))
	defer front.Close()
	b := newTab(browser, t)
	var outside browsertest.Witness
	b.must(chromedp.Listen(b.ctx, outside.Listen(func(address string) bool {
		return strings.HasPrefix(address, front.URL+"/tools/reel/") || strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "about:")
	})))
	b.open(front.URL + "/tools/reel/#token=" + p.token())
	b.says("has not run yet")
	b.click("spring")
	b.says("Look at the plan")
	b.click("Look at the plan")
	b.says("What is sent is exactly")
	b.click("Send 5 rows")
	b.says("5 made")
	b.click("Rows")
	b.says("C00004")
	b.click("4")
	b.says("What became of it")
	b.click("Next")
	b.says("Row 5")
	if seen := outside.Seen(); len(seen) > 0 {
		t.Errorf("outside of the folder: %q", seen)
	}
}

// TestThePagesHaveNoBarriers has axe-core look at every page, light and dark.
func TestThePagesHaveNoBarriers(t *testing.T) {
	source, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skip("SKIPPED: axe-core is not installed in serve/testdata/axe; nothing looks for barriers in the pages")
	}
	browser := browsertest.Start(t)
	w := newWorld(t, 4, 10*time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,Ada,Rome\nC2,Grace,Paris\nC3,,Oslo\nC4,Linus,Bonn\n")
	w.write("spring.yaml", "name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: 20ms, seed: 7, faults: \"drop@2\"}}\nlimits: {active: 1, poll: {first: 50ms, max: 200ms}, deadline: 2s}\noutput: {dir: out, download: true}\n")
	w.write("new.yaml", "name: new\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: 20ms}}\napproval: required\noutput: {dir: new, download: false}\n")
	w.command("run", "spring.yaml", "--skip-problems")
	p := w.serve("--listen", "127.0.0.1:0")
	b := newTab(browser, t)
	b.open(p.base())
	b.says("Use the address")
	b.barriers("door", string(source))
	b.open(p.address)
	b.says("spring")
	b.barriers("list", string(source))
	for _, page := range w.beginnings(p) {
		b.open(p.base() + page)
		b.says("New campaign")
		b.barriers("begin", string(source))
		b.picture("begin" + strings.ReplaceAll(page, "/", "-"))
	}
	b.open(p.address)
	b.says("spring")
	places := browsertest.Evaluate[[]string](b.ctx, t, `[...document.querySelectorAll("main a")].filter(a => a.href.includes("/c/")).map(a => a.href)`)
	for i, place := range places {
		for _, page := range []string{"", "problems", "rows", "row/2", "row/3", "plan", "unsure", "videos", "results", "report", "nowhere"} {
			b.open(place + page)
			b.says("Reelmerge")
			name := fmt.Sprintf("%d-%s", i, strings.ReplaceAll(page, "/", "-"))
			b.barriers(name, string(source))
			b.picture(name)
		}
	}
}

// barriers are the findings of axe-core about a page that are serious or worse.
func (b *tab) barriers(name, source string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.must(browsertest.Emulate(b.ctx, 1000, 900, scheme, ""))
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](source+"; 0")); err != nil {
			b.t.Fatal(err)
		}
		browsertest.Evaluate[any](b.ctx, b.t, `axe.run().then(r => { window.found = JSON.stringify(r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || {message: ""}).message).join(" | "))); window.rules = r.passes.length }); 0`)
		found := ""
		for range 100 {
			if found = browsertest.Evaluate[string](b.ctx, b.t, `window.found || ""`); found != "" {
				break
			}
			time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a real browser
		}
		var list []string
		if err := json.Unmarshal([]byte(found), &list); err != nil {
			b.t.Fatalf("%s: axe says %q: %v", name, found, err)
		}
		if rules := browsertest.Evaluate[float64](b.ctx, b.t, `window.rules`); rules < 10 {
			b.t.Errorf("%s: only %v rules were looked at", name, rules)
		}
		for _, l := range list {
			b.t.Errorf("%s, %s: %s", name, scheme, l)
		}
	}
}

// beginnings are the pages of campaigns that are begun: with one file, with both, and with a
// sheet that has no rows.
func (w *world) beginnings(p *process) (pages []string) {
	c := caller{w.t, &far{p}, w.server(serve.Options{})}
	for _, files := range []given{{"export.json", export}, {"both.csv", customers, "export.json", export}, {"none.csv", "id,first_name\n", "export.json", export}} {
		got := c.bring("/new", files)
		if got.status != http.StatusSeeOther {
			w.t.Fatalf("%d %s", got.status, got.body)
		}
		pages = append(pages, "/"+got.header.Get("Location"))
	}
	return pages
}

// TestACampaignBeginsWithTheKeyboard matches columns, mends a cell, looks at a row, approves and
// sends, and comes to the file of a mail tool, without a mouse. The files are given as the dialog of
// the browser gives them.
func TestACampaignBeginsWithTheKeyboard(t *testing.T) {
	browser := browsertest.Start(t)
	w := &world{t: t, dir: t.TempDir()}
	outside := &world{t: t, dir: t.TempDir()}
	outside.write("export.json", export)
	outside.write("customers.csv", strings.Replace(customers, "Grace", "", 1))
	p := w.serve("--listen", "127.0.0.1:0")
	b := newTab(browser, t)
	b.open(p.address)
	b.says("There is no campaign in this folder yet")
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles("#template", []string{outside.dir + "/export.json"}), chromedp.SetUploadFiles("#sheet", []string{outside.dir + "/customers.csv"})))
	b.press("Look at the columns")
	b.says("plan has no column yet")
	b.reach("column.plan")
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("Product")))
	b.press("Write it, and try it")
	b.says("1 ready, 1 with problems")
	b.reach("new")
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("Grace"), chromedp.KeyEvent(kb.Enter)))
	b.says("No problem was found")
	b.press("Look at the plan")
	b.says("Rows worth a look")
	b.press("Row ")
	b.says("of 2")
	b.press("Plan")
	b.says("Approve it")
	b.reach("by")
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("Ada Lovelace"), chromedp.KeyEvent(kb.Enter)))
	b.says("Send it")
	b.press("Send 2 rows")
	b.says("2 made")
	b.press("Videos")
	b.says("For a mail tool")
	b.reach("Write the file")
	if seen := unexpected(b.seen.Seen()); len(seen) > 0 {
		t.Errorf("the page did: %q", seen)
	}
}
