package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryBlockOfTheDocsIsRun wants for each code block of the README and of the
// docs somebody who runs it: what people type is played, what they write is read,
// and what they program stands in a test. Only the flow of docs/design.md is a
// drawing, and what needs another system says so above the block.
func TestEveryBlockOfTheDocsIsRun(t *testing.T) {
	type block struct{ page, file, text string }
	runners := map[string]func(block) string{
		"console":    func(block) string { return "" }, // TestDocsConsoleBlocksAreTrue, TestTheReadmeIsASession
		"yaml":       func(block) string { return "" }, // TestDocsSnippetsAreUsable
		"json":       func(block) string { return "" }, // the same
		"csv":        func(b block) string { return isFile(b.file) },
		"ini":        func(b block) string { return isFile(b.file) },
		"crontab":    func(b block) string { return only(b.page, "overnight.md") }, // TestUnattendedRunsOfTheDocsWork
		"jsonc":      func(b block) string { return only(b.page, "json.md") },      // TestDocsListEveryJSONField
		"":           func(b block) string { return only(b.page, "design.md") },
		"xml":        func(b block) string { return isFile(b.file) }, // TestTheComputersOfOthersStartTheSameRun
		"powershell": func(b block) string { return notRunHere(t, b.page, b.text) },
		"go":         func(b block) string { return inATest(t, b.text) },
		"sh":         func(b block) string { return typeable(b.text) },
	}
	found := 0
	for _, path := range append([]string{repository + "/README.md"}, pages(t)...) {
		for _, m := range fence.FindAllStringSubmatch(read(t, path), -1) {
			found++
			runner, known := runners[m[2]]
			if !known {
				t.Errorf("%s: nobody runs a block of %s", path, m[2])
				continue
			}
			if fault := runner(block{filepath.Base(path), m[1], m[3]}); fault != "" {
				t.Errorf("%s: %s:\n%s", path, fault, m[3])
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d blocks found", found)
	}
}

func isFile(name string) string {
	if name == "" {
		return "no command of the page reads it; name it with <!-- file: NAME -->"
	}
	return ""
}

// notRunHere wants a reason above a block that this system cannot run, and only commands
// in it that the program has.
func notRunHere(t *testing.T, page, text string) string {
	t.Helper()
	folder := docsFolder
	if page == "README.md" {
		folder = repository + "/"
	}
	reason := regexp.MustCompile("<!-- not run here: it needs \\w+ -->\n```powershell\n" + regexp.QuoteMeta(text))
	if !reason.MatchString(read(t, filepath.Join(folder, page))) {
		return "it is not run, and nothing says why"
	}
	return unknownCommands(text)
}

func only(page, right string) string {
	if page != right {
		return "such blocks are read in " + right + " alone"
	}
	return ""
}

// inATest looks for a piece of Go in the tests of the project.
func inATest(t *testing.T, text string) (fault string) {
	t.Helper()
	fault = "no test holds it"
	walk(t, "_test.go", func(path string) {
		if strings.Contains(read(t, path), text) {
			fault = ""
		}
	})
	return fault
}

// typeable says what a shell, or the program, does not understand of a script that
// spends money when it is run.
func typeable(script string) string {
	check := exec.Command("sh", "-n")
	check.Stdin = strings.NewReader(script)
	if out, err := check.CombinedOutput(); err != nil {
		return "sh: " + string(out)
	}
	return unknownCommands(script)
}

// unknownCommands says what the program does not understand of a script.
func unknownCommands(script string) string {
	for _, m := range regexp.MustCompile(`(?m)^(?:eval "\$\(|sudo |if )?reelmerge ([^;|>)\n]*)`).FindAllStringSubmatch(script, -1) {
		if fault := unknownIn(m[1]); fault != "" {
			return "reelmerge " + m[1] + ": " + fault
		}
	}
	return ""
}
