package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheWalksThroughTheSourceLeadSomewhere holds each stop of docs/reading.md to a file
// and a function or type in it, and each walk to twelve stops.
func TestTheWalksThroughTheSourceLeadSomewhere(t *testing.T) {
	page := read(t, docsFolder+"reading.md")
	walks := strings.Split(page, "\n## ")[1:]
	if len(walks) != 3 {
		t.Fatalf("%d walks", len(walks))
	}
	stop := regexp.MustCompile(`(?m)^\d+\. \[([^\]]+)\]\(([^)]+)\) ` + "`([^`]+)`")
	for _, walk := range walks {
		title, _, _ := strings.Cut(walk, "\n")
		stops := stop.FindAllStringSubmatch(walk, -1)
		if len(stops) < 5 || len(stops) > 12 || len(stops) != strings.Count(walk, ". [") {
			t.Errorf("%s: %d stops", title, len(stops))
		}
		for _, s := range stops {
			source, err := os.ReadFile(filepath.Join(docsFolder, s[2]))
			if err != nil || s[2] != "../"+s[1] {
				t.Errorf("%s: %s: %v", title, s[1], err)
				continue
			}
			if !regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type )` + s[3] + `\b`).Match(source) {
				t.Errorf("%s: %s has no %s", title, s[1], s[3])
			}
		}
	}
}
