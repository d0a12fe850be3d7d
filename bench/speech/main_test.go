package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const head = "text\tseconds_file\tseconds_speech\tlead\ttail\trate_percent\tlanguage\tvoice\tengine\tsource\n"

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTheTablesAreThoseOfTheRecordings: two recordings, one as long as the model says and
// one twice as long, at a rate that is undone.
func TestTheTablesAreThoseOfTheRecordings(t *testing.T) {
	text := "The office is open from nine in the morning until the evening, and you are welcome."
	r := recording{text: text, language: "en-GB", voice: "en-GB-RyanNeural"}
	words, file := r.estimate(ofVoice, 2).Likely, r.estimate(ofVoice, 1).Likely
	line := func(times float64, rate int) string {
		k := times / (1 + float64(rate)/100)
		return fmt.Sprintf("%s\t%.6f\t%.6f\t0\t0\t%d\ten-GB\ten-GB-RyanNeural\tedge\tmade up\n", text, file*k, words*k, rate)
	}
	var out bytes.Buffer
	if err := run([]string{folder(t, map[string]string{"en.tsv": head + line(1, 0) + line(2, -10)})}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| en | 2 | 1 | 0.75 | 25 % | 50 % | 0.75 | 25 % | 50 % |",
		"| all | 1 | 100 % | 0 % | 0 % |",
		"| the voice's pace | 2 | 50.0 % | 50.0 % | 50.0 % |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

func TestWhatIsNoRecordingIsSaidWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ data, want string }{
		"no column": {"text\tseconds_file\n", `no column "seconds_speech"`},
		"no number": {head + "Hi\tx\t1\t0\t0\t0\ten\tv\te\ts\n", "en.tsv:2"},
		"too short": {head + "Hi\t1\n", "2 cells"},
	} {
		err := run([]string{folder(t, map[string]string{"en.tsv": tc.data})}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := run([]string{t.TempDir()}, &bytes.Buffer{}); err == nil {
		t.Error("an empty folder passes")
	}
	if err := run(nil, &bytes.Buffer{}); err == nil {
		t.Error("no folder passes")
	}
}
