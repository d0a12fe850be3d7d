package reelmerge

import (
	"cmp"
	"os/exec"
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

func copied(path string, sets ...string) *Campaign {
	return &Campaign{file: &campaign.File{Path: path}, options: Options{Set: sets}}
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

func copiesTrue(t *testing.T, c *Campaign, key string) {
	t.Helper()
	line := c.RowCommand("resolve", key, "--not-submitted")
	shown := wording.Clean(line)
	if strings.Contains(line, "…") || strings.Contains(line, "whose key holds") {
		if shown != line {
			t.Fatalf("%q is cleaned to %q", line, shown)
		}
		return
	}
	path := c.file.Path
	if strings.HasPrefix(path, "-") && path != "-" {
		path = "./" + path
	}
	want := []string{"resolve", path, "--set", c.options.Set[0], "--row", key, "--not-submitted"}
	got := shellWords(t, shown)
	if i := slices.Index(got, "--row="+key); i >= 0 && strings.HasPrefix(key, "-") {
		got = slices.Replace(got, i, i+1, "--row", key)
	}
	if i := slices.Index(got, "--set="+c.options.Set[0]); i >= 0 {
		got = slices.Replace(got, i, i+1, "--set", c.options.Set[0])
	}
	if len(c.options.Set) > 1 {
		got = slices.Delete(got, 4, 6)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: the shell reads %q, want %q", line, got, want)
	}
}

// TestCommandThatCannotBeTypedIsNotPrinted names what stands in the way.
func TestCommandThatCannotBeTypedIsNotPrinted(t *testing.T) {
	for path, says := range map[string]string{"c\x1b[31m.yaml": "U+001B (escape)", "c\u200b.yaml": "U+200B", "c\n.yaml": "U+000A", "c\xff.yaml": "a byte"} {
		got := copied(path).Command("run", "--changed", "keep")
		if !strings.HasPrefix(got, "reelmerge run … --changed keep (") || !strings.Contains(got, says) {
			t.Errorf("%q: %s", path, got)
		}
	}
	got := copied("c.yaml", "webhook.url=https://h.example/?key=hunter2").Command("run")
	if strings.Contains(got, "hunter2") || strings.Contains(got, "c.yaml") {
		t.Error(got)
	}
}
