package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// kept is what the service remembers of a submit with a key.
type kept struct {
	Key  string `json:"key"`
	Body string `json:"body"` // hash of what was sent, the key aside
	// Status and Text are those of a refusal, where the service remembers all answers.
	Status int    `json:"status,omitempty"`
	Text   string `json:"text,omitempty"`
}

// memory is the key of a submit, where the service knows submits by one.
func (d described) memory(c *call, o fields, in order) kept {
	key := object(o, "/submit/lost/key")
	name := word(key, "/name")
	k := kept{Body: hash(in.raw)}
	switch word(key, "/in") {
	case "header":
		k.Key = c.Header.Get(name)
	case "query":
		k.Key = c.URL.Query().Get(name)
	case "body":
		k.Key = word(in.body, name)
	}
	return k
}

// remembered finds the job of an earlier submit with the same key, as long as the service
// remembers it. The caller holds the lock.
func (d described) remembered(b *books, owner string, o fields, k kept) *job {
	if k.Key == "" {
		return nil
	}
	begin := time.Time{}
	if holds := days(word(o, "/submit/lost/key/holds")); holds > 0 {
		begin = d.now().Add(-holds)
	}
	for _, j := range slices.Backward(b.jobs) {
		var before kept
		if j.Created.Before(begin) {
			break
		}
		if j.Provider == d.name && j.Owner == owner && json.Unmarshal(j.Facts, &before) == nil && before.Key == k.Key {
			return j
		}
	}
	return nil
}

// again answers a submit whose key was used before, as the description says.
func (d described) again(c *call, o fields, first job, now kept, odds chance) reply {
	key := object(o, "/submit/lost/key")
	var before kept
	if json.Unmarshal(first.Facts, &before) != nil {
		return reply{fault: dropped}
	}
	if status, declared := statusAt(key, "/in_progress/0"); declared && d.dice.happens(odds, keyBusy) {
		return d.dialect().refuse(status, "A request with this key is being worked on.")
	}
	if before.Body != now.Body {
		if status, declared := statusAt(key, "/changed/0"); declared {
			return d.dialect().refuse(status, "The key was used with another body.")
		}
	}
	r := d.dialect().refuse(before.Status, before.Text)
	if before.Status == 0 {
		r = d.accepted(c, first)
		if word(key, "/replay") == "current state" {
			d.current(r.body, o, first)
		}
		r.fault = d.dice.first(odds, acceptThenDrop, acceptThen500, acceptThen502, truncated, slow)
	}
	if header := word(key, "/replayed/header"); header != "" {
		r.header = http.Header{}
		r.header.Set(header, word(key, "/replayed/is"))
	}
	if body, ok := r.body.(fields); ok && word(key, "/replayed/at") != "" {
		set(body, word(key, "/replayed/at"), word(key, "/replayed/is"))
	}
	return d.dialect().lose(r)
}

// current says how the job is doing now, where an answer to a submit has a word for it.
func (d described) current(body any, o fields, j job) {
	outcome := map[fate]string{running: "running", succeeded: "succeeded", failed: "failed", cancelled: "cancelled"}[j.fate(d.now())]
	words, _ := at(o, "/poll/words/"+outcome)
	if list, _ := words.([]any); len(list) > 0 {
		fill(body, pointers(object(o, "/poll")["status"]), list[0])
	}
}

// rememberRefusal keeps a refusal under its key, where the service remembers all answers
// and has none yet.
func (d described) rememberRefusal(draft job, o fields, k kept, r reply) reply {
	if r.status < http.StatusBadRequest || r.fault != "" || k.Key == "" || word(o, "/submit/lost/key/remembers") != "all answers" {
		return r
	}
	k.Status, k.Text = r.status, "The first request was refused."
	facts, err := json.Marshal(k)
	if err != nil {
		return reply{fault: dropped}
	}
	record := job{
		ID: draft.ID, Provider: d.name, Operation: draft.Operation, Owner: draft.Owner, Content: draft.Content,
		Created: d.now(), Facts: facts, Void: true, Gone: true,
	}
	known := func(b *books) *refusal {
		if d.remembered(b, draft.Owner, o, k) != nil {
			return &refusal{}
		}
		return nil
	}
	if _, _, err := d.books.add(record, known); err != nil {
		return reply{fault: dropped}
	}
	return r
}

func statusAt(doc any, pointer string) (int, bool) {
	status, err := strconv.Atoi(word(doc, pointer))
	return status, err == nil
}
