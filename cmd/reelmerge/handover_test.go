package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mailRig is a rig whose sheet has addresses, and whose links end in a mark.
func mailRig(t *testing.T, sheet, mark, extra string) *rig {
	t.Helper()
	r := newRig(t, 0, false)
	r.write("rows.csv", sheet)
	campaign, err := os.ReadFile(r.path("rig.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("rig.yaml", string(campaign)+extra)
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if q.Method != http.MethodGet || !strings.Contains(q.URL.Path, "/api/v1/") {
			return false
		}
		answer := httptest.NewRecorder()
		r.bank.ServeHTTP(answer, q)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body.String(), ".mp4", ".mp4"+mark))
		return true
	})
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	return r
}

// handed reads a file that was handed over; the addresses lead to the other cells.
func (r *rig) handed(name string) (header []string, lines map[string][]string) {
	r.t.Helper()
	data, err := os.ReadFile(r.path("out/mail/" + name))
	if err != nil {
		r.t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	lines = map[string][]string{}
	for _, record := range records[1:] {
		lines[record[0]] = record[1:]
	}
	return records[0], lines
}

// TestRowsAreHandedToMailTools hands over rows of which some have an address that is
// another row's too, that the tool does not take, or none.
func TestRowsAreHandedToMailTools(t *testing.T) {
	t.Parallel()
	r := mailRig(t, "id,name,E-Mail\n1,Ada,ada@example.com\n2,Grace,Twice@example.com\n3,Jürgen,jürgen@example.com\n"+
		"4,Linus,=1+1@exämple.com\n5,Margaret,twice@EXAMPLE.com \n6,Nobody,\n", "?Expires=4102444800", "")
	got := r.run("results", "rig.yaml", "--for", "mailchimp")
	got.wants(t, exitRows, "")
	for _, want := range []string{
		"row 3: Twice@example.com is the address of rows 3, 6", "row 6: twice@EXAMPLE.com is the address of rows 3, 6", "--one-per-address first",
		`row 4: Mailchimp takes no letters such as ü before the @ of an address: "jürgen@example.com"`, "row 7: it has no address",
		"2 rows for mailchimp, by the addresses in E-Mail; left out: 4",
	} {
		if !strings.Contains(got.err, want) {
			t.Errorf("it does not say %q:\n%s", want, got.err)
		}
	}
	header, lines := r.handed("mailchimp.csv")
	if strings.Join(header, ",") != "Email Address,VIDEOURL,VIDEOIMG,VIDEOEND" || len(lines) != 2 {
		t.Errorf("%q, %q", header, lines)
	}
	for _, address := range []string{"ada@example.com", "=1+1@exämple.com"} {
		if cells := lines[address]; len(cells) != 3 || !strings.Contains(cells[0], ".mp4?Expires=4102444800") || cells[1] == "" || cells[2] != "2099-12-31" {
			t.Errorf("%s: %q", address, cells)
		}
	}
	r.run("results", "rig.yaml", "--for", "hubspot", "--one-per-address", "last").wants(t, exitRows, "row 3: Twice@example.com is the address of row 6 too")
	header, lines = r.handed("hubspot.csv")
	if strings.Join(header, ",") != "email,video_url,video_image_url,video_expires" || len(lines) != 4 || lines["twice@EXAMPLE.com"] == nil || lines["jürgen@example.com"] == nil {
		t.Errorf("%q, %q", header, lines)
	}
	if snippet, err := os.ReadFile(r.path("out/mail/snippet.html")); err != nil || !strings.HasPrefix(string(snippet), `<a href="{{ contact.video_url }}"><img src="{{ contact.video_image_url }}"`) {
		t.Errorf("%s, %v", snippet, err)
	}
	r.once(6)

	// People who must not be mailed any more are in no file, though their videos are made.
	r.write("gone.csv", "E-Mail\n ADA@example.com\n")
	r.run("results", "rig.yaml", "--for", "csv", "--one-per-address", "first", "--set", "rows.suppress.file=gone.csv", "--set", "rows.suppress.column=E-Mail").wants(t, exitRows, "3 rows for csv")
	if _, lines = r.handed("mail.csv"); lines["ada@example.com"] != nil || lines["jürgen@example.com"] == nil {
		t.Errorf("%q", lines)
	}

	// A row that changed since is in no file any more, and purging takes the files.
	r.write("rows.csv", "id,name,E-Mail\n1,Adele,ada@example.com\n4,Linus,linus@example.com\n")
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitDecide, "1 row for csv")
	if _, lines = r.handed("mail.csv"); len(lines) != 1 || lines["linus@example.com"] == nil {
		t.Errorf("%q", lines)
	}
	r.run("purge", "rig.yaml", "--yes", "--local").wants(t, exitDone, "")
	if _, err := os.Stat(r.path("out/mail")); err == nil {
		t.Error("the addresses are still there")
	}
}

// TestALinkThatMailchimpWouldCutIsRefused: the row and the cure are named, and other tools
// get the link as it is.
func TestALinkThatMailchimpWouldCutIsRefused(t *testing.T) {
	t.Parallel()
	mark := "?signature=" + strings.Repeat("0123456789", 30)
	r := mailRig(t, "id,name,E-Mail\n1,Ada,ada@example.com\n", mark, "")
	got := r.run("results", "rig.yaml", "--for", "mailchimp", "--json")
	got.wants(t, exitRows, `"row":2,"key":"1","reason":"Mailchimp keeps 255 bytes of VIDEOURL and cuts off the rest`)
	got.wants(t, exitRows, "set webhook.url before the run")
	if _, lines := r.handed("mailchimp.csv"); len(lines) != 0 {
		t.Errorf("%q", lines)
	}
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitDone, "1 row for csv")
	if _, lines := r.handed("mail.csv"); len(lines["ada@example.com"]) != 3 || !strings.HasSuffix(lines["ada@example.com"][0], mark) {
		t.Errorf("%q", lines)
	}
}

// TestTheColumnOfAddressesIsNamedOrTheOnlyOne guesses no column.
func TestTheColumnOfAddressesIsNamedOrTheOnlyOne(t *testing.T) {
	t.Parallel()
	r := mailRig(t, "id,name,private,work,note\n1,Ada,ada@home.example,ada@work.example,call ada@home.example\n2,Grace,grace@home.example,,x\n", "", "")
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitUsage, "it is not clear which column has the addresses: private, work")
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitUsage, `rows: {address: "private"}`)
	r.run("results", "rig.yaml", "--for", "csv", "--set", "rows.address=priv").wants(t, exitUsage, `has no column "priv"`)
	r.run("results", "rig.yaml", "--for", "csv", "--set", "rows.address=work").wants(t, exitRows, "row 3: it has no address")
	r.write("rows.csv", "id,name,private\n1,Ada,ada@home.example\n2,Grace,at home\n")
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitUsage, "it is not clear which column has the addresses: private")
	r.write("rows.csv", "id,name\n1,Ada\n2,Grace\n")
	r.run("results", "rig.yaml", "--for", "csv").wants(t, exitUsage, "no column has e-mail addresses alone")
	if _, err := os.Stat(r.path("out/mail/mail.csv")); err != nil {
		t.Errorf("the file of the run before is gone: %v", err)
	}
}

// TestPicturesAreMadeAlsoAfterKills kills the program while it makes pictures. What was
// made is whole and stays, the rest is made by the next run, and the mail shows them.
func TestPicturesAreMadeAlsoAfterKills(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed; no picture is made")
	}
	rows := 12
	if os.Getenv("REELMERGE_SOAK") != "" {
		rows = 200
	}
	r := newRig(t, 0, true)
	var sheet strings.Builder
	sheet.WriteString("id,name,mail\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "Kürzel %03d?,Name %d,%d@example.com\n", i, i, i)
	}
	r.write("rows.csv", sheet.String())
	r.long("run", "rig.yaml", "--yes", "--new-ledger").wants(t, exitDone, "")
	for _, kind := range []string{"stills", "gifs"} {
		r.killPicturing(kind, rows/3)
		before := r.pictures(kind)
		if len(before) < rows/3 || len(before) >= rows {
			t.Fatalf("%d %s were made before the kill", len(before), kind)
		}
		r.long("results", "rig.yaml", "--"+kind, "--json").wants(t, exitDone, fmt.Sprintf(`"kept":%d,"videos_missing":0,"failed":[]`, len(before)))
		after := r.pictures(kind)
		if len(after) != rows {
			t.Errorf("%d %s", len(after), kind)
		}
		for name, made := range before {
			if !after[name].Equal(made) {
				t.Errorf("%s was made again", name)
			}
		}
		r.long("results", "rig.yaml", "--"+kind, "--json").wants(t, exitDone, fmt.Sprintf(`"made":0,"kept":%d`, rows))
	}
	r.run("results", "rig.yaml", "--for", "csv", "--gifs", "--set", "output.public=https://cdn.example.com/spring").wants(t, exitDone, fmt.Sprintf("%d of yours", rows))
	_, lines := r.handed("mail.csv")
	if got := lines["7@example.com"]; len(got) != 3 || got[1] != "https://cdn.example.com/spring/K%C3%BCrzel%20007.gif" {
		t.Errorf("%q", got)
	}
}

// long runs a command that may take longer than others.
func (r *rig) long(args ...string) ended {
	r.t.Helper()
	c := exec.CommandContext(r.t.Context(), "reelmerge", args...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "RIG_TOKEN="+r.token)
	return r.finish(c, runIt)
}

// killPicturing kills the program when so many pictures are there.
func (r *rig) killPicturing(kind string, enough int) {
	r.t.Helper()
	c := exec.CommandContext(r.t.Context(), "reelmerge", "results", "rig.yaml", "--"+kind)
	c.Dir = r.dir
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		found, _ := filepath.Glob(r.path("out/" + kind + "/[^.]*"))
		if len(found) >= enough || time.Now().After(deadline) {
			break
		}
	}
	_ = c.Process.Kill()
	_ = c.Wait()
}

// pictures lists the pictures of a kind with the times when they were made. Each is whole.
func (r *rig) pictures(kind string) map[string]time.Time {
	r.t.Helper()
	files, err := filepath.Glob(r.path("out/" + kind + "/[^.]*"))
	if err != nil {
		r.t.Fatal(err)
	}
	made := map[string]time.Time{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		if kind == "gifs" {
			var all *gif.GIF
			if all, err = gif.DecodeAll(bytes.NewReader(data)); err == nil && all.Image[0].Rect != image.Rect(0, 0, all.Config.Width, all.Config.Height) {
				r.t.Errorf("%s: its first picture is not complete", filepath.Base(path))
			}
		} else {
			_, err = jpeg.Decode(bytes.NewReader(data))
		}
		if err != nil || len(data) > 1_000_000 {
			r.t.Errorf("%s: %d bytes, %v", filepath.Base(path), len(data), err)
		}
		info, err := os.Stat(path)
		if err != nil {
			r.t.Fatal(err)
		}
		made[filepath.Base(path)] = info.ModTime()
	}
	return made
}

// TestWithoutFFmpegTheCommandSaysWhatToInstall: everything else works without it.
func TestWithoutFFmpegTheCommandSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, true)
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	c := r.command("results", "rig.yaml", "--stills")
	c.Env = append(c.Env, "PATH="+t.TempDir())
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), "apt install ffmpeg, brew install ffmpeg or winget install ffmpeg") {
		t.Errorf("%v\n%s", err, out)
	}
}
