package samsar_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

// BenchmarkRow is what a plan asks of the checker for each row.
func BenchmarkRow(b *testing.B) {
	for name, request := range map[string]func(int) providers.Request{"text": textToVideo, "pictures": imageList} {
		b.Run(name, func(b *testing.B) {
			r := request(1)
			checker, err := samsar.NewChecker(r.Operation, providers.Prices{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if problems := checker.Check(r); len(problems) > 0 {
					b.Fatal(problems)
				}
				checker.Quote(r, job.Length{})
				checker.Account(r)
			}
		})
	}
}
