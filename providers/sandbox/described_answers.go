package sandbox

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some services sign with nothing better
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	stdhash "hash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// accepted is the answer to a submit.
func (d described) accepted(c *call, j job) reply {
	o := d.of(j)
	body, status, ok := d.recording("submit", d.short(j), 0, "", "succeeded", "running")
	if !ok {
		return d.dialect().refuse(http.StatusNotImplemented, "no submit is recorded")
	}
	d.label(body, o, "/submit/ticket", c.base, j)
	fill(body, pointers(object(o, "/submit/put")["reference"]), j.Reference)
	if held, ok := at(o, "/submit/held/amount"); ok {
		fill(body, pointers(held), j.Price.String())
	}
	return reply{status: status, body: body}
}

// of is the operation of a job.
func (d described) of(j job) fields { return d.offers[d.short(j)] }

func (d described) short(j job) string { return strings.TrimPrefix(j.Operation, d.name+"/") }

// label writes the ids of a job, and the addresses that calls about it go to.
func (d described) label(body any, o fields, ticket, base string, j job) {
	where := object(o, ticket)
	fill(body, pointers(where["job"]), j.ID)
	for name, p := range object(where, "/more") {
		fill(body, pointers(p), base+d.base()+"/-/more/"+name+"/"+j.ID)
	}
}

// find returns the caller's job that a call names in its path or query.
func (d described) find(c *call, to route) (job, *reply) {
	id := ""
	if m := to.path.FindStringSubmatch(strings.TrimPrefix(c.URL.Path, d.base())); to.path.SubexpIndex("job") > 0 {
		id = m[to.path.SubexpIndex("job")]
	}
	for name, v := range object(to.call, "/query") {
		if v == "{job}" {
			id = c.URL.Query().Get(name)
		}
	}
	j, ok, err := d.books.find(id)
	switch {
	case err != nil:
		return job{}, &reply{fault: dropped}
	case ok && j.Provider == d.name && j.Owner == c.owner && !j.Gone:
		return j, nil
	case word(d.offers[to.operation], "/poll/gone/empty") == "true" && to.kind == "poll":
		return job{}, &reply{status: http.StatusOK}
	}
	status := http.StatusNotFound
	if n, err := strconv.Atoi(word(d.offers[to.operation], "/poll/gone/answers/0")); err == nil {
		status = n
	}
	r := d.dialect().refuse(status, "There is no such job.")
	return job{}, &r
}

// status answers a poll, or a read that follows one.
func (d described) status(c *call, to route) reply {
	j, refused := d.find(c, to)
	if refused != nil {
		return *refused
	}
	read := object(d.of(j), "/poll")
	if to.kind == "then" {
		read = object(d.of(j), "/then/"+strconv.Itoa(to.index))
	}
	body, status := d.told(c.base, j, read, to.kind, to.index)
	return reply{status: status, body: body}
}

// told is what a read shows of a job: the recording for how it is doing, filled in.
func (d described) told(base string, j job, read fields, kind string, index int) (any, int) {
	outcome := map[fate]string{running: "running", succeeded: "succeeded", failed: "failed", cancelled: "cancelled"}[j.fate(d.now())]
	names := []string{outcome, "", "running", "succeeded"}
	if outcome == "succeeded" {
		names = []string{"succeeded", ""}
	}
	body, status, ok := d.recording(kind, d.short(j), index, names...)
	if !ok {
		return d.errorBody(refusal{text: "no such answer is recorded"}), http.StatusNotImplemented
	}
	d.label(body, d.of(j), "/submit/ticket", base, j)
	fill(body, pointers(read["same"]), j.ID)
	words, _ := at(read, "/words/"+outcome)
	list, _ := words.([]any)
	if len(list) == 0 {
		list = []any{outcome} // a word that no description knows says that the job goes on
	}
	if !d.says(body, read, list) {
		fill(body, pointers(read["status"]), list[0])
	}
	d.result(body, read, base, j)
	return body, status
}

// says reports whether a recorded answer has one of the words already.
func (d described) says(body any, read fields, words []any) bool {
	return slices.ContainsFunc(pointers(read["status"]), func(p string) bool {
		return slices.ContainsFunc(words, func(w any) bool { s, _ := w.(string); return strings.EqualFold(word(body, p), s) })
	})
}

// result fills in what a finished job gave.
func (d described) result(body any, read fields, base string, j job) {
	where := object(read, "/result")
	fill(body, pointers(where["video_url"]), d.link(base, j, ".mp4"))
	fill(body, pointers(where["share_url"]), shareLink(base, j))
	fill(body, pointers(where["thumbnail_url"]), d.link(base, j, ".png"))
	fill(body, pointers(where["duration"]), length(j.Length, word(where, "/duration/as")))
	if charged, ok := at(read, "/charged/amount"); ok {
		fill(body, pointers(charged), j.Price.String())
	}
}

// length writes a length as a description says.
func length(d time.Duration, as string) any {
	switch as {
	case "milliseconds":
		return d.Milliseconds()
	case "clock":
		return time.Time{}.Add(d).Format("15:04:05.000000")
	}
	return json.Number(strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
}

// list answers with the caller's jobs, in the form of the recorded list.
func (d described) list(c *call, to route) reply {
	find := object(d.offers[to.operation], "/submit/lost/find")
	body, status, ok := d.recording("find", to.operation, 0, "")
	items, _ := at(body, word(find, "/items"))
	if one, isOne := items.(fields); isOne {
		items = []any{one}
	}
	recorded, _ := items.([]any)
	if !ok || len(recorded) == 0 {
		return d.dialect().refuse(http.StatusNotImplemented, "no list is recorded")
	}
	jobs, err := d.books.list(d.name, func(j *job) bool { return j.Owner == c.owner && d.short(*j) == to.operation && !j.Gone })
	if err != nil {
		return reply{fault: dropped}
	}
	if word(find, "/order") == "newest first" {
		slices.Reverse(jobs)
	}
	page, next := d.page(c, find, jobs)
	shown := make([]any, len(page))
	for i, j := range page {
		shown[i] = d.item(duplicate(recorded[0]), find, c.base, j)
	}
	if word(find, "/items") == "" {
		return reply{status: status, body: shown}
	}
	set(body.(fields), word(find, "/items"), shown)
	if p := word(find, "/next/cursor"); p != "" {
		set(body.(fields), p, next)
	}
	return reply{status: status, body: body}
}

// page cuts one page out of the jobs. next is the cursor of the one behind it, or nil.
func (d described) page(c *call, find fields, jobs []job) (page []job, next any) {
	size, begin := len(jobs), 0 // a list without pages shows all
	if find["next"] != nil {
		size = 100
	}
	if n, err := strconv.Atoi(word(find, "/next/size")); err == nil {
		size = n
	}
	for name, v := range object(find, "/call/query") {
		n, err := strconv.Atoi(c.URL.Query().Get(name))
		if err != nil {
			continue
		}
		switch v {
		case "{cursor}", "{offset}":
			begin = n
		case "{page}":
			first, _ := strconv.Atoi(word(find, "/next/page"))
			begin = (n - first) * size
		}
	}
	begin = min(max(begin, 0), len(jobs))
	end := min(begin+size, len(jobs))
	if end < len(jobs) {
		next = strconv.Itoa(end)
	}
	return jobs[begin:end], next
}

// item is a job as the recorded list shows one.
func (d described) item(item any, find fields, base string, j job) any {
	d.label(item, fields{"find": find}, "/find", base, j)
	for p, want := range object(find, "/match") {
		want, _ := want.(string)
		fill(item, []string{p}, d.matched(want, j))
	}
	if created, ok := find["created"]; ok {
		at := d.show(j.Created)
		var written any = d.stamp(j.Created)
		switch word(find, "/created/as") {
		case "unix":
			written = at.Unix()
		case "unix_ms":
			written = at.UnixMilli()
		}
		fill(item, pointers(created), written)
	}
	return item
}

// matched is what a list shows at a place where something of the request stands.
func (d described) matched(want string, j job) any {
	var sent any
	if json.Unmarshal(j.Body, &sent) != nil {
		return nil
	}
	switch want {
	case "{reference}":
		return j.Reference
	case "{callback}":
		if j.Webhook == "" {
			return nil
		}
		return j.Webhook
	case "{job}":
		return j.ID
	case "{body}":
		return sent
	}
	pointer, _ := strings.CutSuffix(strings.TrimPrefix(want, "{request:"), "}")
	v, _ := at(sent, pointer)
	return v
}

// cancel stops a job that runs.
func (d described) cancel(c *call, to route) reply {
	j, refused := d.find(c, to)
	if refused != nil {
		return *refused
	}
	return d.change(j, to, "cancel", func(j *job) *refusal {
		if j.fate(d.now()) != running {
			return &refusal{status: http.StatusConflict, text: "The job is over."}
		}
		j.Cancelled = d.now()
		// Where there is no word for it, the job is taken off the list.
		words, _ := at(d.of(*j), "/poll/words/cancelled")
		list, _ := words.([]any)
		j.Gone = len(list) == 0
		return nil
	})
}

// remove deletes a finished video.
func (d described) remove(c *call, to route) reply {
	j, refused := d.find(c, to)
	if refused != nil {
		return *refused
	}
	return d.change(j, to, "delete", func(j *job) *refusal {
		if j.fate(d.now()) == running {
			return &refusal{status: http.StatusConflict, text: "The job is not over."}
		}
		j.Deleted, j.Gone = true, true
		return nil
	})
}

// change alters a job and answers as recorded.
func (d described) change(j job, to route, kind string, alter func(*job) *refusal) reply {
	_, refused, err := d.books.change(j.ID, alter)
	switch {
	case err != nil:
		return reply{fault: dropped}
	case refused != nil:
		return d.dialect().refusal(*refused)
	}
	body, status, ok := d.recording(kind, to.operation, 0, "")
	if !ok {
		return reply{status: http.StatusNoContent}
	}
	return reply{status: status, body: body}
}

// balance answers with what the account has left.
func (d described) balance(_ *call, _ route) reply {
	body, status, ok := d.recording("balance", "", 0, "")
	if !ok {
		return d.dialect().refuse(http.StatusNotImplemented, "no balance is recorded")
	}
	if left, limited := d.books.balance(account{provider: d.name}, d.now()); limited {
		amount, _ := at(d.doc, "/money/balance/amount")
		fill(body, pointers(amount), left.String())
	}
	return reply{status: status, body: body}
}

// notice is the webhook of a job, signed as the description says.
func (d described) notice(j job, kind noticeKind) notice {
	hook := object(d.doc, "/webhook")
	body, _, ok := d.recording("webhook", d.short(j), 0, "")
	// Only the vendor could sign with a private key.
	byVendor := word(hook, "/verify/scheme") == "ed25519" || strings.HasPrefix(d.options.WebhookSecret, "whpk_")
	if hook == nil || !ok || byVendor {
		return notice{}
	}
	secret := d.options.WebhookSecret
	switch kind {
	case forged:
		secret += " guessed"
	case stranger:
		j.ID = "d" + newID()
	case genuine:
	}
	fill(body, pointers(hook["job"]), j.ID)
	fill(body, pointers(hook["reference"]), j.Reference)
	if read := object(hook, "/read"); read != nil {
		told, _ := at(read, "/words/"+map[fate]string{succeeded: "succeeded", failed: "failed", cancelled: "cancelled", running: "running"}[j.fate(d.now())])
		if words, _ := told.([]any); len(words) > 0 {
			fill(body, pointers(read["status"]), words[0])
		}
		d.result(body, read, j.Base, j)
	}
	text := encode(body)
	return notice{body: text, header: signature(object(hook, "/verify"), secret, text, d.now())}
}

// signature signs a webhook.
func signature(verify fields, secret string, body []byte, now time.Time) http.Header {
	h := http.Header{}
	scheme := word(verify, "/scheme")
	signed := word(verify, "/signed")
	key := []byte(secret)
	stamp := strconv.FormatInt(now.Unix(), 10)
	name, prefix, encoding := word(verify, "/header"), word(verify, "/prefix"), word(verify, "/encoding")
	switch scheme {
	case "none":
		return h
	case "standard-webhooks":
		h.Set("Webhook-Id", "msg_"+newID())
		h.Set("Webhook-Timestamp", stamp)
		signed, name, prefix, encoding = "{header:webhook-id}.{header:webhook-timestamp}.{body}", "Webhook-Signature", "v1,", "base64"
		if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")); err == nil {
			key = raw
		}
	}
	if at := word(verify, "/timestamp/header"); at != "" {
		h.Set(at, stamp)
	}
	if signed == "" {
		signed = "{body}"
	}
	for header := range h {
		for _, spelling := range []string{header, strings.ToLower(header)} {
			signed = strings.ReplaceAll(signed, "{header:"+spelling+"}", h.Get(header))
		}
	}
	mac := hmac.New(map[string]func() stdhash.Hash{"sha512": sha512.New, "sha1": sha1.New, "sha256": sha256.New, "": sha256.New}[word(verify, "/hash")], key)
	_, _ = mac.Write([]byte(strings.ReplaceAll(signed, "{body}", string(body))))
	sum := hex.EncodeToString(mac.Sum(nil))
	if encoding == "base64" {
		sum = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	h.Set(name, prefix+sum)
	return h
}
