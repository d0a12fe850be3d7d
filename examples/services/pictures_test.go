package services_test

import (
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
	"github.com/reelmerge/reelmerge/providers/builtin"
)

// TestEveryExampleHasAStoryboard shows the card of the riskiest row of each example: with its
// name, in a page, and as a picture where a browser can draw one. REELMERGE_PICTURES names
// a folder that keeps the pictures.
func TestEveryExampleHasAStoryboard(t *testing.T) {
	reelmerge := exampletest.Build(t)
	draws := false
	for _, browser := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if _, err := exec.LookPath(browser); err == nil {
			draws = true
		}
	}
	for _, d := range builtin.Descriptions() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(d.Name)); err != nil {
				t.Fatal(err)
			}
			args := []string{"preview", filepath.Join(dir, "campaign.yaml"), "--sandbox", "--risk", "1", "--out", filepath.Join(dir, "preview.html")}
			pictures := filepath.Join(dir, "pictures")
			if draws {
				args = append(args, "--stills", pictures)
			}
			if out, code := reelmerge.Do(t, args...); code != 0 {
				t.Fatalf("exit %d: %s", code, out)
			}
			page, err := os.ReadFile(filepath.Join(dir, "preview.html"))
			if err != nil || !strings.Contains(string(page), "Anne-Marie") || !strings.Contains(string(page), d.Title) {
				t.Errorf("the page does not show the row: %v, %d bytes", err, len(page))
			}
			if !draws {
				t.Skip("there is no browser that could draw it")
			}
			drawn(t, d.Name, pictures)
		})
	}
}

// drawn checks that there is one picture with something in it.
func drawn(t *testing.T, name, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pictures: %v, %v", files, err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := jpeg.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b < 3*0x8000 {
				dark++
			}
		}
	}
	if t.Logf("%v, %d dark points", picture.Bounds().Size(), dark); dark < 1000 {
		t.Errorf("%d dark points: nothing can be read", dark)
	}
	if keep := os.Getenv("REELMERGE_PICTURES"); keep != "" {
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keep, name+".jpg"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
