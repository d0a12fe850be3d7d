package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestTheSecondRunHasNothingToDo runs the example as its reader would, twice.
func TestTheSecondRunHasNothingToDo(t *testing.T) {
	folder := t.TempDir()
	for _, sent := range []string{"2", "0"} {
		var out bytes.Buffer
		if err := makeVideos(t.Context(), folder, &out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if !strings.Contains(text, "2 rows, "+sent+" sent\n") {
			t.Errorf("want %s sent:\n%s", sent, text)
		}
		if n := len(regexp.MustCompile(`(?m)^C-100[12]: succeeded, 0\.\d+ minutes$`).FindAllString(text, -1)); n != 2 {
			t.Errorf("%d rows succeeded with a cost:\n%s", n, text)
		}
	}
}
