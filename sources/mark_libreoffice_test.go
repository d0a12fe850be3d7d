package sources_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// TestMarkedCopyOpensInLibreOffice has a real spreadsheet program read a marked
// copy and write it in its own format: every comment must arrive. It skips where
// the program is not installed.
func TestMarkedCopyOpensInLibreOffice(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("SKIPPED: soffice is not installed; no spreadsheet program reads the marked copy")
	}
	var b strings.Builder
	b.WriteString("id,name\n")
	var marks []sources.Mark
	for i := range 200 {
		fmt.Fprintf(&b, "%d,\n", i)
		marks = append(marks, sources.Mark{Row: i + 2, Column: 1, Message: fmt.Sprintf("no name <%d> & nothing else", i)})
	}
	dir := t.TempDir()
	marked := filepath.Join(dir, "marked.xlsx")
	if err := sources.WriteMarked(writeFile(t, "c.csv", []byte(b.String())), marked, sources.Options{}, marks); err != nil {
		t.Fatal(err)
	}
	convert := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+filepath.ToSlash(filepath.Join(dir, "profile")),
		"--headless", "--convert-to", "ods", "--outdir", dir, marked)
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	content := partOf(t, filepath.Join(dir, "marked.ods"), "content.xml")
	if n := bytes.Count(content, []byte("<office:annotation ")); n != len(marks) {
		t.Errorf("%d comments, want %d", n, len(marks))
	}
	if !bytes.Contains(content, []byte("no name &lt;199&gt; &amp; nothing else")) {
		t.Error("the last comment does not say what it said")
	}
}

func partOf(t testing.TB, path, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
