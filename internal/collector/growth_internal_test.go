package collector

import "testing"

// TestTheHeapGrowsToItsRoom: a small heap grows fivefold, a larger one to the room, and one
// beyond it by a fifth.
func TestTheHeapGrowsToItsRoom(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 4 << 20: 400, 24 << 20: 100, 36 << 20: 33, 47 << 20: 20, 1 << 30: 20} {
		if got := growth(live); got != want {
			t.Errorf("%d live bytes may grow by %d %%, not by %d %%", live, got, want)
		}
	}
}
