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
