package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much the heap may grow before garbage is collected, in percent of what is in use,
// and from when on the heap counts as large.
const (
	growSmall = 400
	growLarge = 20
	largeHeap = 32 << 20
)

// tuneCollector sets how often garbage is collected, unless a person has chosen.
//
// A run keeps next to nothing: with Go's own setting it would collect hundreds of times
// a second, which was a third of its time. The keys of a million rows are most of the
// memory of a plan, and hardly any garbage: so once the heap is large, it grows by no
// more than a fifth.
func tuneCollector(chosen string) {
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
