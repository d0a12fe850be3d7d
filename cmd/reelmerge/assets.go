package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// assetsFlags are the flags of assets.
type assetsFlags struct {
	campaign string
	sandbox  bool
	maxAge   time.Duration
}

func (a *app) assetsCommand() *cobra.Command {
	var f assetsFlags
	c := &cobra.Command{
		Use:   "assets PROVIDER [KIND]",
		Short: "List the voices, avatars, models or fonts that the account can use",
		Long: `List the voices, avatars, models or fonts that the account can use. It spends nothing.

The token comes from the campaign, or from the environment variable PROVIDER_TOKEN,
such as COLOSSYAN_TOKEN. Without KIND it says which kinds there are.`,
		Example: "  reelmerge assets colossyan voices\n  reelmerge assets colossyan avatars --campaign campaign.yaml --json",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.assetsOf(args[0], f)
			if err != nil {
				return err
			}
			return a.assets(c.Context(), s, strings.Join(args[1:], ""), f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.campaign, "campaign", "", "take address and credentials from this campaign `file`")
	flags.BoolVar(&f.sandbox, "sandbox", false, "ask the embedded simulator: no key")
	flags.DurationVar(&f.maxAge, "max-age", time.Hour, "the `age` that a kept list may have; 0 asks again")
	return c
}

// assetsOf finds the service, and whose account is asked.
func (a *app) assetsOf(name string, f assetsFlags) (*setup, error) {
	service, known := all.Find(name)
	if !known {
		var names []string
		for _, s := range all.Services() {
			names = append(names, s.Name)
		}
		return nil, fail(exitUsage, fmt.Errorf("there is no service %q", name), "use one of: "+strings.Join(names, ", "))
	}
	s := &setup{Campaign: &campaign.Campaign{Path: "environment"}, service: service}
	if f.campaign != "" {
		loaded, problems := campaign.Load(f.campaign, nil)
		if loaded == nil {
			return nil, a.refuse(problems)
		}
		s.Campaign = loaded
	}
	if other := s.Provider.Name; other != "" && other != name {
		return nil, fail(exitUsage, fmt.Errorf("%s is a campaign of %q, not of %q", f.campaign, other, name), "reelmerge assets "+other+", or another campaign")
	}
	s.Provider.Name = name
	s.Provider.Sandbox.On = s.Provider.Sandbox.On || f.sandbox
	return s, nil
}

// assetList is what an account can use of one kind, and since when we know.
type assetList struct {
	Provider string            `json:"provider"`
	Kind     string            `json:"kind"`
	AsOf     time.Time         `json:"as_of"`
	Assets   []providers.Asset `json:"assets"`
}

func (a *app) assets(ctx context.Context, s *setup, kind string, f assetsFlags) error {
	catalogue, err := a.openCatalogue(s, f.maxAge)
	if err != nil {
		return err
	}
	defer catalogue.close()
	kinds := catalogue.lister.Kinds()
	switch {
	case kind == "" && a.json:
		return a.printJSON(map[string]any{"provider": s.service.Name, "kinds": kinds})
	case kind == "":
		for _, k := range kinds {
			fmt.Fprintln(a.out, wording.Clean(k))
		}
		return nil
	case !slices.Contains(kinds, kind):
		return fail(exitUsage, fmt.Errorf("%s lists no %q", s.service.Title, kind), "its kinds are: "+strings.Join(kinds, ", "))
	}
	list, err := catalogue.list(ctx, kind)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(list)
	}
	if age := time.Since(list.AsOf).Round(time.Minute); age > 0 {
		a.say("as of %s, %v ago; --max-age 0 asks again", list.AsOf.Local().Format("15:04"), age)
	}
	return a.printAssets(list.Assets)
}

func (a *app) printAssets(assets []providers.Asset) error {
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tLABEL\tDETAILS")
	for _, asset := range assets {
		var details []string
		for _, name := range slices.Sorted(maps.Keys(asset.Details)) {
			details = append(details, name+": "+asset.Details[name])
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", wording.Clean(asset.Name), wording.Clean(asset.Label), wording.Clean(strings.Join(details, "; ")))
	}
	return table.Flush()
}

// catalogue asks a service what an account can use. Nothing that costs money can
// be reached through it (invariant L13).
type catalogue struct {
	provider string
	lister   providers.Lister
	cache    string // the folder of kept lists; empty: none are kept
	account  string // names the account in the cache, and is not its token
	maxAge   time.Duration
	sandbox  *sandbox.Sandbox // nil when it is the real service
}

func (a *app) openCatalogue(s *setup, maxAge time.Duration) (*catalogue, error) {
	config, err := a.access(s)
	if err != nil {
		return nil, err
	}
	c := &catalogue{provider: s.service.Name, maxAge: maxAge}
	if s.Provider.Sandbox.On {
		if c.sandbox, err = sandbox.New(sandbox.Options{}); err != nil {
			return nil, fail(exitBug, err, "")
		}
		config.BaseURL, config.Transport = c.sandbox.BaseURL(s.service.Name, "http://"+sandboxAddress), c.sandbox.Transport()
	} else {
		c.account = accountName(config)
		c.cache = cacheFolder()
	}
	config.Transport = readOnly(config.Transport)
	provider, err := s.service.New(config)
	lister, ok := provider.(providers.Lister)
	switch {
	case err != nil:
		c.close()
		return nil, fail(exitUsage, err, "see provider: in the campaign")
	case !ok:
		c.close()
		return nil, fail(exitUsage, fmt.Errorf("%s has no lists to ask for", s.service.Title), "copy what you need from its own pages")
	}
	c.lister = lister
	return c, nil
}

func (c *catalogue) close() {
	if c.sandbox != nil {
		c.sandbox.Close()
	}
}

// list answers from the cache while that is young enough. A cache that cannot be
// read or written costs a call, no more.
func (c *catalogue) list(ctx context.Context, kind string) (assetList, error) {
	path := ""
	if c.cache != "" {
		path = filepath.Join(c.cache, fmt.Sprintf("%s-%s-%s.json", c.provider, kind, c.account))
		if kept, ok := readKept(path, c.maxAge); ok {
			return kept, nil
		}
	}
	assets, err := c.lister.Assets(ctx, kind)
	if err != nil {
		return assetList{}, unlisted(err)
	}
	list := assetList{Provider: c.provider, Kind: kind, AsOf: time.Now().UTC(), Assets: append([]providers.Asset{}, assets...)}
	if path != "" {
		keep(path, list)
	}
	return list, nil
}

func unlisted(err error) error {
	if providers.KindOf(err) == providers.Auth {
		return fail(exitHeld, err, "the service refuses the token: see provider: token in the campaign")
	}
	return fail(exitHeld, err, "try again later")
}

func readKept(path string, maxAge time.Duration) (list assetList, ok bool) {
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &list) != nil {
		return list, false
	}
	age := time.Since(list.AsOf)
	return list, age >= 0 && age < maxAge
}

func keep(path string, list assetList) {
	data, err := json.Marshal(list)
	if err == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = atomicfile.WriteFile(path, data)
	}
}

// cacheFolder is where lists are kept, empty where there is no place for them.
func cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "reelmerge", "assets")
}

// accountName tells accounts apart without naming their token (invariant L9).
func accountName(c providers.Config) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\x00%s\x00", c.BaseURL, c.Token)
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		fmt.Fprintf(&text, "%s\x00%q\x00", name, c.Header[name])
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:8])
}

// readOnly lets requests pass that only read: what checks something must not be
// able to buy it, whatever mistake is made above (invariant L13).
func readOnly(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 60 * time.Second,
			ForceAttemptHTTP2:     true,
		}
	}
	return reader{next}
}

type reader struct{ next http.RoundTripper }

// errReadsOnly is returned for a request that would change something.
var errReadsOnly = errors.New("this command only reads")

// RoundTrip implements [http.RoundTripper].
func (r reader) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errReadsOnly} // which says that nothing was sent
	}
	return r.next.RoundTrip(request)
}
