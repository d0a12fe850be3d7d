package serve_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"html"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/browsertest"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/serve"
)

// playedBy is the variable with the address of the simulator that plays the paid service
// for a server of its own process.
const playedBy = "REELMERGE_TEST_PLAYED_BY"

// servePlayed is that process: what `reelmerge serve` is, with the address of the service
// changed in every campaign.
func servePlayed(service string) int {
	s, err := serve.New(serve.Options{Campaigns: reelmerge.Options{
		Services: all.Services(), Set: []string{"provider.base_url=" + service, "limits.submits=20/s", "limits.active=12", "limits.poll.first=50ms", "limits.poll.max=200ms"},
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("http://%s/#token=%s\n", l.Addr(), s.Token())
	if err := s.Serve(context.Background(), l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// workbook is a workbook of one sheet.
func workbook(t *testing.T, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var sheet strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, i+1)
		for j, cell := range row {
			fmt.Fprintf(&sheet, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+j, i+1, html.EscapeString(cell))
		}
		sheet.WriteString("</row>")
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Customers" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheet.String() + `</sheetData></worksheet>`},
	} {
		f, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(head + part[1])) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drop drops files on the form for them, as from the desktop.
func (b *tab) drop(files ...string) {
	b.t.Helper()
	at := browsertest.Evaluate[[]float64](b.ctx, b.t, `(r => [r.x + r.width / 2, r.y + r.height / 2])((e => { e.scrollIntoView(); return e })(document.querySelector("[data-drop]")).getBoundingClientRect())`)
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		p := input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1}}
		b.must(chromedp.Do(b.ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, input.DispatchDragEvent, p)
			return err
		})))
	}
}

// TestFromAnEmptyFolderToTheMailTool goes the whole way without a terminal: an export and a
// workbook are dropped on an empty folder, and a file for Mailchimp is handed over. The
// simulator plays the paid service. In the middle of the run the server is killed.
func TestFromAnEmptyFolderToTheMailTool(t *testing.T) {
	browser := browsertest.Start(t)
	bank, err := sandbox.New(sandbox.Options{Render: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(bank)
	defer service.Close()
	outside := t.TempDir()
	sheet := [][]string{{"Customer ID", "First Name", "Product", "Email"}}
	for i := range 200 {
		sheet = append(sheet, []string{fmt.Sprintf("C%04d", i), fmt.Sprintf("Ad%c%c", 'a'+i/26, 'a'+i%26), "Gold", fmt.Sprintf("ada%d@example.com", i)})
	}
	sheet[4][1], sheet[51][1] = "", ""
	files := []string{filepath.Join(outside, "export.json"), filepath.Join(outside, "Customers.xlsx")}
	for i, data := range [][]byte{[]byte(export), workbook(t, sheet)} {
		if err := os.WriteFile(files[i], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{t: t, dir: t.TempDir()}
	played := []string{playedBy + "=" + service.URL + "/colossyan/api/v1", "COLOSSYAN_TOKEN=a-token"}
	begin := func() (*process, *tab) {
		p := w.start(exec.Command(os.Args[0]), played...)
		b := newTab(browser, t)
		b.open(p.address)
		return p, b
	}
	p, b := begin()
	b.says("There is no campaign in this folder yet")
	b.picture("empty")
	b.drop(files...)
	b.says("plan has no column yet")
	b.picture("match")
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(`select[name="column.plan"]`, "Product")))
	b.click("Write it for Colossyan")
	b.says("198 ready, 2 with problems")
	b.mend("B5", "Grace")
	b.says("199 ready, 1 with problems")
	b.mend("B52", "Mary")
	b.says("No problem was found")
	b.click("Look at the plan")
	b.says("Rows worth a look")
	b.click("Row ")
	b.says("Row")
	b.says("of 200")
	b.picture("storyboard")
	b.click("Plan")
	b.says("Approve it")
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(`#by`, "Ada Lovelace")))
	b.click("Approve: at most")
	b.says("Is this a new campaign?")
	b.picture("question")
	b.click("Yes, go on")
	b.says("Send it")
	b.click("Pay for 200 rows")
	b.says("Running here")
	b.says("being made")
	straight := b.clicks
	p.kill()
	b.says("The server does not answer")

	_, b = begin()
	b.says("being made")
	b.click("customers")
	b.says("Look at the plan and send")
	b.click("Look at the plan")
	b.says("What is sent is exactly this plan")
	b.click("Pay for")
	b.says("The run has ended")
	// The kill may have hit a request on its way: whether that row was made is for a person.
	made, err := strconv.Atoi(regexp.MustCompile(`(\d+) made`).FindStringSubmatch(b.text())[1])
	if err != nil || made < 199 || made < 200 && !strings.Contains(b.text(), "1 row may or may not have been made") {
		t.Errorf("after the second run the page says %s", b.text())
	}
	before := b.clicks
	b.click("Videos")
	b.says("For a mail tool")
	b.picture("gallery")
	b.click("Write the file")
	b.says(strconv.Itoa(made) + " rows in the file")
	b.picture("handed")
	b.click("Download mail/mailchimp.csv")
	if straight += b.clicks - before; straight > 12 {
		t.Errorf("the straight way takes %d clicks", straight)
	}
	t.Logf("%d clicks", straight)
	if seen := unexpected(b.seen.Seen()); len(seen) > 0 {
		t.Errorf("the page did: %q", seen)
	}
	text, err := os.ReadFile(filepath.Join(w.dir, "customers/out/customers/mail/mailchimp.csv"))
	if err != nil || strings.Count(string(text), "@example.com") != made {
		t.Errorf("the file: %v, %.300s", err, text)
	}
	charges, err := bank.Bank()
	if err != nil || len(charges) < made || len(charges) > 200 {
		t.Errorf("%d rows were paid with %d jobs, %v", made, len(charges), err)
	}
	if out, code := w.command("status", "customers/customers.yaml", "--set", "provider.base_url="+service.URL+"/colossyan/api/v1"); code != 0 && code != 4 || !strings.Contains(out, strconv.Itoa(made)+" made") {
		t.Errorf("status: %d %s", code, out)
	}
}
