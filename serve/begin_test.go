package serve_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
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

// given are files that a person drops: name and content, in turn.
type given []string

// bring sends files as the form of the page does.
func (c caller) bring(path string, files given) reply {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		part, err := w.CreateFormFile("file", files[i])
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = io.WriteString(part, files[i+1]) // a buffer takes everything
	}
	if _, err := w.CreateFormFile("sheet", ""); err != nil || w.Close() != nil {
		c.t.Fatal(err)
	}
	return c.request("POST", path, b.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) })
}

const (
	export = `{"videoCreative": {"settings": {"name": "x", "videoSize": {"width": 1920, "height": 1080}},
  "scenes": [{"name": "hello", "tracks": [{"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "position": {"x": 0, "y": 0}, "size": {"width": 100, "height": 100}, "text": "Hello {first_name}, your plan is {plan}."}]}]}}`
	customers = "Customer ID,First Name,Product\n004711,Ada,Gold\n004712,Grace,Silver\n"
)

// empty is a server of an empty folder.
func empty(t *testing.T) (*world, caller) {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	s := w.server(serve.Options{})
	return w, caller{t, s.Handler(), s}
}

// folder lists all files of a world, with those that are on their way.
func (w *world) folder() (names []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(w.dir, path); err == nil && !d.IsDir() {
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

// TestACampaignBeginsWithTwoFiles: columns are matched by name and shown with an example, the
// person chooses the others, and the campaign is written as the command would.
func TestACampaignBeginsWithTwoFiles(t *testing.T) {
	w, c := empty(t)
	got := c.bring("/new", given{"export.json", export, `C:\Users\me\Customers May.csv`, customers})
	if got.status != 303 || got.header.Get("Location") != "new/customers-may" {
		t.Fatalf("%d %q: %s", got.status, got.header.Get("Location"), got.body)
	}
	page := c.get("/new/customers-may")
	for _, want := range []string{`<option value="First Name" data-example="Ada" selected>`, `<span id="example-0">Ada</span>`, "plan has no column yet", "2 rows", `<option value="Customer ID" selected>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %s: %s", want, page)
		}
	}
	if got := c.post2("/new/customers-may", url.Values{"on": {"simulator"}}); got.status != 422 {
		t.Errorf("a variable without a column was written: %d", got.status)
	}
	if page := c.get("/new/customers-may?column.plan=Product"); !strings.Contains(page, `<span id="example-1">Gold</span>`) {
		t.Error("the example of another column is not shown")
	}
	form := url.Values{"column.plan": {"Product"}, "column.first_name": {"First Name"}, "key": {"Customer ID"}, "approval": {"yes"}, "answer.money": {"cheap"}, "on": {"simulator"}}
	if got := c.post2("/new/customers-may", form); got.status != 422 || !strings.Contains(got.body, "write a number with a point and a currency") {
		t.Errorf("a wrong answer: %d %s", got.status, got.body)
	}
	form.Set("answer.money", "0.85 EUR")
	got = c.post2("/new/customers-may", form)
	if got.status != 303 || !regexp.MustCompile(`^\.\./s/customers-may-customers-may-[0-9a-f]{8}/$`).MatchString(got.header.Get("Location")) {
		t.Fatalf("%d %q %s", got.status, got.header.Get("Location"), got.body)
	}
	want := []string{"customers-may/Customers May.csv", "customers-may/customers-may.yaml", "customers-may/export.json"}
	if got := w.folder(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the folder has %q", got)
	}
	text, err := os.ReadFile(filepath.Join(w.dir, "customers-may/customers-may.yaml"))
	for _, want := range []string{"file: Customers May.csv", "key: Customer ID", "plan: Product", "first_name: First Name", "approval: required", "per_unit: 0.85"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the campaign does not say %q: %s, %v", want, text, err)
		}
	}
	if out, code := w.command("check", "customers-may/customers-may.yaml"); code != 0 {
		t.Errorf("check: %d %s", code, out)
	}
	if page := c.get("/"); !strings.Contains(page, "has not run yet") || strings.Contains(page, "not finished yet") {
		t.Errorf("the list: %s", page)
	}
}

// post2 is post, with the headers of the answer.
func (c caller) post2(path string, form url.Values) reply {
	c.t.Helper()
	return c.request("POST", path, form.Encode(), nil)
}

// TestACampaignIsBegunInTwoSteps: one file, the other, a third in the place of the first, and
// a server that is started anew in between. Nothing that was given is written over.
func TestACampaignIsBegunInTwoSteps(t *testing.T) {
	w, c := empty(t)
	if got := c.bring("/new", given{"export.json", export}); got.header.Get("Location") != "new/export" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s := w.server(serve.Options{})
	c = caller{t, s.Handler(), s}
	if page := c.get("/"); !strings.Contains(page, `href="new/export"`) || !strings.Contains(page, "no sheet yet") {
		t.Errorf("the list does not have it: %s", page)
	}
	if page := c.get("/new/export"); !strings.Contains(page, "Now the sheet") {
		t.Errorf("the page does not say what is missing: %s", page)
	}
	for i, text := range []string{customers, strings.Replace(customers, "Ada", "Adele", 1)} {
		if got := c.bring("/new/export/files", given{"rows.csv", text}); got.status != 303 || got.header.Get("Location") != "../export" {
			t.Fatalf("%d: %d %s", i, got.status, got.body)
		}
	}
	if got := strings.Join(w.folder(), " "); got != "export/draft.json export/export.json export/rows-2.csv export/rows.csv" {
		t.Errorf("the folder has %s", got)
	}
	if page := c.get("/new/export"); !strings.Contains(page, "Adele") {
		t.Error("the sheet that was given last is not used")
	}
	if got := c.bring("/new", given{"export.json", export}); got.header.Get("Location") != "new/export-2" {
		t.Errorf("another one: %q", got.header.Get("Location"))
	}
	if got := c.post2("/new/export/discard", nil); got.status != 303 || !strings.HasPrefix(strings.Join(w.folder(), " "), "export-2/draft.json") && len(w.folder()) != 3 {
		t.Errorf("thrown away: %d %q", got.status, w.folder())
	}
}

// TestWrongFilesAreToldApart drops everything that people drop: each is refused with what it
// is, and leaves nothing behind.
func TestWrongFilesAreToldApart(t *testing.T) {
	// A container of Office: its directory begins after the first sector, and names what is in it.
	container := make([]byte, 1536)
	copy(container, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	container[30] = 9
	copy(container[512:], "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	w, c := empty(t)
	for _, f := range []struct {
		files given
		want  string
	}{
		{given{"empty.csv", ""}, "is empty"},
		{given{"empty.json", " \n"}, "is empty"},
		{given{"letter.pdf", "%PDF-1.7"}, "is a PDF"},
		{given{"letter.xlsx", "%PDF-1.7"}, "it is a PDF"},
		{given{"export.json", "%PDF-1.7"}, "is named like a template, and is a PDF"},
		{given{"rows.json", "PK\x03\x04xxxx"}, "is named like a template, and is a workbook"},
		{given{"rows.numbers", "PK\x03\x04xxxx"}, "is a workbook, a document or another ZIP archive"},
		{given{"program.exe", "MZ"}, "is neither a sheet nor a template by its name"},
		{given{"export.csv", export}, "is named like a sheet, and holds a template"},
		{given{"export.json", `{"videoCreative": ,}`}, "TPL-JSON"},
		{given{"package.json", `{"name": "x"}`}, "package.json"},
		{given{"campaign.yaml", "rows: {file: x.csv}\ntemplate: x.json\n"}, "is a campaign"},
		{given{"page.csv", "<!DOCTYPE html><table></table>"}, "it is a web page"},
		{given{"old.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 600)}, "it is an old Excel file"},
		{given{"locked.xlsx", string(container)}, "it has a password"},
		{given{"a.csv", customers, "b.csv", customers}, "are both a sheet"},
		{given{"a.json", export, "b.json", export}, "are both a template"},
		{given{"a.csv", customers, "A/a.csv", customers}, "was given twice"},
		{given{}, "no file was given"},
	} {
		got := c.bring("/new", f.files)
		if got.status != 422 || !strings.Contains(unescaped(got.body), f.want) {
			t.Errorf("%.40q: %d, not %q in %s", f.files, got.status, f.want, got.body)
		}
		if strings.Contains(got.body, w.dir) || strings.Contains(got.body, "reelmerge-upload") {
			t.Errorf("%.40q: the page has a path of this machine: %s", f.files, got.body)
		}
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func unescaped(page string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(page)
}

// TestAnUploadIsBounded: more than 200 MB is refused while it comes, and its end is
// not waited for.
func TestAnUploadIsBounded(t *testing.T) {
	w, c := empty(t)
	body := "--x\r\nContent-Disposition: form-data; name=\"sheet\"; filename=\"big.csv\"\r\n\r\n"
	endless := io.MultiReader(strings.NewReader(body+"id,name\n"), io.LimitReader(rows{}, 201<<20), strings.NewReader("\r\n--x--\r\n"))
	got := c.request("POST", "/new", "", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(endless), -1
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	})
	if got.status != 422 || !strings.Contains(got.body, "is larger than 200 MB") {
		t.Errorf("%d: %s", got.status, got.body)
	}
	got = c.request("POST", "/new", body+"id,na", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") })
	if got.status != 422 || !strings.Contains(got.body, "did not come to their end") {
		t.Errorf("half a file: %d: %s", got.status, got.body)
	}
	if got := w.folder(); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// rows are as many rows as are read.
type rows struct{}

func (rows) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "C1,Ada\n"[i%7]
	}
	return len(b), nil
}

// TestASheetOf100MBIsTaken brings one over a socket, matches its columns and writes the
// campaign.
func TestASheetOf100MBIsTaken(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: a hundred megabytes")
	}
	w := &world{t: t, dir: t.TempDir()}
	p := w.serve("--listen", "127.0.0.1:0")
	var sheet bytes.Buffer
	sheet.WriteString("Customer ID,First Name,Plan,Note\n")
	for i := 0; sheet.Len() < 100<<20; i++ {
		fmt.Fprintf(&sheet, "C%07d,Ada %d,Gold,%s\n", i, i, "a note that nobody reads of some length as sheets have them")
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, text := range map[string][]byte{"export.json": []byte(export), "big.csv": sheet.Bytes()} {
		part, err := m.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(text) // a buffer takes everything
	}
	_ = m.Close()
	began := time.Now()
	send := func(path, kind string, body io.Reader) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base()+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+p.token())
		got, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		if got.StatusCode != http.StatusSeeOther {
			text, err := io.ReadAll(got.Body)
			t.Fatalf("%d %s %v", got.StatusCode, text, err)
		}
	}
	send("/new", m.FormDataContentType(), &b)
	t.Logf("taken after %v", time.Since(began))
	form := url.Values{"key": {"Customer ID"}}
	send("/new/big", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	t.Logf("written and checked after %v", time.Since(began))
}

// TestAnExampleIsCopied begins without any file.
func TestAnExampleIsCopied(t *testing.T) {
	w, c := empty(t)
	got := c.post2("/new", url.Values{"starter": {"samsar-text-to-video"}})
	if got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), "s/samsar-text-to-video-") {
		t.Fatalf("%d %q %s", got.status, got.header.Get("Location"), got.body)
	}
	if page := c.get("/" + got.header.Get("Location")); !strings.Contains(page, "Look at the plan and send 1 row") {
		t.Errorf("the campaign is not ready: %s", page)
	}
	before := len(w.folder())
	if got := c.post2("/new", url.Values{"starter": {"../../x"}}); got.status != 422 || len(w.folder()) != before {
		t.Errorf("a starter that is not there: %d", got.status)
	}
}

// FuzzNamesOfFilesAreMadeSafe holds names to what every system takes for a file in a folder.
func FuzzNamesOfFilesAreMadeSafe(f *testing.F) {
	for _, name := range []string{"Customers May.csv", "../../etc/passwd", `C:\x\y.csv`, "CON.csv", ".hidden", "a\x00b.csv", "..", "", "x.csv ", strings.Repeat("ä", 300) + ".xlsx", "名前.csv", "a/b", "con.a.b", "aux"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := serve.SafeName(name)
		if safe != serve.SafeName(safe) || safe != filepath.Base(safe) || strings.ContainsAny(safe, "/\\:*?\"<>|\x00") || strings.HasPrefix(safe, ".") || strings.HasSuffix(safe, ".") || len(safe) > 255 || !filepath.IsLocal(safe) {
			t.Errorf("%q became %q", name, safe)
		}
	})
}
