package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/manpage"
)

// TestEveryManualPageIsComplete wants a page for each command with all sections, every exit
// code, the day of the release, and neighbours that exist.
func TestEveryManualPageIsComplete(t *testing.T) {
	dir := t.TempDir()
	set := func(v, day string) { version, released = v, day }
	before, day := version, released
	t.Cleanup(func() { set(before, day) })
	set("v1.2.3", "2026-11-30")
	if err := writeManual(commandTree(), dir); err != nil {
		t.Fatal(err)
	}
	written, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(written) < 25 {
		t.Fatalf("%d pages: %v", len(written), err)
	}
	neighbour := regexp.MustCompile(`(?m)^\.BR (\S+) \(1\)`)
	for _, path := range written {
		page, name := read(t, path), filepath.Base(path)
		wanted := []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"}
		var sections []string
		for _, m := range regexp.MustCompile(`(?m)^\.SH (.+)$`).FindAllStringSubmatch(page, -1) {
			if m[1] != "EXAMPLES" {
				sections = append(sections, m[1])
			}
		}
		if !slices.Equal(sections, wanted) {
			t.Errorf("%s has the sections %q", name, sections)
		}
		if !strings.HasPrefix(page, ".TH ") || !strings.Contains(page, ` 1 "2026-11-30" "reelmerge v1.2.3" "Reelmerge"`) {
			t.Errorf("%s begins with %q", name, strings.SplitN(page, "\n", 2)[0])
		}
		for _, code := range exitCodes(t) {
			if !regexp.MustCompile(`(?m)^\.B .*\b` + code + `\b`).MatchString(page) {
				t.Errorf("%s says nothing of exit code %s", name, code)
			}
		}
		for _, m := range neighbour.FindAllStringSubmatch(page, -1) {
			if _, err := os.Stat(filepath.Join(dir, strings.ReplaceAll(m[1], `\-`, "-")+".1")); err != nil {
				t.Errorf("%s leads to a page that there is not: %v", name, err)
			}
		}
	}
	run := read(t, filepath.Join(dir, "reelmerge-run.1"))
	for _, want := range []string{`.B \-\-canary[=N]`, `.B \-y, \-\-yes` + "\n", `.B \-\-limit N`, `.BR reelmerge\-plan (1)`, "ledger", "SIGTERM", "asks before it pays"} {
		if !strings.Contains(run, want) {
			t.Errorf("run(1) has no %q", want)
		}
	}
	groffReads(t, written)
}

// groffReads has the program behind man look at the pages.
func groffReads(t *testing.T, paths []string) {
	t.Helper()
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("SKIPPED: groff is not installed; the pages are not looked at by the program behind man")
	}
	for _, path := range paths {
		if said, err := exec.Command(groff, "-man", "-Tutf8", "-ww", "-k", "-z", path).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s", filepath.Base(path), err, said)
		}
	}
}

// TestTheManualNamesEveryVariable looks for the names of variables that the source reads.
func TestTheManualNamesEveryVariable(t *testing.T) {
	var named strings.Builder
	for _, e := range manpage.Environment() {
		named.WriteString(e.Term + ", ")
	}
	asked := regexp.MustCompile(`(?i)\b(?:os\.getenv|getenv|env)\("([A-Z_]+)"\)`)
	found := 0
	walk(t, ".go", func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range asked.FindAllStringSubmatch(read(t, path), -1) {
			found++
			if !strings.Contains(named.String(), m[1]+",") {
				t.Errorf("%s reads %s, of which the manual says nothing", path, m[1])
			}
		}
	})
	if found < 7 {
		t.Errorf("only %d variables found", found)
	}
}
