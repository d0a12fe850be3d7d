package sandbox_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// BenchmarkSubmit compares one client per processor with 64: many share one
// fsync.
func BenchmarkSubmit(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s, err := sandbox.New(sandbox.Options{State: filepath.Join(b.TempDir(), "sandbox.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			c := colossyanCaller(s)
			var row atomic.Int64
			b.SetParallelism(clients)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					a, err := c.try("POST", submitPath, templateJob(fmt.Sprint(row.Add(1))))
					if err != nil || a.status != http.StatusOK {
						b.Errorf("submit: %d %v", a.status, err)
					}
				}
			})
		})
	}
}
