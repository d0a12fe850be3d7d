package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// shellWords asks a shell which words it would hand to reelmerge.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	rest, found := strings.CutPrefix(line, "reelmerge ")
	if !found {
		t.Fatalf("%q is no command", line)
	}
	out, err := exec.Command("sh", "-c", `for w in `+rest+`; do printf '%s\0' "$w"; done`).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func copied(path string, sets ...string) *setup {
	return &setup{Campaign: &campaign.Campaign{Path: path}, flags: campaignFlags{sets: sets}}
}

// TestCopiedCommandHasTheWordsThatWereTyped.
func TestCopiedCommandHasTheWordsThatWereTyped(t *testing.T) {
	for _, key := range []string{"C1", "it's", "-x", "--yes", "a b", "$(x)", "größe", `a\b`, "*"} {
		for _, path := range []string{"c.yaml", "my c.yaml", "it's $5.yaml", "-c.yaml"} {
			copiesTrue(t, copied(path, "name=it's \"so\"", "limits.active=3"), key)
		}
	}
}

func FuzzCopiedCommandHasTheWordsThatWereTyped(f *testing.F) {
	f.Add("c.yaml", "C1\u200b", "a=b")
	f.Add("c\x1b[31m.yaml", "C3\u2003--save-campaign\u2003/path", "a='\n'")
	f.Add("-c.yaml", "-x", "a=\"")
	f.Fuzz(func(t *testing.T, path, key, set string) { copiesTrue(t, copied(cmp.Or(path, "c"), set), key) })
}

func copiesTrue(t *testing.T, s *setup, key string) {
	t.Helper()
	line := s.rowCommand("resolve", key, "--not-submitted")
	shown := wording.Clean(line)
	if strings.Contains(line, "…") || strings.Contains(line, "whose key holds") {
		if shown != line {
			t.Fatalf("%q is cleaned to %q", line, shown)
		}
		return
	}
	path := s.Path
	if strings.HasPrefix(path, "-") && path != "-" {
		path = "./" + path
	}
	want := []string{"resolve", path, "--set", s.flags.sets[0], "--row", key, "--not-submitted"}
	got := shellWords(t, shown)
	if i := slices.Index(got, "--row="+key); i >= 0 && strings.HasPrefix(key, "-") {
		got = slices.Replace(got, i, i+1, "--row", key)
	}
	if i := slices.Index(got, "--set="+s.flags.sets[0]); i >= 0 {
		got = slices.Replace(got, i, i+1, "--set", s.flags.sets[0])
	}
	if len(s.flags.sets) > 1 {
		got = slices.Delete(got, 4, 6)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: the shell reads %q, want %q", line, got, want)
	}
}

// TestCommandThatCannotBeTypedIsNotPrinted names what stands in the way.
func TestCommandThatCannotBeTypedIsNotPrinted(t *testing.T) {
	for path, says := range map[string]string{"c\x1b[31m.yaml": "U+001B (escape)", "c\u200b.yaml": "U+200B", "c\n.yaml": "U+000A", "c\xff.yaml": "a byte"} {
		got := copied(path).command("run", "--changed", "keep")
		if !strings.HasPrefix(got, "reelmerge run … --changed keep (") || !strings.Contains(got, says) {
			t.Errorf("%q: %s", path, got)
		}
	}
	got := copied("c.yaml", "webhook.url=https://h.example/?key=hunter2").command("run")
	if strings.Contains(got, "hunter2") || strings.Contains(got, "c.yaml") {
		t.Error(got)
	}
	got = copied("c.yaml").decision("C1\u200b", 3, "adopt", "JOB-ID")
	if want := "reelmerge resolve c.yaml --decisions FILE, with the line 3,adopt,JOB-ID below row,decision,ticket"; !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

// TestRowIsDecidedByItsNumber: a key that cannot be typed is decided in a file.
func TestRowIsDecidedByItsNumber(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fault is played on a POSIX system")
	}
	dir := written(t, map[string]string{
		"c.csv":    "id,name\nC0,Ada\nC1,Bob\n",
		"t.json":   `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 60}}`,
		"c.yaml":   "rows: {file: c.csv, key: id}\ntemplate: t.json\nlimits: {active: 1}\nprovider: {sandbox: {faults: \"accept-then-drop@1,accept-then-drop@2\"}}\n",
		"no.csv":   "row,decision,ticket\n7,not-submitted,\n",
		"only.csv": "row,decision,ticket\n3,not-submitted,\n",
	})
	c := filepath.Join(dir, "c.yaml")
	if code, out, said := command(t, "run", c, "-q"); code != exitDecide {
		t.Fatal(code, out, said)
	}
	if code, _, said := command(t, "resolve", c, "--decisions", filepath.Join(dir, "no.csv")); code != exitUsage || !strings.Contains(said, "row 7: 0 rows") {
		t.Error(code, said)
	}
	if code, _, said := command(t, "resolve", c, "--decisions", filepath.Join(dir, "only.csv")); code != exitDone {
		t.Error(code, said)
	}
	_, out, _ := command(t, "resolve", c)
	if !strings.Contains(out, "row 2 (key C0)") || strings.Contains(out, "row 3") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); err != nil {
		t.Error(err)
	}
}
