package serve

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
)

// hub tells browsers which campaigns have changed. It says no more than that: a page then
// asks for its parts again, so that there is one way to read a campaign.
type hub struct {
	done chan struct{} // no stream goes on any more

	mu        sync.Mutex
	listeners map[chan string]bool
	files     map[string][]string // of each place, that are looked at for changes
	states    map[string]string
}

// Limits of event streams: how many there are, how often files are looked at, and how often
// a silent stream shows that it is alive.
const (
	mostStreams = 64
	looksEvery  = time.Second
	beatsEvery  = 15 * time.Second
	mostTold    = 64 // changes that a slow browser may have waiting
)

func newHub() *hub {
	return &hub{done: make(chan struct{}), listeners: map[chan string]bool{}, files: map[string][]string{}, states: map[string]string{}}
}

// listen returns a channel of places that changed; nil where too many listen.
func (h *hub) listen() chan string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) >= mostStreams {
		return nil
	}
	told := make(chan string, mostTold)
	h.listeners[told] = true
	return told
}

// count is how many listen.
func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

func (h *hub) forget(told chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, told)
}

// tell tells every browser that a place changed. It never waits: a browser with many changes
// waiting asks for all of them anyway.
func (h *hub) tell(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for told := range h.listeners {
		select {
		case told <- key:
		default:
		}
	}
}

// follow has the files of a campaign looked at, since another process may change them.
func (h *hub) follow(p place, c *reelmerge.Campaign) {
	f := c.File()
	files := append([]string{f.Path, f.Template, f.Rows.File, c.CorrectionsFile(), filepath.Join(c.Folder(), "status.json")}, ownFiles(c)...)
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.files[p.key()]; !known && len(h.files) < mostCampaigns {
		h.states[p.key()] = statesOf(files)
	}
	h.files[p.key()] = files
}

// watch looks at the files while a browser listens, until the context is done. Then every
// stream ends.
func (h *hub) watch(ctx context.Context) {
	defer close(h.done)
	ticker := time.NewTicker(looksEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, key := range h.changes() {
			h.tell(key)
		}
	}
}

// changes lists the places whose files have changed since it was called last.
func (h *hub) changes() (keys []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) == 0 {
		return nil
	}
	for key, files := range h.files {
		if now := statesOf(files); now != h.states[key] {
			h.states[key] = now
			keys = append(keys, key)
		}
	}
	return keys
}

// statesOf says how large files are, and when they were written.
func statesOf(files []string) string {
	var b strings.Builder
	for _, path := range files {
		if info, err := os.Stat(path); err == nil && path != "" {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// events is the stream of one browser: its tabs share it.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	told := s.hub.listen()
	if told == nil {
		http.Error(w, "too many browsers", http.StatusServiceUnavailable)
		return
	}
	defer s.hub.forget(told)
	by, _ := s.doors.lets(r, time.Now())
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must pass each line on at once
	beat := time.NewTicker(beatsEvery)
	defer beat.Stop()
	line := ": here\nretry: 2000\n\n"
	for {
		// A browser that takes nothing any more loses its stream, and asks for another.
		if err := stream.SetWriteDeadline(time.Now().Add(beatsEvery)); err != nil {
			return
		}
		if _, err := fmt.Fprint(w, line); err != nil || stream.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.hub.done:
			return
		case key := <-told:
			if line = "data: " + key + "\n\n"; by != nil && by.place != key {
				line = ": here\n\n" // the names of other campaigns are not for guests
			}
		case <-beat.C:
			line = ": here\n\n"
		}
	}
}
