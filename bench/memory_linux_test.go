package bench_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// The most memory that a plan of a million rows may take, and that it may grow by for each
// row: what tells its key apart from others, and its length.
const (
	mostOfAMillion = 100 << 20
	mostOfARow     = 40
)

// TestThePlanOfAMillionRowsStaysSmall plans sheets of 100,000 and of a million rows in a
// process of their own.
func TestThePlanOfAMillionRowsStaysSmall(t *testing.T) {
	if os.Getenv("REELMERGE_BENCH") == "" {
		t.Skip("it reads 100 MB; REELMERGE_BENCH=1 runs it")
	}
	program := filepath.Join(t.TempDir(), "reelmerge")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/reelmerge").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	few, many := planMemory(t, program, 100_000), planMemory(t, program, 1_000_000)
	t.Logf("100,000 rows take %d MB, 1,000,000 take %d MB", few>>20, many>>20)
	if many > mostOfAMillion || many-few > 900_000*mostOfARow {
		t.Errorf("at most %d MB, and %d bytes more for each row", mostOfAMillion>>20, mostOfARow)
	}
}

// planMemory returns the most bytes that a plan of so many rows was seen to take.
func planMemory(t *testing.T, program string, rows int) int64 {
	t.Helper()
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "customer_id,first_name,company,plan,renewal_date,amount,email,language")
	for i := range rows {
		fmt.Fprintf(w, "C%08d,Name %d,\"Acme, Inc.\",pro,2026-%02d-%02d,%d.%02d,user%d@example.com,en\n", i, i%5000, i%12+1, i%28+1, i%5000, i%100, i)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile("template.json")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "template.json"), template, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "campaign.yaml"), []byte("rows: {file: rows.csv, key: customer_id, duplicates: keep}\ntemplate: template.json\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan := exec.CommandContext(t.Context(), program, "plan", filepath.Join(dir, "campaign.yaml"), "--json")
	plan.Env = append(os.Environ(), "REELMERGE_STATE="+filepath.Join(dir, "state"))
	if out, err := plan.Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return plan.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
