package colossyan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// testdata/rules holds one file per rule: requests by operation, the last part
// of each is what they break.
func TestEachRuleIsHeld(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d rule files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases := txtar.Parse(text).Files
		if len(cases)%2 != 0 || len(cases) == 0 {
			t.Fatalf("%s: %d parts, want pairs of request and problems", file, len(cases))
		}
		for i := 0; i < len(cases); i += 2 {
			name := strings.TrimSuffix(filepath.Base(file), ".txtar") + "/" + cases[i].Name
			t.Run(name, func(t *testing.T) {
				operation, _, _ := strings.Cut(cases[i].Name, " ")
				got := problemsOf(t, "colossyan/"+operation, cases[i])
				if diff := cmp.Diff(strings.TrimSpace(string(cases[i+1].Data)), strings.Join(got, "\n")); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}

// problemsOf checks a request; "with callback" in its name gives it one, and
// "callback=URL" that one.
func problemsOf(t *testing.T, operation string, request txtar.File) []string {
	t.Helper()
	checker, err := colossyan.NewChecker(operation, providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	r := providers.Request{Operation: operation, Body: request.Data}
	if strings.Contains(request.Name, "with callback") {
		r.Callback = hook
	}
	if _, address, ok := strings.Cut(request.Name, "callback="); ok {
		r.Callback = address
	}
	var lines []string
	for _, p := range checker.Check(r) {
		severity := "error"
		if !p.IsError() {
			severity = "warning"
		}
		if p.Message == "" || p.Hint == "" {
			t.Errorf("%s says too little: %+v", p.Code, p)
		}
		lines = append(lines, strings.TrimSpace(severity+" "+p.Code+" "+p.Pointer+" "+p.Value))
	}
	return lines
}

func TestTraitsSayHowAnOperationBehaves(t *testing.T) {
	for operation, want := range map[string]struct{ synchronous, echoes bool }{
		colossyan.TemplateJob: {false, true}, colossyan.VideoJob: {false, true},
		colossyan.Avatar: {true, false}, colossyan.Draft: {true, false},
	} {
		checker, err := colossyan.NewChecker(operation, providers.Prices{})
		if err != nil {
			t.Fatal(err)
		}
		got := checker.Traits()
		if got.Synchronous != want.synchronous || got.Echoes != want.echoes || got.FindComplete || got.HardActive {
			t.Errorf("%s: %+v", operation, got)
		}
	}
}
