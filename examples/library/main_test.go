package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheSecondRunHasNothingToDo runs the example as its reader would, twice.
func TestTheSecondRunHasNothingToDo(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../colossyan-video")); err != nil {
		t.Fatal(err)
	}
	for _, sent := range []string{"16", "0"} {
		var out bytes.Buffer
		if err := makeVideos(t.Context(), filepath.Join(folder, "campaign.yaml"), &out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if !strings.Contains(text, "16 rows, "+sent+" sent\n") {
			t.Errorf("want %s sent:\n%s", sent, text)
		}
		if n := len(regexp.MustCompile(`(?m)^04\d{3}: test, 0\.\d+ minutes$`).FindAllString(text, -1)); n != 16 {
			t.Errorf("%d rows with a cost:\n%s", n, text)
		}
	}
}
