package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// slotPath is below what a described service serves: where files are put before a submit.
const slotPath = "/-/slot/"

// slots are the places for files that were given away, with the hash of what lies there:
// empty for nothing. They are forgotten with the program.
type slots struct {
	mu    sync.Mutex
	given map[string]string
}

// slot gives away a place for a file, in the form of the recorded answer.
func (d described) slot(c *call, to route) reply {
	body, status, ok := d.recording("upload", to.operation, to.index, "")
	if !ok {
		return d.dialect().refuse(http.StatusNotImplemented, "no such answer is recorded")
	}
	u := object(d.offers[to.operation], "/uploads/"+strconv.Itoa(to.index))
	id := "f" + newID()
	address := c.base + d.base() + slotPath + id
	fill(body, pointers(u["put"]), address)
	if word(u, "/use") != word(u, "/put") {
		fill(body, pointers(u["use"]), id)
	}
	d.slots.mu.Lock()
	defer d.slots.mu.Unlock()
	if d.slots.given == nil {
		d.slots.given = map[string]string{}
	}
	d.slots.given[id] = ""
	return reply{status: status, body: body}
}

// put takes a file.
func (s *slots) put(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	_, err := io.Copy(sum, io.LimitReader(r.Body, maxUpload))
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("slot")
	if _, given := s.given[id]; err != nil || !given {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.given[id] = hex.EncodeToString(sum.Sum(nil))
}

// places puts the hash of each file where an order names its place, so that the same order
// is the same content. It refuses one that names a place without a file.
func (d described) places(o fields, content fields) *refusal {
	uploads, _ := o["uploads"].([]any)
	d.slots.mu.Lock()
	defer d.slots.mu.Unlock()
	for _, item := range uploads {
		u, _ := item.(fields)
		if word(u, "/how") != "before" {
			continue
		}
		named := word(content, word(u, "/at"))
		hash := d.slots.given[named[strings.LastIndexByte(named, '/')+1:]]
		if hash == "" {
			return badRequest("No file was put there: " + strings.TrimPrefix(word(u, "/at"), "/"))
		}
		set(content, word(u, "/at"), hash)
	}
	return nil
}
