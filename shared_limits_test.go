package reelmerge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// campaigns are two campaigns of one account at a server, in a state folder of their own.
type campaigns struct {
	*described
	state string
	hash  string // of the description
	token string // empty: that of the tests
	said  strings.Builder
	mu    sync.Mutex
}

func newCampaigns(t *testing.T, rows int, limits string) *campaigns {
	t.Helper()
	c := &campaigns{described: newDescribed(t, sandbox.Options{Render: 200 * time.Millisecond}), state: t.TempDir()}
	c.hash = c.trust().TrustService
	for _, name := range []string{"a", "b"} {
		sheet := "id,name\n"
		for i := range rows {
			sheet += fmt.Sprintf("%d,%s %d\n", i, name, i)
		}
		c.write(name+".csv", sheet)
		c.write(name+".yaml", "rows: {file: "+name+".csv, key: id}\ntemplate: t.json\nlimits: "+limits+"\noutput: {dir: out-"+name+", download: false}\n"+
			"provider: {file: acme.service.yaml, token: \"${ACME}\", base_url: "+c.server.URL+"/acme}\n")
	}
	return c
}

func (c *campaigns) openAs(name string) *reelmerge.Campaign {
	c.t.Helper()
	opened, err := reelmerge.Open(c.t.Context(), filepath.Join(c.path, name+".yaml"), reelmerge.Options{
		Services: all.Services(),
		Getenv: func(v string) string {
			switch {
			case v == "REELMERGE_STATE":
				return c.state
			case v == "ACME" && c.token != "":
				return c.token
			}
			return variables(v)
		},
		Note: func(text string) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.said.WriteString(text + "\n")
		},
	})
	if err != nil {
		c.t.Error(err)
	}
	return opened
}

// run runs a campaign to its end, or until a time is over.
func (c *campaigns) run(name string, until time.Duration) error {
	campaign := c.openAs(name)
	defer campaign.Close()
	ctx := c.t.Context()
	if until > 0 {
		short, cancel := context.WithTimeout(ctx, until)
		defer cancel()
		ctx = short
	}
	_, err := campaign.Run(ctx, reelmerge.RunOptions{TrustService: c.hash, Yes: true, NewLedger: true})
	return err
}

// most is the largest number of jobs that the service accepted in any span of a length.
func (c *campaigns) most(span time.Duration) (all, most int) {
	lines, err := c.box.Bank()
	if err != nil {
		c.t.Fatal(err)
	}
	var at []time.Time
	for _, l := range lines {
		at = append(at, l.Time)
	}
	slices.SortFunc(at, time.Time.Compare)
	first := 0
	for last := range at {
		for at[last].Sub(at[first]) >= span {
			first++
		}
		most = max(most, last-first+1)
	}
	return len(at), most
}

// TestCampaignsOfOneAccountShareItsLimits, at once and with a restart, through the files of
// the state folder.
func TestCampaignsOfOneAccountShareItsLimits(t *testing.T) {
	c := newCampaigns(t, 15, "{submits: 10/s, active: 20, poll: {first: 50ms, max: 50ms}}")
	began := time.Now()
	var both sync.WaitGroup
	both.Go(func() {
		if err := c.run("a", 700*time.Millisecond); reelmerge.CauseOf(err) != reelmerge.Stopped && err != nil {
			t.Error(err)
		}
		if err := c.run("a", 0); err != nil {
			t.Error(err)
		}
	})
	both.Go(func() {
		if err := c.run("b", 0); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(1200 * time.Millisecond)
	if _, err := c.openAs("a").Status(t.Context(), false); err != nil {
		t.Error(err)
	}
	c.namesNoRow()
	both.Wait()
	if said := c.said.String(); !strings.Contains(said, "the account has 1 other campaign at work and ") {
		t.Errorf("status said %q", said)
	}
	jobs, most := c.most(time.Second)
	t.Logf("%d jobs in %s, at most %d a second", jobs, time.Since(began), most)
	if jobs != 30 || most > 10 {
		t.Errorf("%d jobs, %d within a second, of 10", jobs, most)
	}
}

// namesNoRow looks at the limits while jobs are open.
func (c *campaigns) namesNoRow() {
	c.t.Helper()
	found, err := filepath.Glob(filepath.Join(c.state, "accounts", "*", "limits.json"))
	if err != nil || len(found) != 1 {
		c.t.Fatalf("%v, %v", found, err)
	}
	if text := readAll(c.t, found[0]); strings.Contains(text, "secret") || strings.Contains(text, "a 1") || !strings.Contains(text, "purged-") {
		c.t.Errorf("the account's file says %s", text)
	}
}

// TestAStateFolderThatCannotBeWrittenIsANote, and the run goes on by its own count.
func TestAStateFolderThatCannotBeWrittenIsANote(t *testing.T) {
	c := newCampaigns(t, 2, "{submits: 50/s, poll: {first: 20ms, max: 20ms}}")
	if err := os.WriteFile(filepath.Join(c.state, "accounts"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.run("a", 0); err != nil {
		t.Error(err)
	}
	if jobs, _ := c.most(time.Second); jobs != 2 || !strings.Contains(c.said.String(), "limits are not shared with other campaigns") {
		t.Errorf("%d jobs, said %q", jobs, c.said.String())
	}
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestANewTokenIsOfTheSameAccountOrRefused: rows that were sent with one account mean nothing to
// another one.
func TestANewTokenIsOfTheSameAccountOrRefused(t *testing.T) {
	c := newCampaigns(t, 2, "{submits: 50/s, poll: {first: 20ms, max: 20ms}}")
	if err := c.run("a", 0); err != nil {
		t.Fatal(err)
	}
	c.token = "renewed"
	err := c.run("a", 0)
	refused, _ := errors.AsType[*reelmerge.Error](err)
	if refused == nil || refused.Cause != reelmerge.Usage || !strings.Contains(refused.Error(), "the token is another one") || !strings.Contains(refused.Hint, "--same-account") {
		t.Errorf("a new token: %v", err)
	}
	if err := c.run("b", 0); err != nil {
		t.Errorf("a campaign that has sent nothing: %v", err)
	}
	if _, err := c.openAs("a").Run(t.Context(), reelmerge.RunOptions{TrustService: c.hash, Yes: true, SameAccount: true}); err != nil {
		t.Error(err)
	}
	if err := c.run("a", 0); err != nil {
		t.Errorf("a yes is not remembered: %v", err)
	}
	if jobs, _ := c.most(time.Second); jobs != 4 {
		t.Errorf("%d jobs for four rows", jobs)
	}
}

// TestANamedAccountKeepsItsNameWithANewToken.
func TestANamedAccountKeepsItsNameWithANewToken(t *testing.T) {
	c := newCampaigns(t, 2, "{submits: 50/s, poll: {first: 20ms, max: 20ms}}")
	path := filepath.Join(c.path, "a.yaml")
	c.write("a.yaml", strings.Replace(readAll(t, path), "provider: {", "provider: {account: agency-2, ", 1))
	for _, token := range []string{"first", "second"} {
		c.token = token
		if err := c.run("a", 0); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(c.state, "accounts", "*", "limits.json")); len(found) != 1 {
		t.Errorf("one account has %d folders", len(found))
	}
	c.write("a.yaml", strings.Replace(readAll(t, path), "agency-2", "'agency 2'", 1))
	if _, err := reelmerge.Open(t.Context(), path, reelmerge.Options{Services: all.Services(), Getenv: variables}); err == nil || !strings.Contains(err.Error(), "provider.account") {
		t.Errorf("a name with a blank: %v", err)
	}
}
