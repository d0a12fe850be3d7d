package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/templates"
)

// TestDocsConsoleBlocksAreTrue runs the console blocks of every page, in order
// and in a folder of the page's own, and compares what they print.
//
// A line that begins with "$ " is a command; "# exit 3" at its end is the exit
// code it must have, else 0. The lines after it are its output on both streams,
// in any order: "…" stands for any text, and alone on a line for any lines. A
// block after <!-- file: NAME --> is written to that file. All commands of a page
// share a shell: where one goes and what it exports, the next one finds.
func TestDocsConsoleBlocksAreTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the examples of every page")
	}
	pages, err := filepath.Glob(docsFolder + "*.md")
	services, bad := filepath.Glob(docsFolder + "services/*.md")
	if err != nil || bad != nil || len(pages) < 8 || len(services) == 0 {
		t.Fatalf("found %d pages, %d of services: %v, %v", len(pages), len(services), err, bad)
	}
	pages = append(pages, services...)
	ran := 0
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			ran += newConsole(t).play(read(t, page))
		})
	}
	if ran < 20 {
		t.Errorf("only %d commands were run", ran)
	}
}

// console plays the blocks of one page.
type console struct {
	t      *testing.T
	folder string // where the page begins
	env    []string
	state  string // a script that leads back to where the last command ended
}

func newConsole(t *testing.T) *console {
	t.Helper()
	bin, folder := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "reelmerge")); err != nil {
		t.Skip(err)
	}
	env := append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+folder, "NO_COLOR=1", "TZ=UTC")
	return &console{t: t, folder: folder, env: env}
}

var (
	fence     = regexp.MustCompile("(?ms)^(?:<!-- file: (\\S+) -->\n)?```(\\w*)\n(.*?)^```$")
	exitAtEnd = regexp.MustCompile(`\s+# exit (\d+)$`)
)

// play returns how many commands were run.
func (c *console) play(page string) (ran int) {
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		name, language, text := m[1], m[2], m[3]
		if name != "" {
			c.write(name, text)
		}
		if language != "console" {
			continue
		}
		for _, step := range strings.Split("\n"+text, "\n$ ")[1:] {
			command, output, _ := strings.Cut(step, "\n")
			c.run(command, strings.Split(strings.TrimSpace(output), "\n"))
			ran++
		}
	}
	return ran
}

// write writes a file where the page is.
func (c *console) write(name, text string) {
	c.t.Helper()
	keep := c.shell("cat > '" + name + "'")
	keep.Stdin = strings.NewReader(text)
	if out, err := keep.CombinedOutput(); err != nil {
		c.t.Fatalf("write %s: %v\n%s", name, err, out)
	}
}

// shell is a command where the page is.
func (c *console) shell(command string) *exec.Cmd {
	if c.state == "" {
		c.state = filepath.Join(c.t.TempDir(), "state.sh")
		if err := os.WriteFile(c.state, nil, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	script := ". '" + c.state + "'\n" + command + "\n" +
		"code=$?\n{ export -p; echo \"cd '$PWD'\"; } > '" + c.state + "'\nexit $code\n"
	shell := exec.Command("sh", "-c", script)
	shell.Dir, shell.Env = c.folder, c.env
	return shell
}

func (c *console) run(command string, want []string) {
	c.t.Helper()
	code := 0
	if m := exitAtEnd.FindStringSubmatch(command); m != nil {
		code, _ = strconv.Atoi(m[1]) // digits, by the pattern
		command = strings.TrimSuffix(command, m[0])
	}
	printed, err := c.shell(command).CombinedOutput()
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		c.t.Fatal(err)
	}
	if got != code {
		c.t.Errorf("$ %s\nexit %d, want %d\n%s", command, got, code, printed)
	}
	c.compare(command, want, strings.Split(strings.TrimSpace(asSeen(printed)), "\n"))
}

// asSeen is what a person would see at a terminal: documents on lines of their own, and no
// byte order mark.
func asSeen(printed []byte) string {
	var document bytes.Buffer
	if json.Valid(printed) && json.Indent(&document, printed, "", "  ") == nil {
		return document.String()
	}
	return strings.ReplaceAll(string(printed), "\ufeff", "")
}

// compare wants each line of the page among what was printed, and the other way
// round unless the page says that there is more.
func (c *console) compare(command string, want, got []string) {
	c.t.Helper()
	more := false
	for _, line := range want {
		if strings.TrimSpace(line) == "…" {
			more = true
			continue
		}
		i := index(got, line)
		if i < 0 {
			c.t.Errorf("$ %s\ndoes not print %q but\n%s", command, line, strings.Join(got, "\n"))
			continue
		}
		got = append(got[:i:i], got[i+1:]...)
	}
	if rest := strings.TrimSpace(strings.Join(got, "\n")); rest != "" && !more {
		c.t.Errorf("$ %s\nprints more than the page says:\n%s", command, rest)
	}
}

// index finds a line by the page's pattern.
func index(lines []string, pattern string) int {
	parts := strings.Split(strings.TrimRight(pattern, " "), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	re := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
	for i, line := range lines {
		if re.MatchString(strings.TrimRight(line, " ")) {
			return i
		}
	}
	return -1
}

// describedIn are the operations of a service that a page describes.
func describedIn(t *testing.T, text string) templates.Operations {
	t.Helper()
	d, found := declared.Parse("page", []byte(text))
	if d == nil {
		t.Fatal(found)
	}
	s, err := d.Service(nil)
	if err != nil {
		t.Fatal(err)
	}
	return reelmerge.Operations([]providers.Service{s})
}

// TestDocsSnippetsAreUsable reads each YAML block as a campaign, or a part of
// one, and each JSON block as a template.
func TestDocsSnippetsAreUsable(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		known := operations()
		for _, m := range fence.FindAllStringSubmatch(read(t, page), -1) {
			language, text := m[2], m[3]
			switch language {
			case "yaml":
				if strings.HasPrefix(text, "format: "+declared.Format) {
					known = append(known, describedIn(t, text)...)
					continue
				}
				for key, line := range map[string]string{"rows:": "rows: {file: x.csv}\n", "template:": "template: x.json\n"} {
					if !strings.Contains("\n"+text, "\n"+key) {
						text = line + text
					}
				}
				if _, problems := campaign.Parse("x.yaml", []byte(text), nil); len(problems) > 0 {
					t.Errorf("%s: %v\n%s", page, problems, text)
				}
			case "json":
				if _, problems := templates.Parse("x.json", []byte(text), known); len(problems) > 0 {
					t.Errorf("%s: %v\n%s", page, problems, text)
				}
			default:
				continue
			}
			found++
		}
	}
	if found < 10 {
		t.Errorf("only %d blocks found", found)
	}
}
