package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEachFaultAndThreatIsShownByATest holds docs/faults.md and docs/threats.md to
// the tests that they name.
func TestEachFaultAndThreatIsShownByATest(t *testing.T) {
	known := testsOfTheProject(t)
	for page, least := range map[string]int{"faults.md": 55, "threats.md": 16} {
		data, err := os.ReadFile(filepath.Join(repository, "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(string(data)) {
			cells := strings.Split(strings.ReplaceAll(line, `\|`, ""), "|")
			if len(cells) < 6 || strings.HasPrefix(cells[1], "---") || strings.Contains(cells[4], "shown by") {
				continue
			}
			rows++
			named := namedTest().FindAllStringSubmatch(cells[4], -1)
			if len(named) == 0 {
				t.Errorf("%s: no test shows: %s", page, strings.TrimSpace(cells[1]+cells[2]))
			}
			for _, name := range named {
				if !known[name[1]] {
					t.Errorf("%s names %s, which does not exist", page, name[1])
				}
			}
		}
		if rows < least {
			t.Errorf("%s has %d lines, want %d", page, rows, least)
		}
	}
}

func namedTest() *regexp.Regexp { return regexp.MustCompile("`((?:Test|Fuzz)\\w+|\\w+\\.txtar)`") }

// testsOfTheProject are the names of all tests and scripts.
func testsOfTheProject(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(\w+ \*testing\.`)
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "node_modules":
			return fs.SkipDir
		case strings.HasSuffix(path, ".txtar"):
			known[d.Name()] = true
		case strings.HasSuffix(path, "_test.go"):
			data, err := os.ReadFile(path)
			for _, name := range declared.FindAllStringSubmatch(string(data), -1) {
				known[name[1]] = true
			}
			return err
		}
		return nil
	})
	if err != nil || len(known) < 200 {
		t.Fatalf("%d tests found: %v", len(known), err)
	}
	return known
}
