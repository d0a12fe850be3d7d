package sandbox

import (
	"sync"
	"time"
)

// meterWindow is the length of a window.
const meterWindow = time.Minute

// meters count calls in fixed windows, as the services do.
type meters struct {
	mu      sync.Mutex
	windows map[string]window
}

// window is one window of one meter.
type window struct {
	begun time.Time
	used  int
}

// count counts one more call. It returns the number of calls in this window, and when the
// next one begins.
func (m *meters) count(name string, now time.Time) (used int, reset time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.windows == nil {
		m.windows = map[string]window{}
	}
	w := m.windows[name]
	if w.begun.IsZero() || now.Sub(w.begun) >= meterWindow {
		w = window{begun: now}
	}
	w.used++
	m.windows[name] = w
	return w.used, w.begun.Add(meterWindow).Sub(now)
}
