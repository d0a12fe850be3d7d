package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestThePictureOfTheReadmeIsCurrent draws it anew from a run, and compares every byte.
func TestThePictureOfTheReadmeIsCurrent(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds and runs the program, and draws paths of Unix")
	}
	drawn, err := picture(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../../docs/picture.svg")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), string(drawn)); diff != "" {
		t.Errorf("docs/picture.svg is not what a run says (-kept +drawn); make picture draws it anew\n%s", diff)
	}
	for x := xml.NewDecoder(bytes.NewReader(kept)); ; {
		if _, err := x.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "](docs/picture.svg)") {
		t.Error("the README does not show it")
	}
}
