package declared

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// stale is the age at which a description is said to be old.
const stale = 180 * 24 * time.Hour

// checker holds a description to the rules that a schema cannot say.
type checker struct {
	d        *Description
	document *document
	found    problem.List
}

// add notes a problem at a place of the description.
func (c *checker) add(code, pointer, message, hint string) {
	place := c.document.place(pointer)
	place.Pointer = pointer
	c.found = append(c.found, problem.Problem{Code: code, Place: place, Message: message, Hint: hint})
}

// warn notes a problem that keeps nothing back.
func (c *checker) warn(code, pointer, message, hint string) {
	c.add(code, pointer, message, hint)
	c.found[len(c.found)-1].Severity = problem.Warning
}

// all checks the whole description.
func (c *checker) all() {
	c.head()
	c.auth()
	c.test()
	for _, name := range slices.Sorted(maps.Keys(c.d.Operations)) {
		o := operationChecker{c, c.d.Operations[name], name, "/operations/" + schema.PointerPart(name)}
		o.all()
	}
	if b := c.d.Money.Balance; b != nil {
		c.call(b.Call, "/money/balance/call", "setting")
		c.shown("/money/balance/amount", b.Amount.At, "balance", "", 0)
	}
	for _, kind := range slices.Sorted(maps.Keys(c.d.Assets)) {
		c.listing(c.d.Assets[kind], "/assets/"+kind, "assets")
	}
	if w := c.d.Webhook; w != nil {
		c.webhook(w)
	}
	for i, r := range c.d.Recordings {
		if _, known := c.d.Operations[r.Operation]; r.Operation != "" && !known {
			c.add("SVC-RECORDING", fmt.Sprintf("/recordings/%d/operation", i), fmt.Sprintf("there is no operation %q", r.Operation), "write one of operations")
		}
	}
}

// head checks dates and hosts.
func (c *checker) head() {
	if asOf, err := time.Parse(time.DateOnly, c.d.AsOf); err == nil && time.Since(asOf) > stale {
		c.warn("SVC-OLD", "/as_of", "the description is more than 180 days old", "compare it with its sources, and write today's date")
	}
	if c.d.Ended(time.Now()) {
		c.warn("SVC-SUNSET", "/sunset", fmt.Sprintf("%s ended on %s; nothing is sent to it", c.d.Title, c.d.Sunset), "use another service, or correct the date")
	}
	c.holes(c.d.BaseURL, "/base_url", "setting")
	c.hosted(c.d.BaseURL.source, "/base_url")
	if c.d.BaseURL.source == "" && !slices.Contains(c.d.Hosts, "{base}") {
		c.add("SVC-HOSTS", "/hosts", "without base_url, the campaign names the address, and no host is known", `write "{base}" into hosts`)
	}
	for name, s := range c.d.Headers {
		c.holes(s, "/headers/"+schema.PointerPart(name), "setting")
	}
}

// test checks that the test mode changes something that there is.
func (c *checker) test() {
	if c.d.Test == nil {
		return
	}
	for name := range c.d.Test.Settings {
		if !c.hasSetting(name) {
			c.add("SVC-TEST", "/test/settings/"+name, fmt.Sprintf("there is no setting %q", name), wording.NearestOr(name, slices.Sorted(maps.Keys(c.d.Settings)), "add it under settings"))
		}
	}
	for pointer := range c.d.Test.Fixed {
		if !isPointer.MatchString(pointer) {
			c.add("SVC-TEST", "/test/fixed/"+schema.PointerPart(pointer), "this is no pointer into the request", "write it as /test")
		}
	}
}

// hosted checks that an address of the description is among its hosts.
func (c *checker) hosted(address, pointer string) {
	if address == "" {
		return
	}
	u, err := url.Parse(holes.ReplaceAllString(address, "x"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		c.add("SVC-HOSTS", pointer, "this is no web address without a query", "write it as https://api.example.com/v1")
		return
	}
	if !c.d.mayHave(u.Host, "") && !slices.Contains(c.d.Hosts, "{base}") {
		c.add("SVC-HOSTS", pointer, fmt.Sprintf("%s is not among hosts, so the token would not go there", u.Host), "add it to hosts")
	}
}

// auth checks that the scheme has what it needs.
func (c *checker) auth() {
	a := c.d.Auth
	for name, t := range map[string]Text{"value": a.Value, "user": a.User, "password": a.Password} {
		c.holes(t, "/auth/"+name, "token", "setting")
	}
	switch {
	case a.Scheme == "header" && a.Header == "":
		c.add("SVC-AUTH", "/auth", "the scheme header needs the name of a header", "add header: X-Api-Key")
	case a.Scheme == "query" && a.Name == "":
		c.add("SVC-AUTH", "/auth", "the scheme query needs the name of a parameter", "add name: key")
	case a.Scheme == "basic" && !a.User.has("token") && !a.Password.has("token"):
		c.add("SVC-AUTH", "/auth", "neither user nor password has {token} in it", `add user: "{token}"`)
	case a.Scheme == "header" && a.Value.source != "" && !a.Value.has("token"):
		c.add("SVC-AUTH", "/auth/value", "the value has no {token} in it", `write it as "Key {token}"`)
	}
}

// call checks the texts of a call: which holes can be filled depends on what it is for.
func (c *checker) call(call Call, pointer string, may ...string) {
	c.holes(call.Path, pointer+"/path", append(slices.Clone(may), "setting")...)
	for name, t := range call.Query {
		c.holes(t, pointer+"/query/"+schema.PointerPart(name), append(slices.Clone(may), "setting")...)
	}
	for name, t := range call.Headers {
		c.holes(t, pointer+"/headers/"+schema.PointerPart(name), append(slices.Clone(may), "setting")...)
	}
	c.holes(call.Base, pointer+"/base", "setting")
	c.hosted(call.Base.source, pointer+"/base")
	if call.URL == "" && call.Path.source == "" {
		c.add("SVC-CALL", pointer+"/path", "the call has neither a path nor a url", "write the path below base_url")
	}
}

// everyHole lists the holes that exist, for hints.
func everyHole() []string {
	return []string{"job", "result", "reference", "callback", "key", "token", "cursor", "offset", "page", "since", "body", "request", "take", "setting", "header", "name", "value"}
}

// holes checks that each hole of a text exists and can be filled there.
func (c *checker) holes(t Text, pointer string, may ...string) {
	for _, p := range t.pieces {
		written := "{" + p.hole + "}"
		switch {
		case p.hole == "":
			if strings.ContainsAny(p.text, "{}") && pointer != "/auth/value" {
				c.add("SVC-HOLE", pointer, fmt.Sprintf("%q has a brace that is no hole", t.source), "write holes as {job}")
			}
		case !slices.Contains(everyHole(), p.hole):
			c.add("SVC-HOLE", pointer, fmt.Sprintf("there is no hole %s", written), wording.NearestOr(p.hole, everyHole(), "the holes here are: "+listOf(may)))
		case !slices.Contains(may, p.hole):
			c.add("SVC-HOLE", pointer, fmt.Sprintf("there is nothing for %s here", written), "the holes here are: "+listOf(may))
		case p.hole == "setting" && !c.hasSetting(p.of):
			c.add("SVC-HOLE", pointer, fmt.Sprintf("there is no setting %q", p.of), wording.NearestOr(p.of, slices.Sorted(maps.Keys(c.d.Settings)), "add it under settings"))
		case (p.hole == "request" || p.hole == "take") && !isPointer.MatchString(p.of):
			c.add("SVC-HOLE", pointer, fmt.Sprintf("%q is no pointer into the request", p.of), "write it as {request:/title}")
		}
	}
}

var isPointer = regexp.MustCompile(`^(/([^~/]|~0|~1)*)+$`)

func (c *checker) hasSetting(name string) bool {
	_, known := c.d.Settings[name]
	return known
}

func listOf(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	return "{" + strings.Join(names, "}, {") + "}"
}

// listing checks a list of things with names: it reads, and a recording shows it.
func (c *checker) listing(l Listing, at, call string, may ...string) {
	c.call(l.Call, at+"/call", append(may, "cursor", "offset", "page")...)
	if l.Call.Method != "GET" {
		c.add("SVC-CALL", at+"/call/method", "a list is read with GET", "write method: GET")
	}
	named := false
	for _, r := range c.d.Recordings {
		if body, err := decode(r.Body); err == nil && r.Call == call && (r.Kind == "" || strings.HasSuffix(at, "/"+r.Kind)) {
			for _, item := range listed(body, l.Items) {
				named = named || len(l.named(item)) > 0
			}
		}
	}
	if !named {
		c.add("SVC-POINTER", at+"/name", fmt.Sprintf("no recording of %s shows an item with such a name", call), "compare items and name with the recording")
	}
}

// webhook checks how webhooks are read.
func (c *checker) webhook(w *Webhook) {
	c.holes(w.Verify.Signed, "/webhook/verify/signed", "body", "header")
	if s := w.Verify.Scheme; (s == "hmac" || s == "ed25519") && w.Verify.Header == "" {
		c.add("SVC-WEBHOOK", "/webhook/verify", "the scheme "+s+" needs the header that has the signature", "add header: X-Signature")
	}
	if w.Verify.Signed.source != "" && !w.Verify.Signed.has("body") {
		c.add("SVC-WEBHOOK", "/webhook/verify/signed", "the body is not signed, so a webhook could say anything", "write {body} into signed")
	}
	for _, p := range w.Verify.Signed.pieces {
		if p.hole == "body" && p.of != "" && p.of != "sha256" {
			c.add("SVC-WEBHOOK", "/webhook/verify/signed", fmt.Sprintf("the body is not known as %q", p.of), "write {body} or {body:sha256}")
		}
	}
	c.shown("/webhook/job", w.Job, "webhook", "", 0)
}

// Ended reports whether the vendor has ended the service by a day.
func (d *Description) Ended(now time.Time) bool {
	return d.Sunset != "" && now.UTC().Format(time.DateOnly) >= d.Sunset
}
