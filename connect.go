package reelmerge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// The simulator's file in the output folder, and the longest of its slow answers. A slow
// answer takes as long as ten videos, which would be minutes with slow videos.
const (
	sandboxFile = "sandbox.db"
	slowest     = 5 * time.Second
)

// client reaches the service for this campaign. It also holds what must be closed when the
// operation ends.
type client struct {
	provider providers.Provider
	links    linkClient
	folder   *download.Folder // nil when nothing is downloaded
	sandbox  *sandbox.Sandbox // nil when it is the real service
	hook     *hook            // nil when no webhooks are received
	session  string           // see sessionOf
}

// linkClient fetches addresses that a service or a sheet names.
type linkClient interface {
	download.Client
	Head(ctx context.Context, link string) (*http.Response, error)
}

// close ends webhooks first, so that none arrives while the rest is closed.
func (c *client) close() {
	c.hook.close()
	if c.folder != nil {
		c.folder.Close()
	}
	if c.sandbox != nil {
		c.sandbox.Close()
	}
}

// access returns the address of a paid service and the secrets for it. The embedded
// simulator needs no real ones.
func (c *Campaign) access() (providers.Config, error) {
	if c.file.Provider.Sandbox.On {
		return providers.Config{Token: "sandbox", WebhookSecret: "sandbox"}, nil
	}
	secrets, problems := c.file.Secrets(c.options.Getenv, readToken)
	if c.described != nil && !c.described.NeedsToken() {
		problems = slices.DeleteFunc(problems, func(p problem.Problem) bool { return p.Code == "CMP-TOKEN" })
	}
	if len(problems) > 0 {
		return providers.Config{}, refused(c.withTokenHint(problems))
	}
	if err := c.mustChoose(); err != nil {
		return providers.Config{}, err
	}
	header := http.Header{}
	for name, value := range secrets.Headers {
		header.Set(name, value.Reveal())
	}
	// Some services run on the customer's own machines and have no common address.
	if c.baseURL() == "" {
		return providers.Config{}, fail(Usage, fmt.Errorf("%s has no address of its own", c.service.Title), "set provider: base_url in the campaign")
	}
	return providers.Config{
		BaseURL: c.baseURL(), Token: secrets.Token.Reveal(), Header: header, WebhookSecret: secrets.Webhook.Reveal(),
		Paths: c.file.Provider.Paths,
	}, nil
}

// readToken reads the file of a token.
func readToken(path string) ([]byte, error) { return atomicfile.Read(path, mostToken) }

// withTokenHint adds to problems of the token where a person finds a token.
func (c *Campaign) withTokenHint(found problem.List) problem.List {
	for i := range found {
		if strings.HasPrefix(found[i].Pointer, "provider.token") {
			found[i].Hint += "; " + tokenHint(c.service)
		}
	}
	return found
}

// tokenHint says where a person finds the token of the service.
func tokenHint(s providers.Service) string { return "for the token, see: " + s.TokenHint }

// connectListening builds a client for a run, which receives webhooks as well.
func (c *Campaign) connectListening(ctx context.Context, config providers.Config) (*client, error) {
	h, err := c.openHook(ctx)
	if err != nil {
		return nil, err
	}
	client, err := c.connectTo(config, h)
	if err != nil {
		return nil, err
	}
	h.serve(client.provider, c.options.Log)
	switch {
	case h == nil:
	case h.receiver == nil:
		c.note("note: %s sends no webhooks; its jobs are polled", c.service.Title)
	// Without a secret anyone could claim that a video is finished.
	case config.WebhookSecret == "":
		c.note("note: without webhook: secret, a webhook is not believed; it only makes reelmerge ask at once")
	}
	return client, nil
}

// connect builds a client that asks about rows of the ledger; for the sandbox it starts the
// embedded simulator.
func (c *Campaign) connect(config providers.Config) (*client, error) {
	if err := c.mayAsk(); err != nil {
		return nil, err
	}
	return c.connectTo(config, nil)
}

// connectTo builds a client with a hook, or without one if h is nil. If it fails,
// everything that was opened is closed again.
func (c *Campaign) connectTo(config providers.Config, h *hook) (*client, error) {
	client := &client{hook: h}
	if c.file.Provider.Sandbox.On {
		sb, err := sandbox.New(c.simulator(config, h))
		if err != nil {
			client.close()
			return nil, c.noSimulator(err)
		}
		client.sandbox = sb
		config.BaseURL = sb.BaseURL(c.service.Name, "http://"+sandbox.DefaultAddress)
		config.Transport = sb.Transport()
	}
	if err := c.build(client, config); err != nil {
		client.close()
		return nil, err
	}
	return client, nil
}

// noSimulator is the error of a simulator that cannot start. A campaign that edits the videos
// of another one uses that one's simulator, which is there once it has run.
func (c *Campaign) noSimulator(err error) error {
	if state := c.file.Provider.Sandbox.State; state != "" && errors.Is(err, fs.ErrNotExist) {
		return fail(Usage, fmt.Errorf("provider: sandbox: state: %q is not there: no campaign has made videos on it", state),
			"run the campaign first whose videos this one uses")
	}
	return fail(Usage, err, "correct provider: sandbox in the campaign; reelmerge sandbox --help lists the faults")
}

// simulator says how the embedded simulator behaves. It has the client's webhook secret,
// and delivers webhooks to the local port of the hook instead of its public name.
func (c *Campaign) simulator(config providers.Config, h *hook) sandbox.Options {
	o := c.file.Provider.Sandbox
	deliver := c.deliveries()
	if _, chosen := deliver[c.webhookHost()]; h != nil && !chosen {
		deliver[c.webhookHost()] = h.address()
	}
	render := cmp.Or(o.Render, sandbox.DefaultRender)
	return sandbox.Options{
		State: c.sandboxState(), Render: render, Faults: o.Faults, Seed: o.Seed, Slow: min(10*render, slowest),
		PublicURL: "http://" + sandbox.DefaultAddress, WebhookSecret: config.WebhookSecret, Deliver: deliver,
		Described: c.played(),
	}
}

// sandboxState is the simulator's file: in the output folder, or that of another campaign
// whose videos are edited.
func (c *Campaign) sandboxState() string {
	return cmp.Or(c.file.File(c.file.Provider.Sandbox.State), c.path(sandboxFile))
}

// build makes the service's client, and the folder of videos if they are downloaded.
func (c *Campaign) build(to *client, config providers.Config) error {
	prices, err := readPrices(c.file.Prices)
	if err != nil {
		return fail(Usage, err, "")
	}
	config.Prices = prices
	to.session = sessionOf(config)
	if to.provider, err = c.service.New(config); err != nil {
		return fail(Usage, err, "see provider: in the campaign")
	}
	to.links = links(config, to.provider)
	if c.file.Output.Download {
		to.folder, err = download.New(c.path(videosFolder), to.links, download.Limits{})
	}
	if err != nil {
		return fail(Usage, err, "choose a folder that you may write under output: dir")
	}
	return nil
}

// credentialsOf writes what a request is sent with, to be hashed: equal credentials give the
// same text. Maps are printed in the order of their keys.
func credentialsOf(c providers.Config) string { return fmt.Sprintf("%s\x00%v", c.Token, c.Header) }

// sessionOf names the credentials of requests. A search for a lost row compares the name
// with that of the request: another account's list proves nothing. The name is too short
// to find the credentials by it.
func sessionOf(c providers.Config) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "reelmerge\x00%s", credentialsOf(c))
	return fmt.Sprintf("credentials %x", h.Sum(nil)[:4])
}

// links returns a client for the links of results. It reaches only the public network, or
// else only the simulator: a link from a service must not reach a machine in the user's
// own network.
func links(config providers.Config, provider providers.Provider) linkClient {
	if config.Transport != nil {
		return embedded{http.Client{Transport: config.Transport}}
	}
	var o publicnet.Options
	if unlocker, ok := providers.As[providers.Unlocker](provider); ok {
		o.Credentials = unlocker.Unlock
	}
	// A service on this machine, such as one that is played for a test, serves its
	// results here too.
	if u, err := url.Parse(config.BaseURL); err == nil && publicnet.IsLoopback(u.Hostname()) {
		o.Loopback = []string{u.Host}
	}
	return publicnet.New(o)
}

// embedded fetches the links of the embedded simulator.
type embedded struct{ http.Client }

// Get implements [download.Client].
func (e embedded) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, header)
	return e.Do(r)
}

// Head asks for the headers of a link only.
func (e embedded) Head(ctx context.Context, link string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, link, nil)
	if err != nil {
		return nil, err
	}
	return e.Do(r)
}

// files is the folder of videos. Without one it is a plain nil: a nil *Folder in an
// interface would not be nil.
func (c *client) files() engine.Files {
	if c.folder == nil {
		return nil
	}
	return refreshing{c.folder, c}
}

// balance says what the account has left; empty if the service does not tell.
func (c *client) balance(ctx context.Context) (string, error) {
	b, ok := providers.As[providers.Balancer](c.provider)
	if !ok {
		return "", nil
	}
	// The balance only informs; a question must not wait long for it.
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	amount, account, err := b.Balance(ctx)
	if err != nil {
		return "", err
	}
	return amount.Down().In(account.Unit), nil
}

// comparePrices stops a run whose plan was made with other prices than the service
// publishes now (SAM-$10), unless a person has accepted that.
func (c *client) comparePrices(ctx context.Context, accepted bool) error {
	checker, ok := providers.As[providers.PriceChecker](c.provider)
	if !ok || accepted {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	differences, err := checker.CheckPrices(ctx)
	if err != nil {
		return fail(Held, fmt.Errorf("compare prices: %w", err), "run again when the service answers, or add --accept-prices to do without")
	}
	if len(differences) == 0 {
		return nil
	}
	var lines []string
	for _, d := range differences {
		lines = append(lines, priceLine(d))
	}
	return fail(Held, fmt.Errorf("the service's prices are not those of the plan: %s; nothing was sent", strings.Join(lines, "; ")),
		"put the new prices into prices: table and plan again, or add --accept-prices")
}

// priceLine writes both prices with all their digits, so that a small difference can be
// seen.
func priceLine(d providers.PriceDifference) string {
	if d.Published == nil {
		return d.Name + " is not offered any more"
	}
	return fmt.Sprintf("%s costs %s %s a %s, and the plan has %s", d.Name, d.Published, d.Unit, d.Per, d.Planned)
}
