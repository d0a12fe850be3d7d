package scenes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/schema"
)

// TestHugeScenesEndSoon gives documents near the largest size allowed that are bad in
// every track: each must end in problems, or in a program, while
// a person is still waiting.
func TestHugeScenesEndSoon(t *testing.T) {
	fill := func(part string) string {
		values := max(1, strings.Count(part, `":`)+strings.Count(part, "[")+strings.Count(part, "{"))
		n := min((schema.MaxBytes-2000)/(len(part)+1), schema.MaxNodes/2/values)
		return strings.TrimSuffix(strings.Repeat(part+",", n), ",")
	}
	for name, doc := range map[string]string{
		"tracks with everything wrong": videoJob(scene("", fill(`{"type":"video","sequentialBlendId":"b","referenceId":"r","duration":-1,"glow":1}`))),
		"joined tracks in two scenes":  videoJob(scene("", fill(`{"type":"video","videoUrl":"u","sequentialBlendId":"b"}`)), scene("", actor)),
		"scenes without anything":      videoJob(fill(`{}`)),
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
