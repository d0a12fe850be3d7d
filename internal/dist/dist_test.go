package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheSameSourceGivesTheSameArchives builds a release twice, in two folders,
// and compares the bytes. REELMERGE_DIST=1 does it for every platform, and for the
// second time without anything that the first has compiled.
func TestTheSameSourceGivesTheSameArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds releases")
	}
	platforms, thorough := []string{"linux/amd64", "windows/arm64"}, os.Getenv("REELMERGE_DIST") != ""
	if thorough {
		platforms = platformsOfMakefile(t)
	}
	first := releaseIn(t, clone(t), platforms)
	if thorough {
		t.Setenv("GOCACHE", t.TempDir())
	}
	second := releaseIn(t, clone(t), platforms)
	if diff := cmp.Diff(sums(t, first), sums(t, second)); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
	if n := len(sums(t, first)); n != len(platforms)+1 {
		t.Errorf("%d files for %d platforms", n, len(platforms))
	}
	checkSums(t, first)
	for _, archive := range []string{"reelmerge_v1.2.3_linux_amd64.tar.gz", "reelmerge_v1.2.3_windows_arm64.zip"} {
		checkArchive(t, filepath.Join(first, archive))
	}
}

// platformsOfMakefile are those of `make dist`.
func platformsOfMakefile(t *testing.T) []string {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^PLATFORMS = (.+)$`).FindSubmatch(makefile)
	if m == nil {
		t.Fatal("the Makefile names no platforms")
	}
	list := strings.Fields(string(m[1]))
	if len(list) != 6 {
		t.Errorf("platforms %q", list)
	}
	return list
}

// clone is a fresh checkout of what is committed.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "reelmerge")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "clone", "-q", "--no-hardlinks", "--", root, dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the source cannot be cloned here: %v\n%s", err, out)
	}
	return dir
}

func releaseIn(t *testing.T, source string, platforms []string) (out string) {
	t.Helper()
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(source)
	defer t.Chdir(back)
	out = filepath.Join(source, "dist")
	if err := run(t.Context(), "v1.2.3", out, platforms); err != nil {
		t.Fatal(err)
	}
	return out
}

func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := map[string]string{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list[f.Name()] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return list
}

// checkSums holds SHA256SUMS to the archives.
func checkSums(t *testing.T, dir string) {
	t.Helper()
	want := sums(t, dir)
	delete(want, "SHA256SUMS")
	got := map[string]string{}
	data, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		got[name] = sum
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SHA256SUMS (-archives +file):\n%s", diff)
	}
}

// checkArchive looks for the program, the texts, the manual and the completions,
// all below one folder.
func checkArchive(t *testing.T, archive string) {
	t.Helper()
	names := contents(t, archive)
	base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(archive), ".tar.gz"), ".zip")
	program := "reelmerge"
	if strings.HasSuffix(archive, ".zip") {
		program += ".exe"
	}
	for _, want := range []string{
		program, "LICENSE", "README.md", "CHANGELOG.md", "share/man/man1/reelmerge.1", "share/man/man1/reelmerge-ledger-verify.1",
		"share/bash-completion/completions/reelmerge", "share/zsh/site-functions/_reelmerge",
		"share/fish/vendor_completions.d/reelmerge.fish", "share/reelmerge/reelmerge.ps1",
	} {
		if !slices.Contains(names, path.Join(base, want)) {
			t.Errorf("%s lacks %s", filepath.Base(archive), want)
		}
	}
	for _, name := range names {
		if !strings.HasPrefix(name, base+"/") {
			t.Errorf("%s holds %s", filepath.Base(archive), name)
		}
	}
}

func contents(t *testing.T, archive string) (names []string) {
	t.Helper()
	data, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(archive, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			names = append(names, f.Name)
		}
		return names
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for list := tar.NewReader(packed); ; {
		header, err := list.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}
