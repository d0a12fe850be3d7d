package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/schema"
)

// TestHugeTemplatesEndSoon gives documents near the largest size allowed that are bad in
// every track, member or placeholder: each must end in problems, or in a program, while
// a person is still waiting.
func TestHugeTemplatesEndSoon(t *testing.T) {
	fill := func(part string) string {
		values := max(1, strings.Count(part, `":`)+strings.Count(part, "[")+strings.Count(part, "{"))
		n := min((schema.MaxBytes-2000)/(len(part)+1), schema.MaxNodes/2/values)
		return strings.TrimSuffix(strings.Repeat(part+",", n), ",")
	}
	for name, doc := range map[string]string{
		"braces everywhere": `{"operation":"a/b","request":{"x":[` + fill(`"{ {a} }"`) + `]}}`,
		"lists in lists":    `{"operation":"a/b","request":{"x":[` + fill(strings.Repeat("[", 150)+strings.Repeat("]", 150)) + `]}}`,
		"unknown members":   `{"operation":"a/b","x":[` + fill(`1`) + `]}`,
	} {
		start := time.Now()
		p, problems := tryCompile(doc)
		if p == nil && !problems.HasErrors() {
			t.Errorf("%s: neither a program nor an error", name)
		}
		t.Logf("%s: %d MB, %d problems, %v", name, len(doc)>>20, len(problems), time.Since(start).Round(time.Millisecond))
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("%s: %v", name, took)
		}
	}
}
