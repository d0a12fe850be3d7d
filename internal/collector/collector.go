// Package collector sets how often garbage is collected.
package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The growth of the heap, in percent of its live part, at which garbage is collected, and
// the size in bytes from which on the heap is large.
const (
	growSmall = 400
	growLarge = 20
	largeHeap = 32 << 20
)

// Tune sets how often garbage is collected, unless the user has set GOGC.
//
// A run keeps very little in memory. With Go's default it collected hundreds of times a
// second, a third of its time. The keys of a million rows are most of the memory of a
// plan, and they are no garbage. So a large heap grows by a fifth at most before it is
// collected.
func Tune(chosen string) {
	if chosen != "" {
		return
	}
	debug.SetGCPercent(growSmall)
	watchHeap()
}

// watchHeap looks at the heap after each collection until it is large.
func watchHeap() {
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Uint64() > largeHeap {
			debug.SetGCPercent(growLarge)
			return
		}
		watchHeap()
	}, struct{}{})
}
