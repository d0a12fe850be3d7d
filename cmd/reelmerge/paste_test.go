package main

import (
	"encoding/csv"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestWhatToDoCanBePasted runs every command that a results sheet tells a person to
// run, from names and keys with blanks, quotes and dollars, and with settings.
func TestWhatToDoCanBePasted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are pasted into a POSIX shell")
	}
	const name = "Ada's $5 \"spring\" campaign.yaml"
	dir := written(t, map[string]string{
		"rows.csv": "id,name\nit's $1,Ada\n\"a \"\"b\"\"\",Bob\n-x,Eve\n",
		"t.json":   rigTemplate,
		name: "rows: {file: rows.csv, key: id}\ntemplate: t.json\noutput: {dir: out}\n" +
			"provider: {sandbox: {faults: \"failed@1,accept-then-drop@2\"}}\nlimits: {active: 1, deadline: 2s, poll: {first: 50ms}}\n",
	})
	program := func(args ...string) {
		c := exec.Command("reelmerge", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil && c.ProcessState.ExitCode() > exitDecide {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	program("run", name, "--sandbox", "--set", "name=it's \"so\"")
	program("results", name, "--sandbox", "--set", "name=it's \"so\"", "--out", "made.csv")
	commands := pasted(t, dir+"/made.csv")
	if len(commands) < 2 {
		t.Fatalf("%q are too few", commands)
	}
	for _, line := range commands {
		c := exec.Command("sh", "-c", line)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if code := c.ProcessState.ExitCode(); err != nil && code != exitDecide && code != exitRows {
			t.Errorf("%s: exit %d\n%s", line, code, out)
		}
	}
}

// pasted are the commands in the column what_to_do of a results sheet.
func pasted(t *testing.T, path string) (commands []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], "what_to_do")
	for _, row := range rows[1:] {
		if i := strings.Index(row[column], "reelmerge "); i >= 0 && !slices.Contains(commands, row[column][i:]) {
			commands = append(commands, row[column][i:])
		}
	}
	return commands
}
