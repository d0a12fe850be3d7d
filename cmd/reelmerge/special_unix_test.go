//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoFileIsWaitedForOrReadWithoutEnd names a pipe, and a device without an end, where
// each file of a campaign belongs.
func TestNoFileIsWaitedForOrReadWithoutEnd(t *testing.T) {
	dir := written(t, map[string]string{
		"rows.csv": "id,name\nC1,Ada\n", "t.json": rigTemplate, "d.csv": "key,decision\nC1,resubmit\n",
		"c.yaml": "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n",
	})
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	t.Setenv("COLOSSYAN_TOKEN", "")
	c := filepath.Join(dir, "c.yaml")
	for _, special := range []string{pipe, "/dev/zero", dir} {
		for name, args := range map[string][]string{
			"sheet":     {"check", c, "--set", "rows.file=" + special},
			"template":  {"check", c, "--set", "template=" + special},
			"prices":    {"check", c, "--set", "prices.table=" + special},
			"token":     {"run", c, "--yes", "--new-ledger", "--set", "provider.token_file=" + special},
			"decisions": {"resolve", c, "--sandbox", "--decisions", special},
			"shown":     {"template", "show", special},
			"begun":     {"init", special, filepath.Join(dir, "rows.csv"), "--out", filepath.Join(dir, "new.yaml")},
			"begun for": {"init", filepath.Join(dir, "t.json"), special, "--out", filepath.Join(dir, "new.yaml")},
		} {
			if code, out, said := command(t, args...); code != exitUsage || strings.Contains(out+said, "bug") {
				t.Errorf("%s is %s: exit %d\n%s%s", name, special, code, out, said)
			}
		}
	}
	if code, _, said := command(t, "run", c, "--sandbox", "--only", pipe); code != exitUsage {
		t.Errorf("keys: exit %d\n%s", code, said)
	}
	if code, _, said := command(t, "run", c, "--sandbox", "--only", "C1,"+strings.Repeat("C", 300)); code != exitDone {
		t.Errorf("many keys: exit %d\n%s", code, said)
	}
}
