package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/ledger"
)

// texts are all pages that people read: the README, the pages of docs/ and the decisions.
func texts(t *testing.T) []string {
	t.Helper()
	list := append([]string{repository + "/README.md", repository + "/CONTRIBUTING.md", repository + "/CHANGELOG.md"}, pages(t)...)
	decisions, err := filepath.Glob(docsFolder + "decisions/*.md")
	if err != nil || len(decisions) < 20 {
		t.Fatalf("%d decisions: %v", len(decisions), err)
	}
	return append(list, decisions...)
}

// TestDocsLinksLead follows the links of every page to files that are there, and to
// headings in them, and wants each page of docs/ on its front page.
func TestDocsLinksLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]*)(#[^)]*)?\)`)
	anchors := 0
	for _, path := range texts(t) {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, path)), -1) {
			target := filepath.Join(filepath.Dir(path), filepath.FromSlash(m[1]))
			if m[1] == "" {
				target = path
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if m[2] == "" {
				continue
			}
			anchors++
			if !slices.Contains(headings(read(t, target)), m[2][1:]) {
				t.Errorf("%s: %s has no heading %s", path, m[1], m[2])
			}
		}
	}
	if anchors < 5 {
		t.Errorf("only %d links to headings", anchors)
	}
	front := read(t, docsFolder+"README.md")
	for _, path := range pages(t) {
		if name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Clean(docsFolder)+string(filepath.Separator))); name != "README.md" && !strings.Contains(front, "]("+name+")") {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
}

// prose is a page without its code blocks.
func prose(page string) string { return fence.ReplaceAllString(page, "\n") }

// headings are the anchors that a page gets: the words in small letters, with hyphens.
func headings(page string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(prose(page), -1) {
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return list
}

// TestOutsideAddressesAreListed holds the addresses of other people's servers to a list,
// since no test asks whether they answer.
func TestOutsideAddressesAreListed(t *testing.T) {
	address := regexp.MustCompile("https?://[^\\s)>\"`<|]+")
	found := map[string]bool{}
	for _, path := range texts(t) {
		for _, a := range address.FindAllString(read(t, path), -1) {
			a = strings.TrimRight(a, ".,;:*'")
			if !strings.Contains(a, "://127.0.0.1") && !strings.Contains(a, "…") && !strings.Contains(a, ".example") && !strings.Contains(a, "example.com") && a != "https://" {
				found[a] = true
			}
		}
	}
	var list []string
	for a := range found {
		list = append(list, a)
	}
	slices.Sort(list)
	if diff := cmp.Diff(strings.Fields(read(t, "testdata/addresses.txt")), list); diff != "" {
		t.Errorf("testdata/addresses.txt (-list +pages):\n%s", diff)
	}
}

// longestSentence is how many words a sentence of the guides may have.
const longestSentence = 30

// guides are the README, the tutorial and the how-tos.
func guides() []string {
	list := []string{repository + "/README.md"}
	for _, name := range []string{"first-campaign", "fixing-a-sheet", "preview", "costs", "overnight", "rows-nobody-knows", "services", "windows", "macos"} {
		list = append(list, docsFolder+name+".md")
	}
	return list
}

func TestNoSentenceOfTheGuidesIsLong(t *testing.T) {
	counted := 0
	for _, path := range guides() {
		for _, sentence := range sentences(read(t, path)) {
			counted++
			if n := len(strings.Fields(sentence)); n > longestSentence {
				t.Errorf("%s: %d words: %s", path, n, sentence)
			}
		}
	}
	if counted < 300 {
		t.Errorf("only %d sentences found", counted)
	}
	if n := len(strings.Fields(sentences("One `long name` [and a link](to.md), of two\nlines. Another one.")[0])); n != 8 {
		t.Errorf("%d words counted", n)
	}
}

// sentences are those of a page's paragraphs, lists and cells of tables. Code counts as
// one word, a link as its text.
func sentences(page string) (list []string) {
	page = regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAllString(prose(page), "")
	page = regexp.MustCompile("`[^`]+`").ReplaceAllString(page, "code")
	page = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(page, "$1")
	for _, block := range regexp.MustCompile(`\n\s*\n|\n(?:[-*#]|\d+\.) |\|`).Split(page, -1) {
		for _, s := range regexp.MustCompile(`[.!?]["*)]*\s`).Split(strings.Join(strings.Fields(block), " ")+" ", -1) {
			if strings.TrimSpace(s) != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

// TestTheGlossaryHasEveryState wants what people read beside what JSON says.
func TestTheGlossaryHasEveryState(t *testing.T) {
	page := read(t, docsFolder+"glossary.md")
	for _, state := range ledger.States() {
		if !regexp.MustCompile("(?m)^\\| [a-z ]+ \\| .*`" + string(state) + "`").MatchString(page) {
			t.Errorf("docs/glossary.md says nothing of %s", state)
		}
	}
	for _, word := range []string{"to send", "being made", "made", "failed", "not known", "changed", "has problems", "left out", "test", "key", "ledger", "charged", "set aside", "hold", "campaign", "canary"} {
		if !strings.Contains(page, "\n| "+word+" |") {
			t.Errorf("docs/glossary.md does not explain %q", word)
		}
	}
}

// TestTheComputersOfOthersStartTheSameRun holds the task of Windows and the job of launchd
// to the line of cron, which TestUnattendedRunsOfTheDocsWork runs.
func TestTheComputersOfOthersStartTheSameRun(t *testing.T) {
	_, cron, _ := strings.Cut(blocksOf(t, "overnight.md").files["evening.cron"], "&& ")
	words := strings.Fields(cron)
	plist := propertyList(t, blocksOf(t, "macos.md").files["reelmerge.plist"])
	if diff := cmp.Diff(words, plist["ProgramArguments"]); diff != "" {
		t.Errorf("launchd (-cron +launchd):\n%s", diff)
	}
	if days := strings.Join(plist["StartCalendarInterval"], " "); days != "1 20 0 2 20 0 3 20 0 4 20 0 5 20 0" {
		t.Errorf("launchd starts it at %s", days)
	}
	if plist["Label"] == nil || plist["WorkingDirectory"] == nil || plist["ExitTimeOut"] == nil {
		t.Errorf("the job of launchd has %v", plist)
	}
	page := read(t, docsFolder+"windows.md")
	task := regexp.MustCompile(`-Argument "([^"]+)"`).FindStringSubmatch(page)
	if task == nil || task[1] != strings.Join(words[1:], " ") || !strings.Contains(page, "-DaysOfWeek Monday, Tuesday, Wednesday, Thursday, Friday -At 20:00") {
		t.Errorf("the Task Scheduler starts %q", task)
	}
}

// propertyList reads the texts and numbers below each key of a property list.
func propertyList(t *testing.T, text string) map[string][]string {
	t.Helper()
	values, key, element, depth := map[string][]string{}, "", "", 0
	for x := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			element = v.Name.Local
			depth++
		case xml.EndElement:
			element = ""
			depth--
		case xml.CharData:
			switch {
			case element == "key" && depth == 3: // of the list itself
				key = string(v)
			case element == "string" || element == "integer":
				values[key] = append(values[key], string(v))
			}
		}
	}
}

// TestTheTextsAreSpeltRight asks a dictionary of British English, and the list of the
// project's own words.
func TestTheTextsAreSpeltRight(t *testing.T) {
	hunspell, err := exec.LookPath("hunspell")
	if err != nil {
		t.Skip("SKIPPED: hunspell is not installed; the spelling is not looked at")
	}
	if out, err := exec.Command(hunspell, "-d", "en_GB", "-l", os.DevNull).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: hunspell has no dictionary en_GB: %s", out)
	}
	known := strings.Fields(read(t, "testdata/words.txt"))
	if !slices.IsSorted(known) {
		t.Error("testdata/words.txt is not in the order of the alphabet")
	}
	var all strings.Builder
	for _, path := range texts(t) {
		page := regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAllString(prose(read(t, path)), " ")
		page = regexp.MustCompile("`[^`]*`|\\]\\([^)]*\\)|https?://\\S+").ReplaceAllString(page, " ")
		all.WriteString(strings.ReplaceAll(page, "'s ", " ") + "\n")
	}
	ask := exec.Command(hunspell, "-d", "en_GB", "-i", "utf-8", "-l")
	ask.Stdin = strings.NewReader(all.String())
	out, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, word := range strings.Fields(string(out)) {
		word = strings.TrimSuffix(word, "'s")
		if used[word] || strings.ContainsAny(word, "0123456789") || word == strings.ToUpper(word) { // a size, a code, or an abbreviation
			continue
		}
		used[word] = true
		if _, ours := slices.BinarySearch(known, word); !ours {
			t.Errorf("%q is in no dictionary; mend it, or add it to testdata/words.txt", word)
		}
	}
}
