package engine

import (
	"sync"

	"github.com/reelmerge/reelmerge/providers"
)

// hints keeps the latest message of the service about the account's allowance. Workers
// bring it from any goroutine, and the loop obeys it, so it has a lock of its own.
type hints struct {
	mu   sync.Mutex
	last providers.RateHint
}

func (h *hints) note(hint providers.RateHint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = hint
}

// take returns the latest hint once: obeying an old one again would pause for longer.
func (h *hints) take() providers.RateHint {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.last
	h.last = providers.RateHint{}
	return last
}
