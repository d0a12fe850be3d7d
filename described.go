package reelmerge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// serviceFile is what a paid campaign knows of its described service, beside the ledger.
const serviceFile = "service.json"

// mostService is the largest such file that is read.
const mostService = 1 << 20

// trusted is the content of that file.
type trusted struct {
	Hash      string    `json:"hash"`
	Canonical string    `json:"canonical"` // what decides where money goes
	At        time.Time `json:"at"`        // when a person said that it may be used
}

// describeService adds the service of provider: file.
func (c *Campaign) describeService() {
	path := c.file.Provider.File
	if path == "" {
		return
	}
	services, _, found := WithService(c.options.Services, c.file.File(path))
	for i := range found {
		if found[i].Code == "CMP-PROVIDER" {
			found[i].File = c.file.Path
		}
	}
	c.found = append(c.found, onlyErrors(found)...)
	if !found.HasErrors() {
		c.options.Services = services
	}
}

// WithService adds the service that a file describes. It takes no name of a service that is
// written in Go, and one that comes with the program only with the same hosts: a token that
// is meant for them would go elsewhere.
func WithService(services []providers.Service, path string) ([]providers.Service, providers.Service, problem.List) {
	d, found := declared.Load(path)
	if d == nil {
		return nil, providers.Service{}, found
	}
	others := slices.Clone(services)
	if i := slices.IndexFunc(others, func(s providers.Service) bool { return s.Name == d.Name }); i >= 0 {
		wrong := problem.Problem{Code: "CMP-PROVIDER", Place: problem.Place{File: path}, Value: d.Name}
		known, isDescribed := others[i].Described.(*declared.Description)
		if !isDescribed {
			wrong.Message = fmt.Sprintf("%s describes a service called %q, which reelmerge knows without a file", filepath.Base(path), d.Name)
			wrong.Hint = "give it another name, or take provider: file out"
			return nil, providers.Service{}, append(found, wrong)
		}
		if more := known.Elsewhere(d); len(more) > 0 {
			wrong.Message = fmt.Sprintf("%s describes %s with other hosts than reelmerge knows: %s", filepath.Base(path), known.Title, strings.Join(more, ", "))
			wrong.Hint = "give it another name, or take those hosts out"
			return nil, providers.Service{}, append(found, wrong)
		}
		others = slices.Delete(others, i, i+1)
	}
	service := d.Listed()
	return append(others, service), service, found
}

// choose puts the settings of the campaign into a service that is described.
func (c *Campaign) choose(s providers.Service) (providers.Service, bool) {
	settings := maps.Clone(c.file.Provider.Settings)
	d, isDescribed := s.Described.(*declared.Description)
	test := c.file.Provider.Test && !c.simulated()
	switch {
	case !isDescribed && len(settings) > 0:
		c.wrong("CMP-PROVIDER", c.file.Path, "", s.Title+" has no settings", "take provider: settings out")
		return s, false
	case test && (!isDescribed || d.Test == nil):
		c.wrong("CMP-PROVIDER", c.file.Path, "", s.Title+" has no test mode that reelmerge knows", "try it on the simulator instead: --sandbox")
		return s, false
	case !isDescribed:
		return s, true
	case test:
		d = d.ForTest()
	}
	if c.simulated() {
		d = d.Played()
		settings = orElse(settings, d.Missing(settings), "http://"+sandbox.DefaultAddress+"/files/{job}.mp4")
	}
	chosen, err := d.Service(settings)
	if err != nil {
		c.wrong("CMP-PROVIDER", c.file.Path, "", err.Error(), "see provider: settings")
		return s, false
	}
	c.described = d
	return chosen, true
}

// orElse fills in what a person would have to choose, such as where his own servers put the
// videos: the simulator has them in one place.
func orElse(settings map[string]string, missing []string, value string) map[string]string {
	if settings == nil {
		settings = map[string]string{}
	}
	for _, name := range missing {
		settings[name] = value
	}
	return settings
}

// Setting is what a campaign of a described service must choose before it pays.
type Setting struct{ Name, Hint string }

// Settings lists what a campaign of a service must choose before it pays.
func Settings(s providers.Service) (list []Setting) {
	d, isDescribed := s.Described.(*declared.Description)
	if !isDescribed {
		return nil
	}
	for _, name := range d.Missing(nil) {
		list = append(list, Setting{name, d.Settings[name].Hint})
	}
	return list
}

// mustChoose refuses to pay before a person has chosen what the description wants to know.
func (c *Campaign) mustChoose() error {
	if c.described == nil {
		return nil
	}
	for _, name := range c.described.Missing(c.file.Provider.Settings) {
		return fail(Usage, fmt.Errorf("%s wants to know %s", c.service.Title, c.described.Settings[name].Hint), fmt.Sprintf("add it to the campaign: provider: {settings: {%s: …}}", name))
	}
	return nil
}

// Played are the descriptions of services, which the simulator plays.
func Played(services []providers.Service) (texts [][]byte) {
	for _, s := range services {
		if d, isDescribed := s.Described.(*declared.Description); isDescribed {
			texts = append(texts, d.Text())
		}
	}
	return texts
}

// played are the descriptions that a simulator plays for the campaign.
func (c *Campaign) played() [][]byte {
	return Played([]providers.Service{c.service})
}

// onlyErrors leaves out warnings: the author of a campaign need not have written the
// description. What concerns him too is said by the checker of the service.
func onlyErrors(all problem.List) (found problem.List) {
	for _, p := range all {
		if p.IsError() {
			found = append(found, p)
		}
	}
	return found
}

// mayTrust is what keeps a run of a described service from sending and from asking: that it
// has ended, that it is another one than the rows on their way were sent to, and that no
// person has said yet that the token may go there.
func (c *Campaign) mayTrust(ctx context.Context, store ledger.Store, o RunOptions) error {
	d := c.described
	if d == nil || c.simulated() {
		return nil
	}
	if d.Ended(time.Now()) {
		return fail(Usage, fmt.Errorf("%s ended on %s; nothing was sent", d.Title, d.Sunset), "use another service, or correct sunset: in its description")
	}
	before, err := c.readTrusted()
	if err != nil {
		return err
	}
	if before != nil && before.Hash == d.Hash() {
		return nil
	}
	if !o.AcceptService {
		if err := c.sameService(ctx, store, before); err != nil {
			return err
		}
	}
	if err := c.askTrust(ctx, o.TrustService); err != nil {
		return err
	}
	return c.writeTrusted()
}

// connectOpen is [Campaign.connect] for what asks about rows that are being made or not
// known.
func (c *Campaign) connectOpen(ctx context.Context, store ledger.Store, config providers.Config) (*client, error) {
	if c.described != nil && !c.simulated() {
		before, err := c.readTrusted()
		if err != nil {
			return nil, err
		}
		if err := c.sameService(ctx, store, before); err != nil {
			return nil, err
		}
	}
	return c.connect(config)
}

// mayAsk keeps the token from a service of a file that no person has trusted as it is
// described now. A run asks about it; to stop, adopt or delete a job is not the moment.
func (c *Campaign) mayAsk() error {
	d := c.described
	if c.file.Provider.File == "" || c.simulated() {
		return nil
	}
	before, err := c.readTrusted()
	switch {
	case err != nil:
		return err
	case before == nil:
		return fail(Usage, fmt.Errorf("no person has said yet that %s may be used; nothing was asked", d.Title), "a run shows where its token goes, and asks")
	case before.Hash != d.Hash():
		return c.otherwiseDescribed(before, "it was used")
	}
	return nil
}

// otherwiseDescribed says that a description is not what it was.
func (c *Campaign) otherwiseDescribed(before *trusted, since string) error {
	return fail(Held, fmt.Errorf("the description of %s changed after %s; nothing was sent or asked:\n%s",
		c.service.Title, since, difference(before.Canonical, string(c.described.Canonical()))),
		"take the change back, or add --accept-service to a run if the service still knows those jobs")
}

// sameService refuses a description that has changed while rows are being made, or not
// known: their jobs would be asked for in other words, or sent again under another key.
func (c *Campaign) sameService(ctx context.Context, store ledger.Store, before *trusted) error {
	if before == nil || before.Hash == c.described.Hash() {
		return nil
	}
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Intended, ledger.Unsure, ledger.Submitted}}) {
		if err != nil {
			return ledgerFailure(err)
		}
		return c.otherwiseDescribed(before, fmt.Sprintf("row %d, and maybe others, was sent", e.Row))
	}
	return nil
}

// difference lists the lines that two texts do not share.
func difference(before, now string) string {
	a, b := strings.Split(before, "\n"), strings.Split(now, "\n")
	var lines []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			lines = append(lines, "  - "+strings.TrimSpace(line))
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			lines = append(lines, "  + "+strings.TrimSpace(line))
		}
	}
	const most = 12
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("  … and %d more lines", len(lines)-most))
	}
	return strings.Join(lines, "\n")
}

// trustDigits is how much of a hash is enough to name it.
const trustDigits = 12

// askTrust shows where the token would go, and asks, unless the hash was given or the
// description came with the program.
func (c *Campaign) askTrust(ctx context.Context, given string) error {
	d := c.described
	if c.file.Provider.File == "" {
		return nil
	}
	hash := d.Hash()
	if given != "" {
		if len(given) >= trustDigits && strings.HasPrefix(hash, strings.ToLower(given)) {
			return nil
		}
		return fail(Usage, fmt.Errorf("--trust-service names another description; that of %s has the hash %s; nothing was sent", d.Title, hash[:trustDigits]), "look at it: "+shownProvider(c))
	}
	text := fmt.Sprintf("%s is described by %s: the token goes to %s; hash %s", d.Title, c.file.Provider.File, strings.Join(d.Hosts, ", "), hash[:trustDigits])
	if d.MadeUp() {
		text += "; its recorded answers are made up"
	}
	q := Question{About: Service, Text: text + ". May it be used?", Otherwise: "nothing was sent; look at it: " + shownProvider(c)}
	if c.person() {
		return c.agree(ctx, q)
	}
	return &Error{Cause: Usage, Err: errors.New(text), Question: &q, Hint: "if that is right, add --trust-service " + hash[:trustDigits]}
}

func shownProvider(c *Campaign) string { return "reelmerge provider show " + c.file.Provider.File }

// readTrusted reads what was trusted before; nil when nothing was.
func (c *Campaign) readTrusted() (*trusted, error) {
	data, err := atomicfile.Read(c.path(serviceFile), mostService)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing is known yet, which is no error
	}
	var before trusted
	if err == nil {
		err = json.Unmarshal(data, &before)
	}
	if err != nil {
		return nil, fail(BadLedger, fmt.Errorf("read %s: %w", serviceFile, err), "delete it if no row is being made; the description is then asked about again")
	}
	return &before, nil
}

// writeTrusted keeps what was trusted. The ledger is held meanwhile.
func (c *Campaign) writeTrusted() error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	if err := e.Encode(trusted{Hash: c.described.Hash(), Canonical: string(c.described.Canonical()), At: time.Now().UTC()}); err != nil {
		return fail(Bug, err, "")
	}
	if err := atomicfile.WriteFile(c.path(serviceFile), text.Bytes()); err != nil {
		return fail(Usage, fmt.Errorf("write %s: %w", serviceFile, err), "choose a folder that you may write under output: dir")
	}
	return nil
}
