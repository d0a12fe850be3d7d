package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestUnattendedRunsOfTheDocsWork takes the cron line and the unit files out of
// docs/overnight.md: systemd must have nothing to say about the units, and what
// they start must run the campaign of that page to its end.
func TestUnattendedRunsOfTheDocsWork(t *testing.T) {
	blocks := blocksOf(t, "overnight.md")
	dir := t.TempDir()
	for name, text := range blocks.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	schedule := regexp.MustCompile(`^0 20 \* \* 1-5 +cd /srv/campaigns && (/usr/local/bin/reelmerge .+)\n$`)
	cron := schedule.FindStringSubmatch(blocks.files["evening.cron"])
	if cron == nil {
		t.Fatalf("the cron line is %q", blocks.files["evening.cron"])
	}
	service := readUnit(t, blocks.files["reelmerge.service"])
	if started := service["Service"]["ExecStart"]; started != cron[1] {
		t.Errorf("cron starts %q, systemd %q", cron[1], started)
	}
	if timer := readUnit(t, blocks.files["reelmerge.timer"]); timer["Timer"]["OnCalendar"] != "Mon..Fri 20:00" || timer["Install"]["WantedBy"] != "timers.target" {
		t.Errorf("the timer says %v", timer)
	}
	words := strings.Fields(cron[1])[1:]
	if fault := unknownIn(strings.Join(words, " ")); fault != "" {
		t.Errorf("%s: %s", cron[1], fault)
	}
	// For money, a new ledger has to be agreed to; on the simulator nobody asks.
	var said bytes.Buffer
	nobody := strings.NewReader("")
	if code := run(t.Context(), append(slices.Clone(words), "--sandbox"), streams{nobody, &said, &said}); code != exitDone || said.Len() > 0 {
		t.Errorf("exit %d, and it is not quiet: %s", code, said.String())
	}
	if err := os.WriteFile("colossyan.token", []byte("a key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), words, streams{nobody, &said, &said}); code != exitUsage || !strings.Contains(said.String(), "add --new-ledger;") {
		t.Errorf("exit %d without a ledger: %s", code, said.String())
	}
}

// TestUnitsOfTheDocsAreVerified has systemd itself look at the units of
// docs/overnight.md.
func TestUnitsOfTheDocsAreVerified(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: units are verified by systemd-analyze, which is not installed")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var units []string
	for name, text := range blocksOf(t, "overnight.md").files {
		if ext := filepath.Ext(name); ext != ".service" && ext != ".timer" {
			continue
		}
		// What is installed elsewhere stands in for what is not installed here.
		text = strings.NewReplacer("/usr/local/bin/reelmerge", program, "User=campaigns", "User=root").Replace(text)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	if len(units) != 4 {
		t.Fatalf("units %q", units)
	}
	out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "reelmerge") {
		t.Errorf("%v\n%s", err, out)
	}
}

// pageBlocks are the blocks of a page: those that are files, and the last one of
// each language.
type pageBlocks struct{ files, languages map[string]string }

func blocksOf(t *testing.T, page string) pageBlocks {
	t.Helper()
	b := pageBlocks{map[string]string{}, map[string]string{}}
	for _, m := range fence.FindAllStringSubmatch(read(t, docsFolder+page), -1) {
		if m[1] != "" {
			b.files[m[1]] = m[3]
		}
		b.languages[m[2]] = m[3]
	}
	return b
}

// readUnit reads a unit file into its sections. Nothing in it continues on the next
// line.
func readUnit(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	unit, section := map[string]map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, assigned := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
			unit[section] = map[string]string{}
		case assigned && section != "" && !strings.HasSuffix(value, `\`):
			unit[section][key] = value
		default:
			t.Errorf("no line of a unit: %q", line)
		}
	}
	return unit
}

// TestTheNightlyScriptOfTheDocsTellsWhatHappened runs the script of docs/exit-codes.md
// with a program that ends with each code.
func TestTheNightlyScriptOfTheDocsTellsWhatHappened(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED: there is no shell")
	}
	script := blocksOf(t, "exit-codes.md").languages["sh"]
	const notRun, look, again = "it did not run\n", "somebody should look\n", "it was stopped: run it again\n"
	for code, want := range map[int]string{
		exitDone: "", exitBug: notRun, exitUsage: notRun, exitLocked: notRun,
		exitRows: look, exitDecide: look, exitHeld: look, exitLedger: look,
		exitInterrupted: again, exitTerminated: again, 134: again, 137: again, 139: again,
	} {
		stub := "reelmerge() { return " + strconv.Itoa(code) + "; }\n"
		if said, err := exec.Command(shell, "-c", stub+script).Output(); err != nil || string(said) != want {
			t.Errorf("code %d: it says %q, want %q (%v)", code, said, want, err)
		}
	}
}
