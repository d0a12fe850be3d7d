package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/internal/account"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// provenFile holds what paid jobs have shown of an account's described services.
const provenFile = "proven.json"

// provenDocument is that file.
type provenDocument struct {
	Version    int                       `json:"version"`
	Operations map[string]declared.Proof `json:"operations"` // by their full names
}

// Proof is what one paid job showed of the claims of a description.
type Proof struct {
	Operation string `json:"operation"`
	declared.Proof
	Kept string `json:"kept"` // the file that remembers it
}

// Held reports whether every claim was shown to be true.
func (p *Proof) Held() bool {
	return (p.Key == declared.Unclaimed || p.Key == declared.Holds) && (p.List == declared.Unclaimed || p.List == declared.Holds)
}

// Prove pays for one row, as a run does, and shows with it what the description of the
// service claims: it sends the request again under the same key, and looks for the job in
// the list at once. The account remembers what was shown. The row is bought like any other.
func (c *Campaign) Prove(ctx context.Context, o RunOptions) (*Proof, *Outcome, error) {
	if err := c.mayProve(); err != nil {
		return nil, nil, err
	}
	proving, probe := c.described.Proving(ctx)
	service, err := proving.Service(c.file.Provider.Settings)
	if err != nil {
		return nil, nil, fail(Usage, err, "see provider: settings")
	}
	c.service = service
	c.warnOfTwo()
	o.Limit = 1
	out, failed := c.Run(ctx, o)
	shown, done := probe.Proof()
	if !done {
		if failed == nil {
			failed = fail(Undecided, errors.New("no job was made, so nothing is proven"), "name a row that is still to be sent with --row; "+c.Command("status")+" shows what became of the others")
		}
		return nil, out, failed
	}
	proof := &Proof{Operation: c.template.Operation, Proof: shown}
	return proof, out, errors.Join(failed, c.remember(proof))
}

// mayProve refuses a service that claims nothing, and one whose jobs prove nothing.
func (c *Campaign) mayProve() error {
	switch {
	case c.described == nil:
		return fail(Usage, fmt.Errorf("%s is no service that is described by a file: there is nothing to prove", c.service.Title), "")
	case c.simulated():
		return fail(Usage, errors.New("the simulator does what the description says, so it proves nothing"), "prove it with one paid video: leave --sandbox out")
	case c.IsTest():
		return fail(Usage, errors.New("a job of the test mode proves nothing of paid ones"), "prove it with one paid video: leave the test mode out")
	case !c.described.Provable(c.template.Operation):
		return fail(Usage, fmt.Errorf("%s neither knows our key nor lists its jobs, as far as is described: there is nothing to prove", c.service.Title), "")
	}
	return nil
}

// warnOfTwo says before anything is paid that the second send may be paid as well.
func (c *Campaign) warnOfTwo() {
	if c.described.HasKey(c.template.Operation) {
		c.note("one video is made, and asked for a second time under the same key; if %s does not know the key, it makes two and charges both", c.service.Title)
	}
}

// remember keeps a proof for the account.
func (c *Campaign) remember(p *Proof) error {
	a, err := c.account(account.Open)
	if err == nil && a == nil {
		err = errors.New("there is no state folder")
	}
	if err == nil {
		var known provenDocument
		p.Kept = a.Path(provenFile)
		err = a.Update(provenFile, &known, func() {
			known.Version = 1
			if known.Operations == nil {
				known.Operations = map[string]declared.Proof{}
			}
			known.Operations[p.Operation] = p.Proof
		})
	}
	if err != nil {
		return fail(BadRows, fmt.Errorf("keep what was shown: %w", err), "set REELMERGE_STATE to a folder that you may write; the video is in the ledger")
	}
	return nil
}

// believe has the description know what was proven on this account.
func (c *Campaign) believe() error {
	if c.described == nil || c.IsTest() {
		return nil
	}
	a, err := c.account(account.Find)
	if err != nil || a == nil {
		return nil //nolint:nilerr // without an account nothing is proven, and a run says what is wrong
	}
	var known provenDocument
	if err := a.Read(provenFile, &known); err != nil {
		c.note("note: what was proven of %s is not used: %v", c.service.Title, err)
		return nil
	}
	c.described = c.described.Proven(known.Operations)
	c.service, err = c.described.Service(c.file.Provider.Settings)
	return err
}

// noteUnproven says what one paid video could show.
func (c *Campaign) noteUnproven() {
	if c.described == nil || c.IsTest() {
		return
	}
	if claims := c.described.Unproven(c.template.Operation); len(claims) > 0 {
		c.note("note: %s may %s, which would settle lost answers without a person; try it with one video: %s",
			c.service.Title, strings.Join(claims, " and "), c.Command("provider prove"))
	}
}
