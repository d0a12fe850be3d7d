package campaign_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func TestASecretNeverPrintsItself(t *testing.T) {
	s := campaign.NewSecret("sesame")
	in := struct{ Token campaign.Secret }{s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %v"} {
		fmt.Fprintf(&out, strings.TrimPrefix(verb, "%T ")+"\n", s)
		fmt.Fprintf(&out, strings.TrimPrefix(verb, "%T ")+"\n", in)
		fmt.Fprintf(&out, strings.TrimPrefix(verb, "%T ")+"\n", &in)
		fmt.Fprintf(&out, strings.TrimPrefix(verb, "%T ")+"\n", []campaign.Secret{s})
		fmt.Fprintf(&out, strings.TrimPrefix(verb, "%T ")+"\n", map[string]campaign.Secret{"a": s})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", s, "in", in)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", s, "in", in)
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		data, err := marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	fmt.Fprint(&out, errors.New(s.String()), s.GoString())
	for _, leak := range []string{"sesame", fmt.Sprintf("%x", "sesame"), "115 101 115 97 109 101"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q leaks in:\n%s", leak, out.String())
		}
	}
	if s.Reveal() != "sesame" || (campaign.Secret{}).String() != "" {
		t.Error("Reveal must give the text, and no secret must show as none")
	}
}

func TestSecretsAreResolvedOnlyWhenAskedFor(t *testing.T) {
	c := mustParse(t, full)
	env := map[string]string{"COLOSSYAN_TOKEN": " sesame\n", "TEAM": "red", "WEBHOOK_SECRET": "hush"}
	got, problems := c.Secrets(func(name string) string { return env[name] }, os.ReadFile)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	revealed := []string{got.Token.Reveal(), got.Headers["X-Team"].Reveal(), got.Webhook.Reveal()}
	if diff := cmp.Diff([]string{"sesame", "red", "hush"}, revealed); diff != "" {
		t.Error(diff)
	}
}

func TestUnsetVariablesAreAllReportedAtTheirPlace(t *testing.T) {
	c := mustParse(t, full)
	got, problems := c.Secrets(func(string) string { return "" }, os.ReadFile)
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%d:%d %s %s", p.Line, p.Character, p.Code, p.Value))
	}
	want := []string{"26:10 CMP-UNSET ${COLOSSYAN_TOKEN}", "27:21 CMP-UNSET ${TEAM}", "33:78 CMP-UNSET ${WEBHOOK_SECRET}"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if !got.Token.Empty() {
		t.Error("half a token came back")
	}
}

func TestTokenComesFromAFileOrTheUsualVariable(t *testing.T) {
	file := func(text string, err error) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(text), err }
	}
	env := func(name string) string { return map[string]string{"VID_GEN_TOKEN": "usual"}[name] }
	tests := []struct {
		name, provider string
		read           func(string) ([]byte, error)
		want, code     string
	}{
		{name: "file", provider: "{token_file: t.txt}", read: file("sesame\n", nil), want: "sesame"},
		{name: "no file", provider: "{token_file: t.txt}", read: file("", os.ErrNotExist), code: "CMP-TOKEN"},
		{name: "empty file", provider: "{token_file: t.txt}", read: file("\n", nil), code: "CMP-TOKEN"},
		{name: "two lines", provider: "{token_file: t.txt}", read: file("sesame\nopen\n", nil), code: "CMP-TOKEN"},
		{name: "usual variable", provider: "{name: vid-gen}", want: "usual"},
		{name: "unset usual variable", provider: "{name: samsar}", code: "CMP-UNSET"},
		{name: "nothing", provider: "{}", code: "CMP-TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problems := mustParse(t, minimal+"provider: "+tt.provider).Secrets(env, tt.read)
			code := ""
			if len(problems) > 0 {
				code = problems[0].Code
			}
			if got.Token.Reveal() != tt.want || code != tt.code || strings.Contains(fmt.Sprint(problems), "sesame") {
				t.Errorf("token %q, problems %v", got.Token.Reveal(), problems)
			}
		})
	}
}

// TestTheHintOfAnUnsetVariableIsALineOfTheShell that the person sits at.
func TestTheHintOfAnUnsetVariableIsALineOfTheShell(t *testing.T) {
	line := wording.SetVariable("SAMSAR_TOKEN", "…", runtime.GOOS, os.Getenv)
	_, problems := mustParse(t, minimal+"provider: {name: samsar}").Secrets(func(string) string { return "" }, nil)
	if len(problems) != 1 || !strings.Contains(problems[0].Hint, ": "+line+"; ") {
		t.Errorf("no %q in %v", line, problems)
	}
}

// TestAnAddressIsShownWithoutItsPath prints addresses of sheets and of notify: a reader who
// knows the path and the query can often read there, or post.
func TestAnAddressIsShownWithoutItsPath(t *testing.T) {
	for text, want := range map[string]string{
		"https://docs.google.com/spreadsheets/d/1AbC/edit#gid=4": "https://docs.google.com/…",
		"https://user:word@example.com:8443?key=canary":          "https://example.com:8443/…",
		"https://example.com/":                                   "https://example.com",
		"https://example.com":                                    "https://example.com",
		"${SHEET}":                                               "${SHEET}",
		"${SHEET}/canary?x=1":                                    "${SHEET}",
		"https://${HOST}/${ID}":                                  "https://${HOST}/…",
	} {
		link := campaign.Link(text)
		for _, got := range []string{link.String(), fmt.Sprintf("%v", link), fmt.Sprintf("%+q", link), fmt.Sprintf("%x", struct{ L campaign.Link }{link})} {
			if strings.Trim(got, "{}") != strings.Trim(want, "{}") {
				t.Errorf("%s is shown as %s, want %s", text, got, want)
			}
		}
	}
	c := mustParse(t, `
rows: {file: "https://example.com/canary/guests.csv?key=canary"}
template: t.json
notify: {url: "https://hooks.example.com/canary/${X}"}
`)
	for _, s := range c.Settings() {
		if strings.Contains(s.Value, "canary") {
			t.Errorf("%s shows %s", s.Field, s.Value)
		}
	}
}

// TestAddressesOfSheetsAreVetted refuses addresses from which no sheet is fetched, and shows
// none of their paths.
func TestAddressesOfSheetsAreVetted(t *testing.T) {
	for text, says := range map[string]string{
		"http://example.com/canary.csv":         "http is only for this machine",
		"ftp://example.com/canary.csv":          "want https",
		"https://me:canary@example.com/x.csv":   "password",
		"https:///canary.csv":                   "want an https address",
		"docs.google.com/spreadsheets/d/canary": "write https:// in front",
	} {
		_, problems := campaign.Parse("c.yaml", []byte("rows: {file: \""+text+"\"}\ntemplate: t.json"), nil)
		if len(problems) != 1 || problems[0].Code != "CMP-VALUE" || !strings.Contains(problems[0].Hint, says) || strings.Contains(problems.Error(), "canary") {
			t.Errorf("%s: %v", text, problems)
		}
	}
	c := mustParse(t, "rows: {file: \"${SHEET}\"}\ntemplate: t.json")
	for value, says := range map[string]string{"": "environment variable SHEET is not set", "guests.csv": "is not usable", "http://example.com/": "is not usable"} {
		if _, problems := c.SheetLink(func(string) string { return value }); !problems.HasErrors() || !strings.Contains(problems.Error(), says) {
			t.Errorf("%q: %v", value, problems)
		}
	}
	if link, problems := c.SheetLink(func(string) string { return "http://127.0.0.1:8080/guests.csv" }); link == "" || len(problems) > 0 {
		t.Errorf("%q, %v", link, problems)
	}
}
