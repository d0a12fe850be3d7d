package colossyan_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// BenchmarkCheck is what checking costs per row.
func BenchmarkCheck(b *testing.B) {
	for operation, request := range map[string]providers.Request{colossyan.TemplateJob: templateJob(1), colossyan.VideoJob: videoJob(1)} {
		b.Run(operation, func(b *testing.B) {
			checker, err := colossyan.NewChecker(operation, providers.Prices{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if problems := checker.Check(request); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
