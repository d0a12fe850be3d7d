package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestTheReadmeIsASession does what a newcomer does who has Go, git, make and the
// README: every console block of it, one after another in one shell, from the
// clone of what is committed to the results of a campaign of one's own. The
// README's address of the source leads to this repository.
func TestTheReadmeIsASession(t *testing.T) {
	c, readme := newNewcomer(t)
	if ran := c.play(readme); ran < 12 {
		t.Errorf("only %d commands were run", ran)
	}
	own := section(t, readme, "A campaign of your own")
	if n := strings.Count(own, "\n$ reelmerge "); n == 0 || n > 6 {
		t.Errorf("a campaign of one's own takes %d commands", n)
	}
	if strings.Contains(own, "-X ") || strings.Contains(readme, "```console\n$ sudo") {
		t.Error("the session needs more than a newcomer has")
	}
}

// TestInstallPutsEverythingInItsPlace installs for a packager, and takes it away.
func TestInstallPutsEverythingInItsPlace(t *testing.T) {
	c, _ := newNewcomer(t)
	c.run("git clone -q https://github.com/reelmerge/reelmerge && cd reelmerge", []string{"…"})
	c.run("make install DESTDIR=../package PREFIX=/usr VERSION=v1.2.3", []string{"…"})
	for _, path := range []string{
		"bin/reelmerge", "share/man/man1/reelmerge.1", "share/man/man1/reelmerge-ledger-verify.1",
		"share/bash-completion/completions/reelmerge", "share/zsh/site-functions/_reelmerge",
		"share/fish/vendor_completions.d/reelmerge.fish", "share/reelmerge/reelmerge.ps1",
	} {
		if info, err := os.Stat(filepath.Join(c.folder, "package/usr", path)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	c.run("../package/usr/bin/reelmerge --version", []string{"reelmerge version v1.2.3"})
	for shell, script := range map[string]string{
		"bash": "bash-completion/completions/reelmerge", "zsh": "zsh/site-functions/_reelmerge", "fish": "fish/vendor_completions.d/reelmerge.fish",
	} {
		if _, err := exec.LookPath(shell); err == nil {
			c.run(shell+" -n ../package/usr/share/"+script, []string{""})
		}
	}
	c.run("make uninstall DESTDIR=../package PREFIX=/usr && find ../package -type f", []string{"rm …", "…"})
	if left, err := filepath.Glob(filepath.Join(c.folder, "package/usr/share/man/man1/*")); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

// newNewcomer returns the shell of a newcomer in an empty folder, and the README
// of what is committed.
func newNewcomer(t *testing.T) (c *console, readme string) {
	t.Helper()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it clones, builds and runs for half a minute, in a shell")
	}
	source, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	page, err := exec.Command("git", "-C", source, "-c", "safe.directory=*", "show", "HEAD:README.md").Output()
	if err != nil {
		t.Skipf("SKIPPED: this is no clone of the repository: %v", err)
	}
	c = &console{t: t, folder: t.TempDir()}
	var path []string
	for _, tool := range []string{"go", "git", "make"} {
		program, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("SKIPPED: there is no %s here", tool)
		}
		path = append(path, filepath.Dir(program))
	}
	path = append(path, "/usr/bin", "/bin")
	c.env = []string{
		"HOME=" + c.folder, "PATH=" + strings.Join(path, ":"), "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8", "TZ=UTC",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		"GIT_CONFIG_KEY_1=url." + source + ".insteadOf", "GIT_CONFIG_VALUE_1=https://github.com/reelmerge/reelmerge",
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"} { // so that nothing is fetched or built twice
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		c.env = append(c.env, name+"="+strings.TrimSpace(string(value)))
	}
	return c, string(page)
}

// section is the text under a heading of the second level.
func section(t *testing.T, page, title string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)\n## ` + regexp.QuoteMeta(title) + `\n(.*?)(\n## |$)`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("there is no section %q", title)
	}
	return m[1]
}
