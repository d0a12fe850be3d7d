package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// The embedded simulator's links lead to where `reelmerge sandbox` listens by
// default, so that they can be served later as well.
const (
	sandboxAddress = "127.0.0.1:8787"
	sandboxFile    = "sandbox.db"
	defaultRender  = 200 * time.Millisecond
	slowest        = 5 * time.Second // of the embedded simulator's slow answers, which take as long as ten videos
)

// client is the service as this campaign reaches it.
type client struct {
	provider providers.Provider
	links    linkClient
	folder   *download.Folder // nil when nothing is downloaded
	sandbox  *sandbox.Sandbox // nil when it is the real service
	hook     *hook            // nil when no webhooks are received
	session  string           // see sessionOf
}

// linkClient fetches what a service, or a sheet, names.
type linkClient interface {
	download.Client
	Head(ctx context.Context, link string) (*http.Response, error)
}

func (c *client) close() {
	c.hook.close()
	if c.folder != nil {
		c.folder.Close()
	}
	if c.sandbox != nil {
		c.sandbox.Close()
	}
}

// access is what a paid service needs to be reached: its address and the
// resolved secrets. The embedded simulator needs none.
func (a *app) access(s *setup) (providers.Config, error) {
	if s.Provider.Sandbox.On {
		return providers.Config{Token: "sandbox", WebhookSecret: "sandbox"}, nil
	}
	secrets, problems := s.Secrets(os.Getenv, os.ReadFile)
	if len(problems) > 0 {
		return providers.Config{}, a.refuse(problems)
	}
	header := http.Header{}
	for name, value := range secrets.Headers {
		header.Set(name, value.Reveal())
	}
	if s.baseURL() == "" {
		return providers.Config{}, fail(exitUsage, fmt.Errorf("%s has no address of its own", s.service.Title), "set provider: base_url in the campaign")
	}
	return providers.Config{
		BaseURL: s.baseURL(), Token: secrets.Token.Reveal(), Header: header, WebhookSecret: secrets.Webhook.Reveal(),
		Paths: s.Provider.Paths,
	}, nil
}

// connectListening builds a client for a run, which receives webhooks as well.
func (a *app) connectListening(ctx context.Context, s *setup, config providers.Config) (*client, error) {
	h, err := s.openHook(ctx)
	if err != nil {
		return nil, err
	}
	c, err := a.connectTo(s, config, h)
	if err != nil {
		return nil, err
	}
	h.serve(c.provider)
	switch {
	case h == nil:
	case h.receiver == nil:
		a.say("note: %s sends no webhooks; its jobs are polled", s.service.Title)
	case config.WebhookSecret == "":
		a.say("note: without webhook: secret, a webhook is no more than a reason to ask at once")
	}
	return c, nil
}

// connect builds a client; for the sandbox it starts the embedded simulator.
func (a *app) connect(s *setup, config providers.Config) (*client, error) {
	return a.connectTo(s, config, nil)
}

func (a *app) connectTo(s *setup, config providers.Config, h *hook) (*client, error) {
	c := &client{hook: h}
	if s.Provider.Sandbox.On {
		sb, err := sandbox.New(s.simulator(config, h))
		if err != nil {
			c.close()
			return nil, fail(exitUsage, err, "correct provider: sandbox in the campaign; reelmerge sandbox --help lists the faults")
		}
		c.sandbox = sb
		config.BaseURL, config.Transport = sb.BaseURL(s.service.Name, "http://"+sandboxAddress), sb.Transport()
	}
	if err := s.build(c, config); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// simulator says how the embedded simulator behaves. It holds the same webhook
// secret as the client, and knows what stands for the public name of the hook.
func (s *setup) simulator(config providers.Config, h *hook) sandbox.Options {
	o := s.Provider.Sandbox
	deliver := s.deliveries()
	if _, chosen := deliver[s.webhookHost()]; h != nil && !chosen {
		deliver[s.webhookHost()] = h.address()
	}
	render := cmp.Or(o.Render, defaultRender)
	return sandbox.Options{
		State: s.sandboxState(), Render: render, Faults: o.Faults, Seed: o.Seed, Slow: min(10*render, slowest),
		PublicURL: "http://" + sandboxAddress, WebhookSecret: config.WebhookSecret, Deliver: deliver,
	}
}

// sandboxState is the simulator's file: one in the output folder, or that of
// another campaign, whose videos are there to be edited.
func (s *setup) sandboxState() string {
	return cmp.Or(s.File(s.Provider.Sandbox.State), s.path(sandboxFile))
}

func (s *setup) build(c *client, config providers.Config) error {
	prices, err := readPrices(s.Prices)
	if err != nil {
		return fail(exitUsage, err, "")
	}
	config.Prices, c.session = prices, sessionOf(config)
	if c.provider, err = s.service.New(config); err != nil {
		return fail(exitUsage, err, "see provider: in the campaign")
	}
	c.links = links(config)
	if s.Output.Download {
		c.folder, err = download.New(s.path(videosFolder), c.links, download.Limits{})
	}
	if err != nil {
		return fail(exitUsage, err, "choose a folder that you may write under output: dir")
	}
	return nil
}

// sessionOf names the credentials that requests are sent with. A search for a lost
// row asks whether it goes by the same. The name is too short to find the
// credentials by it.
func sessionOf(c providers.Config) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "reelmerge\x00%s\x00%v", c.Token, c.Header) // maps are printed in the order of their keys
	return fmt.Sprintf("credentials %x", h.Sum(nil)[:4])
}

// links is how results are fetched: from the public network alone, or from the
// simulator that is asked for them.
func links(config providers.Config) linkClient {
	if config.Transport != nil {
		return embedded{http.Client{Transport: config.Transport}}
	}
	var o publicnet.Options
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

// files is the folder of videos, or nothing: a nil folder is no engine.Files.
func (c *client) files() engine.Files {
	if c.folder == nil {
		return nil
	}
	return refreshing{c.folder, c}
}

// balance is what the account has left, for people; empty when nobody says.
func (c *client) balance(ctx context.Context) string {
	b, ok := c.provider.(providers.Balancer)
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	amount, account, err := b.Balance(ctx)
	if err != nil {
		return "not known: " + err.Error()
	}
	return amount.In(account.Unit)
}

// comparePrices stops a run whose plan was made with other prices than the
// service publishes now (SAM-$10), until a person accepts that.
func (c *client) comparePrices(ctx context.Context, accepted bool) error {
	checker, ok := c.provider.(providers.PriceChecker)
	if !ok || accepted {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	differences, err := checker.CheckPrices(ctx)
	if err != nil {
		return fail(exitHeld, fmt.Errorf("compare prices: %w", err), "run again when the service answers, or add --accept-prices to do without")
	}
	if len(differences) == 0 {
		return nil
	}
	var lines []string
	for _, d := range differences {
		lines = append(lines, priceLine(d))
	}
	return fail(exitHeld, fmt.Errorf("the service's prices are not those of the plan: %s; nothing was sent", strings.Join(lines, "; ")),
		"put the new prices into prices: table and plan again, or add --accept-prices")
}

func priceLine(d providers.PriceDifference) string {
	if d.Published == nil {
		return d.Name + " is not offered any more"
	}
	return fmt.Sprintf("%s costs %s %s a %s, planned were %s", d.Name, d.Published.Grouped(), d.Unit, d.Per, d.Planned.Grouped())
}
