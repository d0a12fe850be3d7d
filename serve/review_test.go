package serve_test

import (
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

// TestALinkShowsOneCampaignAndChangesNothing enters by a review link, tries every route, and
// is shut out once the links are ended.
func TestALinkShowsOneCampaignAndChangesNothing(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	w.write("other.yaml", "name: other\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: 20ms}}\noutput: {dir: elsewhere}\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	places := regexp.MustCompile(`href="(c/[^"]+)"`).FindAllStringSubmatch(c.get("/"), -1)
	if len(places) != 2 {
		t.Fatalf("%d campaigns", len(places))
	}
	other, base := "/"+places[0][1], "/"+places[1][1]
	digest := digestOf(t, c.get(base+"plan"))
	_, page := c.post(base+"share", nil)
	found := regexp.MustCompile(`#token=(c%2f[^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no link: %s", page)
	}
	word, err := url.QueryUnescape(found[1])
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(w.dir, "out/sandbox/reviews.json"))
	if secret := word[strings.LastIndex(word, "/")+1:]; err != nil || strings.Contains(string(kept), secret) {
		t.Errorf("the secret itself is kept: %s, %v", kept, err)
	}
	enter := func(word string) *http.Cookie {
		got := c.request("POST", "/session", url.Values{"token": {word}}.Encode(), func(r *http.Request) { r.Header.Del("Authorization") })
		if len(got.cookies()) == 0 {
			return nil
		}
		return got.cookies()[0]
	}
	cookie := enter(word)
	if cookie == nil || enter(word+"x") != nil || enter(strings.TrimPrefix(other, "/")+"x") != nil {
		t.Fatal("the link does not open, or another word does")
	}
	guest := func(method, path, body string) reply {
		return c.request(method, path, body, func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie) })
	}
	if got := guest("GET", "/", ""); got.status != 303 || "/"+got.header.Get("Location") != base {
		t.Errorf("the first page: %d, %q", got.status, got.header.Get("Location"))
	}
	id := strings.Trim(strings.TrimPrefix(base, "/c/"), "/")
	for _, route := range routes(t) {
		method, pattern, _ := strings.Cut(route, " ")
		if pattern == "/events" || strings.HasPrefix(pattern, "/web") || pattern == "/healthz" || pattern == "/session" || pattern == "/leave" || pattern == "/{$}" {
			continue
		}
		got := guest(method, filled(pattern, id, "")[0], url.Values{"plan": {digest}, "row": {"2"}}.Encode())
		mine := method == "GET" && strings.HasPrefix(pattern, "/c/")
		if mine == (got.status == http.StatusForbidden) {
			t.Errorf("%s: %d", route, got.status)
		}
	}
	if got := guest("GET", other, ""); got.status != http.StatusForbidden {
		t.Errorf("another campaign: %d", got.status)
	}
	if got := guest("GET", base+"plan", ""); !strings.Contains(got.body, `class="guest"`) {
		t.Error("the page shows buttons that do nothing")
	}
	c.post(base+"unshare", nil)
	if got := guest("GET", base, ""); got.status != http.StatusUnauthorized || !strings.Contains(got.body, "The link has ended") {
		t.Errorf("after the links were ended: %d", got.status)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "out/sandbox/ledger.db")); err == nil {
		t.Error("a guest has begun a run")
	}
}
