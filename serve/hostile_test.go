package serve_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/serve"
)

// hostile are values that a page must neither run, nor reflect as markup, nor take for a file.
func hostile() []string {
	return []string{
		"", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{.}}", "';DROP TABLE rows;--", "%00", "\x00", "..", "../../../../etc/passwd",
		"..%2f..%2f..%2fetc%2fpasswd", `..\..\secret.txt`, "/etc/passwd", "-1", "0", "99999999999999999999", "1e9", "NaN", strings.Repeat("A", 20_000), "\u202egnp.exe", "日本語", "\xff\xfe",
		"ledger.db", "videos/../ledger.db", "videos/secret.mp4", "results.csv", "CON", "a\r\nSet-Cookie: x=1",
	}
}

// routes are all patterns that the server has, read from its source.
func routes(t *testing.T) (list []string) {
	t.Helper()
	source, err := os.ReadFile("serve.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`m\.HandleFunc\("([A-Z]+ /[^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		list = append(list, m[1])
	}
	for _, m := range regexp.MustCompile(`on\("([A-Z]+) ([^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		list = append(list, m[1]+" /c/{id}/"+m[2], m[1]+" /s/{id}/"+m[2])
	}
	if len(list) < 30 {
		t.Fatalf("only %d routes found", len(list))
	}
	return list
}

// TestNoRouteTakesHostileInputForAnythingElse sends hostile values to every part of every
// route: no answer is a bug, none reflects markup, and none has a file from outside.
func TestNoRouteTakesHostileInputForAnythingElse(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\n"+`"<script>alert(1)</script>","<img src=x onerror=alert(1)>",Rome`+"\n"+`C2,"=cmd|' /C calc'!A0",`+"\n"+`"../../x","{{.}}","<b>"`+"\n")
	w.write("secret.txt", "THE SECRET\n")
	w.command("run", "spring.yaml", "--yes", "--skip-problems")
	videos := filepath.Join(w.dir, "out/sandbox/videos")
	if err := os.MkdirAll(videos, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(w.dir, "secret.txt"), filepath.Join(videos, "secret.mp4")); err != nil {
		t.Fatal(err)
	}
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	id := strings.Trim(strings.TrimPrefix(c.campaignPath(), "/c/"), "/")
	if got := c.bring("/new", given{"rows.csv", "id,<script>alert(1)</script>\n\"<img src=x onerror=alert(1)>\",<b>\n", "export.json", export}); got.header.Get("Location") != "new/rows" {
		t.Fatalf("no campaign is begun: %d %s", got.status, got.body)
	}
	asked := 0
	for _, route := range routes(t) {
		method, pattern, _ := strings.Cut(route, " ")
		if pattern == "/events" {
			continue // it does not end
		}
		if strings.HasSuffix(pattern, "/discard") {
			continue // the others need what it takes away
		}
		for _, value := range hostile() {
			for _, path := range filled(pattern, id, value) {
				for _, query := range []string{"", "?page=" + url.QueryEscape(value) + "&state=" + url.QueryEscape(value) + "&find=" + url.QueryEscape(value)} {
					form := url.Values{}
					for _, name := range []string{"plan", "by", "note", "yes", "key", "token", "choice", "ticket", "sure", "tool", "address", "one", "row", "column", "was", "new", "page", "starter", "key", "saved", "on", "column.x", "answer.money", "approval"} {
						form.Set(name, value)
					}
					got := c.request(method, path, form.Encode(), func(r *http.Request) {
						r.URL.RawQuery = strings.TrimPrefix(query, "?")
						r.Header.Set("Referer", value)
					})
					asked++
					fine(t, route+" with "+fmt.Sprintf("%.40q", value), got)
				}
			}
		}
	}
	t.Logf("%d requests", asked)
}

// filled puts a value into the parts of a pattern, each alone.
func filled(pattern, id, value string) (paths []string) {
	escaped := url.PathEscape(value)
	known := strings.NewReplacer("{$}", "", "{id}", id, "{row}", "2", "{name...}", "results.csv", "{name}", "style.css", "{folder}", "rows")
	paths = append(paths, known.Replace(pattern))
	for _, hole := range []string{"{id}", "{row}", "{name...}", "{name}", "{folder}"} {
		if strings.Contains(pattern, hole) {
			paths = append(paths, known.Replace(strings.Replace(pattern, hole, escaped, 1)))
		}
	}
	return paths
}

// fine holds an answer to what none may do.
func fine(t *testing.T, name string, got reply) {
	t.Helper()
	if got.status == http.StatusInternalServerError {
		t.Errorf("%s: %d: %.300s", name, got.status, got.body)
	}
	page := strings.Contains(got.header.Get("Content-Type"), "text/html")
	for _, markup := range []string{"<script>alert", "<img src=x", "<b>\"", "ZgotmplZ"} {
		if page && strings.Contains(got.body, markup) {
			t.Errorf("%s: the page has %s", name, markup)
		}
	}
	if strings.Contains(got.body, "THE SECRET") || strings.Contains(got.body, "root:x:0") || strings.Contains(got.body, "REELMERGE LEDGER") {
		t.Errorf("%s: a file from outside", name)
	}
	if strings.Contains(got.header.Get("Set-Cookie"), "x=1") || strings.ContainsAny(got.header.Get("Location"), "\r\n") || strings.Contains(got.header.Get("Location"), "//") {
		t.Errorf("%s: the headers are %v", name, got.header)
	}
}
