package declared

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
	"github.com/reelmerge/reelmerge/schema"
)

// Checker knows the rules and prices of an operation. It reaches no network, and is safe
// for concurrent use.
type Checker struct {
	d       *Description
	o       *Operation
	prices  providers.Prices
	request *schema.Schema
	rules   []condition
	when    []condition // of the lines of the price; the zero value always holds
	files   *upload.Library
}

// checker compiles the rules of an operation.
func (d *Description) checker(operation string, p providers.Prices) (*Checker, error) {
	o, known := d.operation(operation)
	if !known {
		return nil, fmt.Errorf("check %q: %s has no such operation", operation, d.Name)
	}
	_, short, _ := strings.Cut(operation, "/")
	request, err := d.compileRequest(short)
	if err != nil {
		return nil, err
	}
	c := &Checker{d: d, o: o, prices: p, request: request, files: &upload.Library{}}
	c.prices.Unit = cmp.Or(p.Unit, d.Money.Unit, "jobs")
	for _, r := range o.Rules {
		rule, err := compile(r.Must)
		if err != nil {
			return nil, fmt.Errorf("read rule %s: %w", r.Code, err)
		}
		c.rules = append(c.rules, rule)
	}
	for _, line := range o.Price {
		var when condition
		if line.When != "" {
			if when, err = compile(line.When); err != nil {
				return nil, fmt.Errorf("read price: %w", err)
			}
		}
		c.when = append(c.when, when)
	}
	return c, nil
}

// Lacks implements [providers.Selective].
func (c *Checker) Lacks(ability any) bool {
	switch ability.(type) {
	case *providers.Attacher:
		return len(c.o.Uploads) == 0
	case *providers.Measurer:
		return !c.measures()
	case *providers.Resembler:
		return !c.o.byContent()
	}
	return false
}

// Traits describes the operation. What the description leaves out is as careful as can be.
func (c *Checker) Traits() providers.Traits {
	l := c.d.Limits
	pace := c.o.Pace
	find := c.o.Submit.Lost.Find
	t := providers.Traits{
		Requests: providers.Window(l.Requests), Active: l.Active, HardActive: l.Active > 0 && l.ActiveIs == "the service's",
		FirstPoll: cmp.Or(time.Duration(pace.First), 10*time.Second), MaxPoll: cmp.Or(time.Duration(pace.Max), time.Minute),
		Deadline: cmp.Or(time.Duration(pace.Deadline), 24*time.Hour), Typical: time.Duration(pace.Typical),
		Echoes:      c.d.Webhook != nil && c.d.Webhook.Verify.Scheme != "none",
		CancelMeans: c.d.Title + " cannot stop a job.",
		Look:        c.o.Submit.Lost.Person.Look,
		GuessCost:   cmp.Or(c.o.Submit.Lost.Person.GuessCosts, "the same video a second time, paid twice"),
	}
	for _, r := range l.Submits {
		t.Submits = append(t.Submits, providers.Window(r))
	}
	if len(t.Submits) == 0 && t.Active == 0 {
		t.Submits = []providers.Window{{Count: 1, Per: time.Second}}
		t.Active = 4
	}
	t.MaxPoll = max(t.MaxPoll, t.FirstPoll)
	t.Deadline = max(t.Deadline, 2*t.MaxPoll)
	if c.o.Cancel != nil {
		t.CancelMeans = c.o.Cancel.Means
	}
	t.Links = c.links()
	if c.d.knowsKey(c.o) {
		t.KeyHolds = time.Duration(c.o.Submit.Lost.Key.Holds)
	}
	if find != nil {
		t.FindComplete = c.d.complete(c.o)
		t.Settle = time.Duration(find.Settle)
		t.FindByContent = c.o.byContent()
	}
	return t
}

// Check reports every rule that the request breaks.
func (c *Checker) Check(r providers.Request) (found problem.List) {
	request, err := decode(r.Body)
	if _, isObject := request.(map[string]any); err != nil || !isObject {
		return rest.ObjectProblem("see: reelmerge schema " + schema.NameOf(r.Operation))
	}
	for _, v := range c.request.Check(r.Body) {
		found = append(found, problem.Problem{
			Code: cmp.Or(v.Rule, "TPL-SCHEMA"), Place: problem.Place{Pointer: v.Pointer}, Value: v.Value, Message: v.Error(),
			Hint: cmp.Or(v.Hint, "see: reelmerge schema "+schema.NameOf(r.Operation)),
		})
	}
	for i, rule := range c.o.Rules {
		if c.rules[i].holds(request) {
			continue
		}
		p := problem.Problem{Code: rule.Code, Place: problem.Place{Pointer: rule.At}, Message: rule.Says, Hint: cmp.Or(rule.Hint, "correct the value")}
		if rule.At != "" {
			p.Value, _ = text(request, rule.At)
		}
		if rule.Warning {
			p.Severity = problem.Warning
		}
		found = append(found, p)
	}
	return append(found, c.unnamed(request)...)
}

// unnamed reports uploads that the request names no file for.
func (c *Checker) unnamed(request any) (found problem.List) {
	for _, u := range c.o.Uploads {
		if s, ok := text(request, u.At); !ok || strings.TrimSpace(s) == "" {
			found = append(found, problem.Problem{Code: "TPL-REQUEST", Place: problem.Place{Pointer: u.At}, Message: u.part() + " names no file",
				Hint: "write the path of a file, relative to the campaign file, or an https address"})
		}
	}
	return found
}

// Survey says of a template what is worth knowing once.
func (c *Checker) Survey(json.RawMessage) (found problem.List) {
	if life := time.Duration(c.expires()); life > 0 {
		found = append(found, problem.Problem{Severity: problem.Warning, Code: "SVC-EXPIRES",
			Message: fmt.Sprintf("the links of %s work for %s only", c.d.Title, lasting(life)), Hint: "let reelmerge keep the videos: output: {download: true}"})
	}
	if c.o.locked() {
		found = append(found, problem.Problem{Severity: problem.Warning, Code: "SVC-FETCH",
			Message: "the links of " + c.d.Title + " open with your token alone", Hint: "let reelmerge fetch the videos, and put them where people can see them: output: {download: true}"})
	}
	if asOf, err := time.Parse(time.DateOnly, c.d.AsOf); err == nil && time.Since(asOf) > stale {
		found = append(found, problem.Problem{Severity: problem.Warning, Code: "SVC-OLD",
			Message: fmt.Sprintf("the description of %s is of %s", c.d.Title, c.d.AsOf), Hint: "compare it with its sources, and write today's date"})
	}
	return found
}

// links is what the description says of the links to videos.
func (c *Checker) links() (l providers.Links) {
	if w := c.d.Webhook; w != nil && w.Read != nil && w.Read.Result.ShareURL != nil {
		l.Page = providers.PageByWebhook
	}
	for _, r := range c.o.reads() {
		if r.Result.ShareURL != nil {
			l.Page = providers.PageAlways
		}
		l.Lasts = max(l.Lasts, time.Duration(r.Result.Expires))
		l.Renewed = l.Renewed || r.Result.RenewedBy == "poll"
	}
	l.Expire = l.Lasts > 0 || l.Renewed
	return l
}

// expires is how long the addresses of results work, where nothing renews them.
func (c *Checker) expires() (life Duration) {
	for _, r := range c.o.reads() {
		if r.Result.RenewedBy != "poll" && r.Result.Expires > 0 {
			life = r.Result.Expires
		}
	}
	return life
}

func lasting(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 1 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}

// Resemblance is the request itself: a search by content sees all of it.
func (c *Checker) Resemblance(r providers.Request) string { return string(r.Body) }

// Account is the token's.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: c.d.Name, Unit: c.prices.Unit}
}
