package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
)

// TestInitAsksForWhatItCannotKnow plays a person at a terminal.
func TestInitAsksForWhatItCannotKnow(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sheet := write("customers.csv", "id,Portrait,Voice\nC1,a.png,a.wav\nC2,b.png,b.wav\n")
	template := write("x.template.json", `{"operation": "vidgen/job", "request": {"image": "{image}", "audio": "{voice}"}}`)
	answers := map[string][]string{
		"Its number or its name [id]": {"none of these", "1"},
		`Which column is "image"?`:    {"Picture", "portrait"}, // there is none of the first name
		"At which address":            {"http://vidgen.example.com", "https://vidgen.example.com"},
		"vidgen publishes no":         {"free", "0.50"},
		"In which unit":               {"EUR"},
	}
	out := filepath.Join(folder, "campaign.yaml")
	a := quietApp()
	ask := a.asking(func(_ context.Context, question string) string {
		for begin, list := range answers {
			if strings.HasPrefix(question, begin) && len(list) > 0 {
				answers[begin] = list[1:]
				return list[0]
			}
		}
		t.Errorf("asked %q", question)
		return ""
	})
	d, err := a.draft(t.Context(), reelmerge.DraftOptions{Out: out, Ask: ask}, []string{template, sheet})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Next: reelmerge check ` + out + `
# A paid run reads the token from VIDGEN_TOKEN; see the API key that your vidgen account shows; it goes out as X-API-Key.
rows:
  file: customers.csv
  key: id  # the id of a row: its values must not change
template: x.template.json
variables:
  image: Portrait
  voice: Voice
provider:
  base_url: "https://vidgen.example.com"
prices:
  unit: EUR
  per_job: 0.50
`
	if diff := cmp.Diff(want, read(t, out)); diff != "" {
		t.Error(diff)
	}
	if len(d.Undecided) > 0 {
		t.Errorf("undecided after all was answered: %+v", d.Undecided)
	}
}

// TestInitLeavesOpenWhatNobodyAnswers presses the enter key at each question.
func TestInitLeavesOpenWhatNobodyAnswers(t *testing.T) {
	folder := t.TempDir()
	sheet := filepath.Join(folder, "customers.csv")
	if err := os.WriteFile(sheet, []byte("id,Name\nC1,Ada\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := quietApp()
	o := reelmerge.DraftOptions{Saved: "abc", Out: filepath.Join(folder, "campaign.yaml"), Ask: a.asking(func(context.Context, string) string { return "" })}
	d, err := a.draft(t.Context(), o, []string{sheet})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(folder, "customers.template.json")); strings.Contains(got, "duration") {
		t.Errorf("a length that nobody said: %s", got)
	}
	if len(d.Undecided) != 2 {
		t.Errorf("undecided: %+v", d.Undecided)
	}
}

func quietApp() *app {
	return &app{terminal: terminalOf(streams{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}})}
}

// FuzzColumnsSurviveTheCampaign writes any name of a column into a campaign, and
// reads it back.
func FuzzColumnsSurviveTheCampaign(f *testing.F) {
	for _, name := range []string{
		"First Name", "yes", "NULL", "~", "1.0", "0x1F", "2026-01-01", "a: b", "# c", "- d", "*e", "&f", "!g", "{h}", "[i]",
		`"j"`, "'k'", "l\\m", "Größe", "名前", "a\tb", "<<", "%", "@n", "`o`", "|", ">", "?", "p ", " q", "r#s", "t #u", "=v", "<w>", "12:30",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.TrimSpace(name) == "" || !utf8.ValidString(name) {
			t.Skip("no reader names a column so")
		}
		text := "rows: {file: x.csv}\ntemplate: x.json\nvariables:\n  v: " + campaign.Text(name) + "\n"
		c, problems := campaign.Parse("x.yaml", []byte(text), nil)
		for _, p := range problems {
			if p.Code == "CMP-REFERENCE" {
				t.Skip("environment variables are not put in place there")
			}
		}
		if c == nil {
			t.Fatalf("%s\n%+v", text, problems)
		}
		if got := c.Variables["v"].Source.Column; got != name {
			t.Errorf("column %q became %q", name, got)
		}
	})
}
