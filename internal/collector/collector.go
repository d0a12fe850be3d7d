// Package collector sets how often garbage is collected.
package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The growth of the heap at which garbage is collected, in percent of its live part, is
// between two bounds. Between them the heap may grow to its room, in bytes.
const (
	growMost  = 400
	growLeast = 20
	room      = 48 << 20
)

// Tune sets how often garbage is collected, unless the user has set GOGC.
//
// A run keeps very little in memory. With Go's default it collected hundreds of times a
// second, a third of its time. The keys of a million rows are most of the memory of a
// plan, and they are no garbage. So the more of the room is live, the sooner the heap is
// collected.
func Tune(chosen string) {
	if chosen != "" {
		return
	}
	debug.SetGCPercent(growMost)
	watchHeap()
}

// watchHeap looks at the heap after each collection.
func watchHeap() {
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(growth(live[0].Value.Uint64()))
		watchHeap()
	}, struct{}{})
}

// growth is by how many percent a heap of so many live bytes may grow.
func growth(live uint64) int {
	if live >= room {
		return growLeast
	}
	return min(growMost, max(growLeast, int((room-live)*100/max(1, live))))
}
