package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
)

// TestTheSameSourceGivesTheSameArchives builds a release in two folders, the second time
// for one platform, and compares the bytes. REELMERGE_DIST=1 does it for every platform,
// and for the second time without anything that the first has compiled.
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
	again := platforms
	if !thorough {
		again = platforms[:1] // one says enough for each change
	}
	second := releaseIn(t, clone(t), again)
	want, got := sums(t, first), sums(t, second)
	if !thorough { // SHA256SUMS is that of fewer files
		delete(got, "SHA256SUMS")
		maps.DeleteFunc(want, func(name, _ string) bool { return got[name] == "" })
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 3 {
		t.Errorf("the second time, %d files (-first +second):\n%s", len(got), diff)
	}
	packages := 0
	for _, p := range platforms {
		if strings.HasPrefix(p, "linux/") {
			packages++
		}
	}
	if n := len(sums(t, first)); n != 2*len(platforms)+packages+1 {
		t.Errorf("%d files for %d platforms", n, len(platforms))
	}
	checkSums(t, first)
	checkComponents(t, filepath.Join(first, "reelmerge_v1.2.3_windows_arm64.cdx.json"))
	checkDebian(t, filepath.Join(first, "reelmerge_1.2.3_amd64.deb"))
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
	if err := run(t.Context(), "v1.2.3", "2026-11-30", out, platforms); err != nil {
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
		program, "LICENSE", "THIRD-PARTY.txt", "README.md", "CHANGELOG.md", "share/man/man1/reelmerge.1", "share/man/man1/reelmerge-ledger-verify.1",
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

// checkComponents reads the list of modules as other programs do.
func checkComponents(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document := new(cyclonedx.BOM)
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(data), cyclonedx.BOMFileFormatJSON).Decode(document); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range *document.Components {
		names = append(names, c.Name)
		if c.Version == "" || c.PackageURL == "" || c.Name != "std" && c.Hashes == nil {
			t.Errorf("%s lacks a version, an address or a hash", c.Name)
		}
	}
	for _, want := range []string{"std", "go.etcd.io/bbolt", "github.com/spf13/cobra", "golang.org/x/sys"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in %q", want, names)
		}
	}
	if c := document.Metadata.Component; c.Name != "reelmerge" || c.Version != "v1.2.3" || document.Metadata.Timestamp != "2026-11-30T00:00:00Z" {
		t.Errorf("it is about %+v of %s", c, document.Metadata.Timestamp)
	}
}

// checkDebian has dpkg look at the package, and its program say its version.
func checkDebian(t *testing.T, path string) {
	t.Helper()
	dpkg, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Log("SKIPPED: dpkg-deb is not installed; nothing looks at the package")
		return
	}
	fields, err := exec.Command(dpkg, "--field", path, "Package", "Version", "Architecture").CombinedOutput()
	if want := "Package: reelmerge\nVersion: 1.2.3\nArchitecture: amd64\n"; err != nil || string(fields) != want {
		t.Errorf("%v: %s", err, fields)
	}
	root := t.TempDir()
	if out, err := exec.Command(dpkg, "--extract", path, root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{
		"usr/share/doc/reelmerge/copyright", "usr/share/doc/reelmerge/THIRD-PARTY.txt", "usr/share/doc/reelmerge/changelog.gz",
		"usr/share/man/man1/reelmerge-run.1.gz", "usr/share/bash-completion/completions/reelmerge", "usr/share/zsh/vendor-completions/_reelmerge",
	} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		return
	}
	if said, err := exec.Command(filepath.Join(root, "usr/bin/reelmerge"), "--version").CombinedOutput(); err != nil || string(said) != "reelmerge version v1.2.3\n" {
		t.Errorf("%v: %s", err, said)
	}
}

// TestDebianOrdersTheVersions asks dpkg.
func TestDebianOrdersTheVersions(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("SKIPPED: dpkg is not installed; the order of versions is not looked at")
	}
	versions := []string{"17ee81b-dirty", "v0.9.0", "v1.2.3-rc1", "v1.2.3", "v1.2.3-4-g17ee81b", "v1.2.3-12-gfff0000", "v1.2.4-beta2", "v1.2.4"}
	for i, v := range versions[1:] {
		earlier, later := debianVersion(versions[i]), debianVersion(v)
		if out, err := exec.Command(dpkg, "--compare-versions", earlier, "lt", later).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s is not before %s: %v %s", earlier, later, err, out)
		}
	}
}
