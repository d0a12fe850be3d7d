package handover_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/handover"
)

// read is a second reading of CSV by RFC 4180, which shares nothing with the writer.
func read(t *testing.T, text string) (records [][]string) {
	t.Helper()
	for text != "" {
		var record []string
		for {
			var cell string
			if rest, quoted := strings.CutPrefix(text, `"`); quoted {
				for {
					part, after, ok := strings.Cut(rest, `"`)
					if !ok {
						t.Fatalf("a quote is not closed: %q", text)
					}
					cell += part
					if rest, ok = strings.CutPrefix(after, `"`); !ok {
						text = after
						break
					}
					cell += `"`
				}
			} else {
				i := strings.IndexAny(text, ",\n")
				if i < 0 {
					t.Fatalf("the last line does not end: %q", text)
				}
				if strings.ContainsAny(text[:i], "\"\r") {
					t.Fatalf("%q must be in quotes", text[:i])
				}
				cell = text[:i]
				text = text[i:]
			}
			record = append(record, cell)
			mark := text[:1]
			text = text[1:]
			if mark == "\n" {
				break
			}
			if mark != "," {
				t.Fatalf("%q stands behind a cell", mark)
			}
		}
		records = append(records, record)
	}
	return records
}

// mailchimp is a second reading of https://mailchimp.com/help/format-guidelines-for-your-import-file/:
// what a file must be so that nothing of it is refused or clipped.
func mailchimp(t *testing.T, file string) {
	t.Helper()
	records := read(t, file)
	if got := strings.Join(records[0], ","); got != "Email Address,VIDEOURL,VIDEOIMG,VIDEOEND" {
		t.Errorf("header %q", got)
	}
	for _, tag := range records[0][1:] {
		if !regexp.MustCompile(`^[A-Z0-9]{1,10}$`).MatchString(tag) {
			t.Errorf("%q is no merge tag", tag)
		}
	}
	seen := map[string]bool{}
	for _, record := range records[1:] {
		address := record[0]
		if !regexp.MustCompile(`^[!-~]+@[^@\s]+\.[^@\s.]+$`).MatchString(address) || strings.Contains(address[:strings.Index(address, "@")], ",") {
			t.Errorf("Mailchimp refuses the address %q", address)
		}
		if seen[strings.ToLower(address)] {
			t.Errorf("two contacts have the address %q", address)
		}
		seen[strings.ToLower(address)] = true
		for i, value := range record {
			if len(value) > 255 {
				t.Errorf("column %d is clipped after 255 bytes of %d", i, len(value))
			}
		}
		if end := record[3]; end != "" && !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).MatchString(end) {
			t.Errorf("%q is no date", end)
		}
	}
}

// hubspot is a second reading of https://knowledge.hubspot.com/import-and-export/set-up-your-import-file.
func hubspot(t *testing.T, file string) {
	t.Helper()
	records := read(t, file)
	if got := strings.Join(records[0], ","); got != "email,video_url,video_image_url,video_expires" {
		t.Errorf("header %q", got)
	}
	for _, name := range records[0] {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(name) {
			t.Errorf("no property is called %q", name)
		}
	}
	for _, record := range records[1:] {
		if len(record) != len(records[0]) {
			t.Errorf("%q has not the columns of the header", record)
		}
	}
}

// rows are values as sheets and services have them.
func rows() []handover.Row {
	return []handover.Row{
		{Address: "ada@example.com", Video: "https://videos.example.com/a.mp4", Image: "https://videos.example.com/a.jpg"},
		{Address: "+49@exämple.com", Video: `https://videos.example.com/"quoted",.mp4`, Ends: time.Date(2026, 12, 24, 10, 0, 0, 0, time.UTC)},
		{Address: "=1+1@example.com", Video: "https://videos.example.com/Grüße-🎬.mp4", Ends: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)},
		{Address: "-x/y@例え.jp", Video: "https://videos.example.com/" + strings.Repeat("x", 228)},
		{Address: "o'hara&co@example.com", Video: "https://videos.example.com/o.mp4"},
	}
}

// TestEachToolTakesItsFile writes a file for each tool, and reads it by the tool's rules.
func TestEachToolTakesItsFile(t *testing.T) {
	rules := map[string]func(*testing.T, string){"mailchimp": mailchimp, "hubspot": hubspot, "csv": hubspot}
	for _, tool := range handover.Tools() {
		for _, r := range rows() {
			if fault, cure := tool.Fault(r); fault != "" {
				t.Errorf("%s refuses %+v: %s; %s", tool.Name, r, fault, cure)
			}
		}
		var file bytes.Buffer
		if err := tool.Write(&file, rows()); err != nil {
			t.Fatal(err)
		}
		rules[tool.Name](t, file.String())
		records := read(t, file.String())
		for i, r := range rows() {
			end := ""
			if !r.Ends.IsZero() {
				end = "2026-12-23" // the last whole day
			}
			if got, want := records[i+1], []string{r.Address, r.Video, r.Image, end}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: line %d is %q, want %q", tool.Name, i+2, got, want)
			}
		}
	}
}

// TestWhatAToolWouldCutIsRefused: 255 bytes are whole, one more would be a broken link.
func TestWhatAToolWouldCutIsRefused(t *testing.T) {
	long := "https://videos.example.com/" + strings.Repeat("x", 300-27)
	short := "https://videos.example.com/s"
	for name, test := range map[string]struct {
		row         handover.Row
		fault, cure string
	}{
		"a link of 300 bytes, and no page": {handover.Row{Address: "a@b.example", Video: long}, "VIDEOURL", "webhook.url"},
		"with a short page":                {handover.Row{Address: "a@b.example", Video: long, Page: short}, "300", "--link page"},
		"with a page as long":              {handover.Row{Address: "a@b.example", Video: long, Page: long}, "255", "--for csv"},
		"256 bytes":                        {handover.Row{Address: "a@b.example", Video: long[:256]}, "has 256", "--for csv"},
		"128 letters of two bytes":         {handover.Row{Address: "a@b.example", Video: strings.Repeat("ü", 128)}, "has 256", "--for csv"},
		"a long picture":                   {handover.Row{Address: "a@b.example", Video: short, Image: long}, "VIDEOIMG", "output.public"},
		"no address":                       {handover.Row{Video: short}, "no address", "sheet"},
		"a name":                           {handover.Row{Address: "Ada", Video: short}, `"Ada" is no e-mail address`, "sheet"},
		"an umlaut before the @":           {handover.Row{Address: "jürgen@example.com", Video: short}, "jürgen", "another address"},
	} {
		tool, _ := handover.Find("mailchimp")
		fault, cure := tool.Fault(test.row)
		if !strings.Contains(fault, test.fault) || !strings.Contains(cure, test.cure) {
			t.Errorf("%s: %q; %q", name, fault, cure)
		}
	}
	for _, other := range []string{"hubspot", "csv"} {
		tool, _ := handover.Find(other)
		if fault, _ := tool.Fault(handover.Row{Address: "jürgen@example.com", Video: long}); fault != "" {
			t.Errorf("%s: %s", other, fault)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, good := range []string{
		"ada@example.com", "a.b+c@sub.example.co.uk", "jürgen@exämple.de", "=1+1@x.example", "o'hara@x.example", strings.Repeat("x", 64) + "@x.example",
	} {
		if !handover.IsAddress(good) {
			t.Errorf("%q is an address", good)
		}
	}
	for _, bad := range []string{
		"", "ada", "ada@", "@example.com", "ada@localhost", "a@b@c.example", " ada@example.com", "ada@example.com\n", "ada @example.com", "Ada <ada@example.com>",
		"a..b@example.com", ".a@example.com", "a.@example.com", "a@-x.example", "a@x-.example", "a@x..example", "a@x.example.", "a@b.example, c@d.example",
		"a\u200b@example.com", "a@exa\u202emple.com", "a\xff@example.com", `=HYPERLINK("http://x")@x.example`, strings.Repeat("x", 65) + "@x.example",
		"a@" + strings.Repeat("x.", 130) + "example", "+cmd|' /C calc'!A0@x.example", "=cmd|x!A1@x.example", "-x|y@x.example",
	} {
		if handover.IsAddress(bad) {
			t.Errorf("%q is no address", bad)
		}
	}
	if handover.SameAddress(" Ju\u0308rgen@Example.com ") != handover.SameAddress("JÜRGEN@EXAMPLE.COM") {
		t.Error("two ways to write an address are two addresses")
	}
}

// TestTheSnippetIsAPictureWithALink: nothing else comes through mail programs.
func TestTheSnippetIsAPictureWithALink(t *testing.T) {
	shape := regexp.MustCompile(`^<a href="([^"<>]+)"><img src="([^"<>]+)" alt="[^"<>]+"( width="600")? style="[a-z0-9:;%-]+"></a>\n$`)
	for name, tags := range map[string][2]string{
		"mailchimp": {"*|VIDEOURL|*", "*|VIDEOIMG|*"}, "hubspot": {"{{ contact.video_url }}", "{{ contact.video_image_url }}"}, "csv": {"{{video_url}}", "{{video_image_url}}"},
	} {
		tool, _ := handover.Find(name)
		for _, own := range []bool{true, false} {
			m := shape.FindStringSubmatch(tool.Snippet(own))
			if m == nil || m[1] != tags[0] || m[2] != tags[1] || own == (m[3] != "") {
				t.Errorf("%s: %q", name, tool.Snippet(own))
			}
		}
	}
}
