package declared

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// client speaks to a described service with one account. It is safe for concurrent use.
type client struct {
	d        *Description
	rest     *rest.Client
	settings map[string]string
	base     string // without a slash at the end
	host     string // of base, with its port
	here     bool   // base is on this machine: a simulator, or a server of the user's own
	secret   []byte // of the references in addresses of webhooks; empty: none
	proof    []byte // what webhooks are checked with: the same, or the vendor's public key
	query    url.Values
	secrets  http.Header // with the token

	elsewhere *publicnet.Client // see [elsewhere]

	mu        sync.Mutex
	files     map[string]kept              // that were put before their submits
	templates map[string][]providers.Asset // variables of saved templates, by the address of the question
}

// client returns a client. It refuses an address that the description does not name:
// the token would go there.
func (d *Description) client(c providers.Config, settings map[string]string) (providers.Provider, error) {
	if c.Token == "" && d.Auth.Scheme != "none" {
		return nil, fmt.Errorf("connect to %s: the token is empty", d.Name)
	}
	if c.BaseURL == "" {
		base, err := d.base(settings)
		if err != nil {
			return nil, fmt.Errorf("connect to %s: %w", d.Name, err)
		}
		c.BaseURL = base
	}
	made := &client{d: d, settings: settings, base: strings.TrimRight(c.BaseURL, "/"), secret: []byte(c.WebhookSecret), proof: []byte(c.WebhookSecret), query: url.Values{}}
	if w := d.Webhook; w != nil && c.WebhookSecret != "" && w.Verify.public(made.proof) {
		// A public key keeps no reference from being exchanged: everybody has it.
		own := sha256.Sum256([]byte("reelmerge webhook\x00" + c.Token))
		made.secret = own[:]
	}
	if u, err := url.Parse(c.BaseURL); err == nil {
		made.host = u.Host
		made.here = publicnet.IsLoopback(u.Hostname())
	}
	made.elsewhere = elsewhere(c, made.host, made.here)
	if !made.here && !d.mayHave(made.host, made.host) {
		return nil, fmt.Errorf("connect to %s: %q is not among its hosts, and the token goes nowhere else", d.Name, made.host)
	}
	credentials, err := made.credentials(c.Token)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", d.Name, err)
	}
	made.secrets = credentials
	made.rest, err = rest.New(c, rest.Options{Credentials: credentials, SubmitTimeout: d.timeout()})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", d.Name, err)
	}
	return made, nil
}

// timeout is the longest that an answer to a submit may take; zero leaves it to the
// plumbing.
func (d *Description) timeout() (longest time.Duration) {
	for _, o := range d.Operations {
		longest = max(longest, time.Duration(o.Submit.Timeout))
	}
	return longest
}

// credentials are the headers that carry the token, and those that every call has.
func (c *client) credentials(token string) (http.Header, error) {
	h := http.Header{}
	v := values{token: token, settings: c.settings}
	for name, t := range c.d.Headers {
		s, err := t.fill(v, plain)
		if err != nil {
			return nil, err
		}
		h.Set(name, s)
	}
	a := c.d.Auth
	switch a.Scheme {
	case "bearer":
		h.Set("Authorization", "Bearer "+token)
	case "header":
		s, err := a.Value.fill(v, plain)
		if err != nil {
			return nil, err
		}
		h.Set(a.Header, cmp.Or(s, token))
	case "basic":
		user, err := a.User.fill(v, plain)
		if err != nil {
			return nil, err
		}
		password, err := a.Password.fill(v, plain)
		if err != nil {
			return nil, err
		}
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	case "query":
		c.query.Set(a.Name, token)
	}
	return h, nil
}

// Lacks implements [providers.Selective].
func (c *client) Lacks(ability any) bool {
	can := func(has func(*Operation) bool) bool {
		for _, o := range c.d.Operations {
			if has(o) {
				return true
			}
		}
		return false
	}
	switch ability.(type) {
	case *providers.Keyed:
		return !can(func(o *Operation) bool { return o.Submit.Lost.Key != nil })
	case *providers.Finder:
		return !can(func(o *Operation) bool { return o.Submit.Lost.Find != nil })
	case *providers.Canceller:
		return !can(func(o *Operation) bool { return o.Cancel != nil })
	case *providers.Deleter:
		return !can(func(o *Operation) bool { return o.Delete != nil })
	case *providers.Notifier:
		return c.d.Webhook == nil
	case *providers.Balancer:
		return c.d.Money.Balance == nil
	case *providers.Lister:
		return len(c.d.Assets) == 0
	case *providers.Discoverer:
		return !can(func(o *Operation) bool { return o.discover() != nil })
	case *providers.Vetter:
		return !can(func(o *Operation) bool { return o.discover() != nil || o.Check != nil })
	case *providers.Unlocker:
		return !can((*Operation).locked)
	}
	return false
}

// locked reports whether the results of an operation open with the token alone.
func (o *Operation) locked() bool {
	return slices.ContainsFunc(o.reads(), func(r Read) bool { return r.Result.Fetch == "with token" })
}

// reads are all calls that say how a job is doing.
func (o *Operation) reads() []Read { return append([]Read{o.Poll}, o.Then...) }

// Unlock implements [providers.Unlocker].
func (c *client) Unlock(link *url.URL) http.Header {
	if _, err := c.told(link.String()); err != nil {
		return nil
	}
	return c.secrets
}

// call makes the request of a call.
func (c *client) call(name string, from Call, v values, more url.Values) (rest.Call, error) {
	v.settings = c.settings
	address, err := c.address(from, v, more)
	if err != nil {
		return rest.Call{}, err
	}
	made := rest.Call{Name: name, Method: from.Method, URL: address, Query: url.Values{}, Header: http.Header{}}
	for name, values := range c.query {
		made.Query[name] = values
	}
	for name, t := range from.Query {
		switch s, err := t.fill(v, plain); {
		case err == nil:
			made.Query.Set(name, s)
		case len(t.pieces) > 1: // a hole alone is a parameter that may be left out
			return rest.Call{}, err
		}
	}
	for name, t := range from.Headers {
		s, err := t.fill(v, plain)
		if err != nil {
			return rest.Call{}, err
		}
		made.Header.Set(name, s)
	}
	if from.Send != nil {
		made = made.JSON(from.Send)
	}
	return made, nil
}

// address is where a call goes. One that an answer named is held to the hosts of the
// description. On this machine all calls go to the one server there is, also those that
// lie elsewhere: their host becomes a part of the path.
func (c *client) address(from Call, v values, more url.Values) (string, error) {
	if from.URL != "" {
		return c.told(more.Get(strings.TrimPrefix(from.URL, "/")))
	}
	path, err := from.Path.fill(v, inPath)
	if err != nil || from.Base.source == "" {
		return c.base + path, err
	}
	base, err := from.Base.fill(v, inPath)
	if err == nil && c.here {
		return c.base + "/-/" + strings.TrimPrefix(base, "https://") + path, nil
	}
	return strings.TrimRight(base, "/") + path, err
}

// errNoAddress is returned for a call that goes to an address which the ticket lacks.
var errNoAddress = errors.New("the service named no address for it")

// told is an address that the service named.
func (c *client) told(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return "", errNoAddress
	case err != nil || u.Host == "" || u.User != nil:
		return "", errors.New("what the service named is no address")
	case u.Host == c.host && (u.Scheme == "https" || c.here):
		return address, nil
	case u.Scheme != "https" || !c.d.mayHave(u.Host, ""):
		return "", fmt.Errorf("the service names the host %q, which is not among its hosts, and the token goes nowhere else", u.Host)
	}
	return address, nil
}

// exchange makes a call and decodes its answer. A body beside an error is decoded as well:
// some services say there that a job failed.
func (c *client) exchange(ctx context.Context, call rest.Call) (answered, rest.Answer, error) {
	answer, err := c.rest.Do(ctx, call)
	answer.Rate = c.rate(answer)
	a := answered{header: answer.Header}
	body, bad := decode(answer.Body)
	if bad == nil {
		a.body = body
	}
	switch {
	case err != nil:
		return a, answer, c.meaning(err, a, answer, call)
	case bad != nil && len(answer.Body) > 0:
		return a, answer, c.rest.Misunderstood(call, answer, "the answer is not JSON")
	}
	return a, answer, c.enveloped(a, answer, call)
}

// rate reads how many calls are left where the service's headers have names of their own.
func (c *client) rate(a rest.Answer) providers.RateHint {
	h := c.d.Limits.Headers
	if h == nil || a.Header == nil {
		return a.Rate
	}
	own := http.Header{}
	own.Set("RateLimit-Remaining", a.Header.Get(h.Remaining))
	own.Set("RateLimit-Reset", a.Header.Get(h.Reset))
	return rest.Hint(own, a.Server)
}

// meaning gives a refusal the kind that the description says.
func (c *client) meaning(err error, a answered, answer rest.Answer, call rest.Call) error {
	e, ok := err.(*providers.Error) //nolint:errorlint // rest returns this type itself
	if !ok || answer.Status == 0 {
		return err
	}
	e.Rate = answer.Rate
	if kind, known := c.d.Answers[fmt.Sprint(answer.Status)]; known {
		e.Kind = kindOf(kind, call.Paid)
	} else if kind, known := c.d.Answers[fmt.Sprintf("%dxx", answer.Status/100)]; known {
		e.Kind = kindOf(kind, call.Paid)
	}
	if said := c.d.Message.text(a.body); said != "" {
		e.Message = c.rest.Clean(said, call.Private...)
	}
	return e
}

// kindOf translates the kind that a description gives. A submit that is being worked on
// already has happened, as far as anybody knows.
func kindOf(name string, paid bool) providers.Kind {
	for k := providers.Unknown; k <= providers.Contract; k++ {
		if k.String() == name {
			return k
		}
	}
	if paid {
		return providers.Unknown
	}
	return providers.Transient
}

// enveloped finds a refusal inside an answer of 2xx.
func (c *client) enveloped(a answered, answer rest.Answer, call rest.Call) error {
	e := c.d.Envelope
	if e == nil || e.OK == nil || a.body == nil {
		return nil
	}
	want, _ := scalar(e.OK.Is)
	if got, ok := text(a.body, e.OK.At); ok && got == want {
		return nil
	}
	code, _ := text(a.body, e.Code)
	kind := providers.Unknown
	if name, known := e.Codes[code]; known && e.Code != "" {
		kind = kindOf(name, call.Paid)
	}
	said := cmp.Or(c.d.Message.text(a.body), "the service refuses it, and does not say why")
	return &providers.Error{Kind: kind, Call: call.Name, Status: answer.Status, Rate: answer.Rate, Message: c.rest.Clean(said, call.Private...)}
}

// packed keeps the further texts of a ticket together with the service's second id: a
// ledger keeps two texts of a job.
func packed(result string, more url.Values) string {
	if len(more) == 0 {
		return result
	}
	if result != "" {
		more.Set("", result)
	}
	return more.Encode()
}

// unpacked takes apart what packed made.
func (o *Operation) unpacked(t job.Ticket) (result string, more url.Values) {
	if len(o.Submit.Ticket.More) == 0 {
		return t.Result, nil
	}
	more, err := url.ParseQuery(t.Result)
	if err != nil {
		return "", nil
	}
	return more.Get(""), more
}

// oneOf reports whether a status is among some.
func oneOf(status int, some []int) bool { return slices.Contains(some, status) }
