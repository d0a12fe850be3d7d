package campaign_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/problem"
)

const credentialsText = `colossyan:
  hosts: [app.colossyan.com, Mirror.Example.com:8443]
  token: ${COLOSSYAN_TOKEN}
agency-2:
  hosts: localhost:8080
  token_file: samsar.token
local: {hosts: [localhost], token: "${COLOSSYAN_TOKEN}"}
`

// credentials writes a file of credentials for its owner alone, and reads it.
func credentials(t *testing.T, text string) (*campaign.Credentials, problem.List) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "samsar.token"), []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return campaign.LoadCredentials(path)
}

func environment(name string) string {
	return map[string]string{"COLOSSYAN_TOKEN": "sesame", "BROKEN": "ses\name"}[name]
}

func TestATokenGoesToItsHostsAlone(t *testing.T) {
	c, problems := credentials(t, credentialsText)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"colossyan", "agency-2", "local"}, c.Names()); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ name, address, want string }{
		{"colossyan", "https://app.colossyan.com", "sesame"},
		{"colossyan", "https://app.colossyan.com/", "sesame"},
		{"colossyan", "https://APP.Colossyan.com:443/v1", "sesame"},
		{"colossyan", "https://mirror.example.com:8443", "sesame"},
		{"agency-2", "https://localhost:8080", "hush"},
		{"agency-2", "http://localhost:8080", "hush"}, // this machine
		{"colossyan", "https://app.colossyan.com:8443", ""},
		{"colossyan", "https://mirror.example.com", ""},
		{"colossyan", "https://colossyan.com", ""},
		{"colossyan", "https://evil.app.colossyan.com", ""},
		{"colossyan", "https://app.colossyan.com.evil.example", ""},
		{"colossyan", "https://app.colossyan.com@evil.example", ""},
		{"colossyan", `https://evil.example\@app.colossyan.com`, ""},
		{"colossyan", "https://evil.example/app.colossyan.com", ""},
		{"colossyan", "https://evil.example#app.colossyan.com", ""},
		{"colossyan", "https://app.colossyan.com.", ""},
		{"colossyan", "http://app.colossyan.com", ""},
		{"colossyan", "http://mirror.example.com:8443", ""},
		{"local", "https://localhost", "sesame"},
		{"local", "http://localhost", ""}, // another port, and perhaps another program
		{"colossyan", "ftp://app.colossyan.com", ""},
		{"colossyan", "app.colossyan.com", ""},
		{"colossyan", "", ""},
		{"agency-2", "https://app.colossyan.com", ""},
		{"agency-2", "http://localhost", ""},
		{"agency-2", "https://127.0.0.1:8080", ""},
	} {
		token, problems := c.Token(tt.name, tt.address, environment, os.ReadFile)
		if token.Reveal() != tt.want || (len(problems) == 0) != (tt.want != "") {
			t.Errorf("%s at %q: %v, a token: %v", tt.name, tt.address, problems, token.Reveal() != "")
		}
		if tt.want != "" {
			continue
		}
		if p := problems[0]; p.Line == 0 || p.Code != "CMP-TOKEN" || !strings.Contains(p.Hint, "base_url") || !strings.Contains(p.Message, tt.name) {
			t.Errorf("%s at %q: %+v", tt.name, tt.address, p)
		}
	}
}

func TestATokenThatIsNotThere(t *testing.T) {
	c, problems := credentials(t, credentialsText+"unset: {hosts: [a.example], token: \"${UNSET}\"}\nbroken: {hosts: [a.example], token: \"${BROKEN}\"}\nnofile: {hosts: [a.example], token_file: nowhere}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, want := range map[string]string{
		"colosyan": `did you mean "colossyan"?`, "other": "add it to the file", "unset": "set it before", "broken": "on one line", "nofile": "token and nothing else",
	} {
		token, problems := c.Token(name, "https://a.example", environment, os.ReadFile)
		if !token.Empty() || len(problems) != 1 || !strings.Contains(problems[0].Hint, want) || strings.Contains(fmt.Sprint(problems), "name\n") {
			t.Errorf("%s: %+v", name, problems)
		}
		if strings.Contains(problems[0].Hint, "sandbox") {
			t.Errorf("%s: the hint is one for a person who tries a campaign: %s", name, problems[0].Hint)
		}
	}
}

func TestWhatIsWrongWithCredentials(t *testing.T) {
	for _, tt := range []struct{ name, text, want, says string }{
		{"nothing", "", "0:0 CMP-EMPTY", "hosts: ["},
		{"a list", "- colossyan", "1:1 CMP-TYPE", "hosts: ["},
		{"no group", "colossyan: sesame", "1:12 CMP-TYPE", "schema"},
		{"no hosts", "colossyan: {token: ${T}}", "0:0 CMP-MISSING", "hosts: ["},
		{"no token", "colossyan: {hosts: [a.example]}", "0:0 CMP-MISSING", "token_file"},
		{"two tokens", "colossyan: {hosts: [a.example], token: ${T}, token_file: t}", "0:0 CMP-MISSING", "either"},
		{"a token written out", "colossyan: {hosts: [a.example], token: sesame}", "1:40 CMP-SECRET", "${NAME}"},
		{"half a token", "colossyan: {hosts: [a.example], token: sesame-${T}}", "1:40 CMP-SECRET", "${NAME}"},
		{"a pattern", "colossyan: {hosts: [\"*.example.com\"], token: ${T}}", "1:21 CMP-VALUE", "no *"},
		{"an address", "colossyan: {hosts: [https://a.example], token: ${T}}", "1:21 CMP-VALUE", "no address"},
		{"a path", "colossyan: {hosts: [a.example/v1], token: ${T}}", "1:21 CMP-VALUE", "no address"},
		{"a blank", "colossyan: {hosts: [\"\"], token: ${T}}", "1:21 CMP-VALUE", "whole name"},
		{"an unknown key", "colossyan: {host: a.example, token: ${T}, hosts: [a.example]}", "1:13 CMP-UNKNOWN-KEY", `did you mean "hosts"?`},
		{"a name", "\"a b\": {hosts: [a.example], token: ${T}}", "1:9 CMP-VALUE", "letters"},
		{"twice", "a: {hosts: [a.example], token: ${T}}\na: {hosts: [b.example], token: ${T}}", "2:1 CMP-DUPLICATE-KEY", "line 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, problems := credentials(t, tt.text)
			if c != nil || len(problems) != 1 {
				t.Fatalf("%v, %v", c, problems)
			}
			p := problems[0]
			if got := fmt.Sprintf("%d:%d %s", p.Line, p.Character, p.Code); got != tt.want || !strings.Contains(p.Message+" | "+p.Hint, tt.says) {
				t.Errorf("got %s, want %s: %s | %s", got, tt.want, p.Message, p.Hint)
			}
			if text := fmt.Sprintf("%+v", problems); strings.Contains(text, "sesame") || p.File == "" || p.Hint == "" {
				t.Errorf("shows a token, or says no place or cure: %s", text)
			}
		})
	}
}

func TestCredentialsThatOthersMayUseAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: Windows has no such bits")
	}
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	if _, problems := campaign.LoadCredentials(path); len(problems) != 1 || problems[0].Hint == "" {
		t.Errorf("nothing: %v", problems)
	}
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o620: false, 0o604: false, 0o602: false, 0o601: false} {
		if err := os.WriteFile(path, []byte(credentialsText), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		c, problems := campaign.LoadCredentials(path)
		if (c != nil) != fine || !fine && !strings.Contains(problems[0].Hint, "chmod 600") {
			t.Errorf("%04o: %v", mode, problems)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCredentialsShowNoToken prints credentials and their problems in every format, and looks for the token.
func TestCredentialsShowNoToken(t *testing.T) {
	c, problems := credentials(t, credentialsText)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	token, problems := c.Token("colossyan", "https://app.colossyan.com", environment, os.ReadFile)
	_, refused := c.Token("colossyan", "https://evil.example", environment, os.ReadFile)
	for _, shown := range []any{c, *c, token, problems, refused, struct{ T campaign.Secret }{token}} {
		data, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{fmt.Sprintf("%v %+v %#v", shown, shown, shown), string(data)} {
			if strings.Contains(text, "sesame") || strings.Contains(text, "hush") {
				t.Errorf("%T shows a token: %s", shown, text)
			}
		}
	}
}
