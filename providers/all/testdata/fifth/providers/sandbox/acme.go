package sandbox

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// Acme is a made-up service.
const Acme = "acme"

const acmeBase = "/acme/v1"

// acme plays it: a second of video costs a credit.
type acme struct{ *Sandbox }

func (a acme) routes() {
	d := a.dialect()
	d.paid("POST "+acmeBase+"/videos", a.create)
	d.free("GET "+acmeBase+"/videos", a.all)
	d.free("GET "+acmeBase+"/videos/{id}", a.one)
}

func (a acme) dialect() dialect {
	return dialect{sandbox: a.Sandbox, name: Acme, credential: bearer,
		errorBody: func(r refusal) any { return map[string]string{"error": r.text} }}
}

func (a acme) create(c *call) reply {
	fields, raw, refused := c.object()
	if refused != nil {
		return a.dialect().refusal(*refused)
	}
	var order struct {
		Title, Reference string
		Seconds          int64
	}
	if json.Unmarshal(raw, &order) != nil || order.Title == "" || len(order.Title) > 40 || order.Seconds < 1 || order.Seconds > 60 {
		return a.dialect().refuse(http.StatusBadRequest, "title or seconds are wrong")
	}
	draft := job{
		ID: newUUID(), Operation: "acme/video", Body: raw, BodyHash: hash(raw), Reference: order.Reference,
		Content: contentOf("acme/video", fields, "reference"), Length: time.Duration(order.Seconds) * time.Second,
		Price: credit.Of(order.Seconds), Unit: "credits",
	}
	return a.dialect().submit(c, draft, nil, func(j job) reply {
		return reply{status: http.StatusCreated, body: a.state(c, j)}
	})
}

func (a acme) state(c *call, j job) map[string]any {
	state := map[string]any{"id": j.ID, "status": "waiting", "reference": j.Reference, "seconds": j.Length.Seconds()}
	switch j.fate(a.now()) {
	case succeeded:
		state["status"], state["url"] = "done", a.link(c.base, j, ".mp4")
	case failed, cancelled:
		state["status"] = "failed"
	case running:
	}
	return state
}

func (a acme) one(c *call) reply {
	j, ok, err := a.books.find(c.PathValue("id"))
	switch {
	case err != nil:
		return reply{fault: dropped}
	case !ok || j.Provider != Acme || j.Owner != c.owner:
		return a.dialect().refuse(http.StatusNotFound, "no such video")
	}
	return reply{status: http.StatusOK, body: a.state(c, j)}
}

func (a acme) all(c *call) reply {
	jobs, err := a.books.list(Acme, func(j *job) bool { return j.Owner == c.owner })
	if err != nil {
		return reply{fault: dropped}
	}
	videos := []any{}
	for _, j := range jobs {
		videos = append(videos, a.state(c, j))
	}
	return reply{status: http.StatusOK, body: map[string]any{"videos": videos}}
}
