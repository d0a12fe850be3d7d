package reelmerge

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
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// AssetList is a list of the assets of one kind that an account can use, and its time.
type AssetList struct {
	Provider string            `json:"provider"`
	Kind     string            `json:"kind"`
	AsOf     time.Time         `json:"as_of"`
	Assets   []providers.Asset `json:"assets"`
}

// Catalogue asks a service what an account can use. It cannot reach anything that costs
// money (invariant L13).
type Catalogue struct {
	service providers.Service
	lister  providers.Lister
	cache   string           // the folder of kept lists; empty: none are kept
	account string           // a name of the account for the cache, from which its token cannot be found
	sandbox *sandbox.Sandbox // nil when it is the real service
}

// OpenCatalogue opens the catalogue of a service by its name. Address and credentials are
// those of a campaign file, or of the environment if there is no path.
func OpenCatalogue(name, path string, o Options) (*Catalogue, error) {
	c := &Campaign{options: o.withDefaults(), file: &campaign.File{Path: "environment"}}
	if path != "" {
		file, problems := campaign.Load(path, o.Set)
		if file == nil {
			return nil, refused(problems)
		}
		c.file = file
		c.describeService()
	}
	service, known := c.options.service(name)
	if !known {
		var names []string
		for _, s := range c.options.Services {
			names = append(names, s.Name)
		}
		return nil, fail(Usage, fmt.Errorf("there is no service %q", name), "use one of: "+strings.Join(names, ", "))
	}
	if c.service, known = c.choose(service); !known {
		return nil, refused(c.found)
	}
	provider := &c.file.Provider
	if other := provider.Name; other != "" && other != name {
		return nil, fail(Usage, fmt.Errorf("%s is a campaign of %q, not of %q", path, other, name), "reelmerge assets "+other+", or another campaign")
	}
	provider.Name = name
	provider.Sandbox.On = provider.Sandbox.On || o.Sandbox
	return c.Catalogue()
}

// Catalogue opens the catalogue of the campaign's account. The caller closes it.
func (c *Campaign) Catalogue() (*Catalogue, error) {
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	if err := c.mayAsk(); err != nil {
		return nil, err
	}
	list := &Catalogue{service: c.service}
	if c.simulated() {
		if list.sandbox, err = sandbox.New(sandbox.Options{Described: c.played()}); err != nil {
			return nil, fail(Bug, err, "")
		}
		config.BaseURL = list.sandbox.BaseURL(c.service.Name, "http://"+sandbox.DefaultAddress)
		config.Transport = list.sandbox.Transport()
	} else {
		list.account = accountName(config)
		list.cache = cacheFolder()
	}
	// From here on the client cannot send anything but reads.
	config.Transport = readOnly(config.Transport)
	provider, err := c.service.New(config)
	lister, ok := providers.As[providers.Lister](provider)
	switch {
	case err != nil:
		list.Close()
		return nil, fail(Usage, err, "see provider: in the campaign")
	case !ok:
		list.Close()
		return nil, fail(Usage, fmt.Errorf("%s has no lists to ask for", c.service.Title), "copy what you need from its own pages")
	}
	list.lister = lister
	return list, nil
}

// Close ends the catalogue.
func (c *Catalogue) Close() {
	if c.sandbox != nil {
		c.sandbox.Close()
	}
}

// Kinds are what can be listed.
func (c *Catalogue) Kinds() []string { return c.lister.Kinds() }

// List lists the assets of a kind. A kept list is used if it is younger than age. A list
// that cannot be kept costs only another call later, so that is no error.
func (c *Catalogue) List(ctx context.Context, kind string, age time.Duration) (AssetList, error) {
	if kinds := c.Kinds(); !slices.Contains(kinds, kind) {
		return AssetList{}, fail(Usage, fmt.Errorf("%s lists no %q", c.service.Title, kind), "its kinds are: "+strings.Join(kinds, ", "))
	}
	path := ""
	if c.cache != "" {
		path = filepath.Join(c.cache, fmt.Sprintf("%s-%s-%s.json", c.service.Name, kind, c.account))
		if kept, ok := readKept(path, age); ok {
			return kept, nil
		}
	}
	assets, err := c.lister.Assets(ctx, kind)
	if err != nil {
		return AssetList{}, c.unlisted(err)
	}
	list := AssetList{Provider: c.service.Name, Kind: kind, AsOf: time.Now().UTC(), Assets: append([]providers.Asset{}, assets...)}
	if path != "" {
		keep(path, list)
	}
	return list, nil
}

// unlisted gives the failure of a list its cure.
func (c *Catalogue) unlisted(err error) error {
	if providers.KindOf(err) == providers.Auth {
		return fail(Held, err, "the service refuses the token: see provider: token in the campaign; "+tokenHint(c.service))
	}
	return fail(Held, err, "try again later")
}

// readKept reads a kept list, if it is young enough. A list from the future shows a wrong
// clock, and is not used.
func readKept(path string, maxAge time.Duration) (list AssetList, ok bool) {
	data, err := atomicfile.Read(path, mostStatus)
	if err != nil || json.Unmarshal(data, &list) != nil {
		return list, false
	}
	age := time.Since(list.AsOf)
	return list, age >= 0 && age < maxAge
}

// keep writes a list into the cache, where that is possible.
func keep(path string, list AssetList) {
	data, err := json.Marshal(list)
	if err == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = atomicfile.WriteFile(path, data)
	}
}

// cacheFolder is the folder of kept lists, empty if the system has none.
func cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "reelmerge", "assets")
}

// accountName tells accounts apart by a short hash of their credentials, from which these
// cannot be found (invariant L9).
func accountName(c providers.Config) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\x00%s\x00", c.BaseURL, c.Token)
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		fmt.Fprintf(&text, "%s\x00%q\x00", name, c.Header[name])
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:8])
}

// readOnly passes only requests that read. A check must not be able to buy anything,
// whatever mistake is made above (invariant L13).
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
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errReadsOnly} // an error of dialling: nothing was sent
	}
	return r.next.RoundTrip(request)
}
