package reelmerge_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// claiming is a campaign of a service whose description claims a complete list, and maybe a
// key, of which the vendor says nothing.
func claiming(t *testing.T, o sandbox.Options, key string) *described {
	t.Helper()
	t.Setenv("REELMERGE_STATE", t.TempDir())
	d := newDescribed(t, o)
	d.edit("        find:", key+"        find:")
	d.edit(`stated: "acme.md: every clip of the account"`, "stated: a guess")
	text, err := os.ReadFile(filepath.Join(d.path, "acme.service.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	o.Described, o.State = [][]byte{text}, filepath.Join(t.TempDir(), "claims.db")
	if d.box, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.box.Close() })
	return d
}

const claimedKey = "        key: {in: header, name: Idempotency-Key, holds: 24h, in_progress: [409], stated: a guess}\n"

// prove proves the claims with the row of a key.
func (d *described) prove(o reelmerge.RunOptions) (proof *reelmerge.Proof, err error) {
	d.t.Helper()
	err = d.paying(o, func(ctx context.Context, c *reelmerge.Campaign, o reelmerge.RunOptions) (err error) {
		proof, _, err = c.Prove(ctx, o)
		return err
	})
	return proof, err
}

// TestProveSaysTheRightWord against a service that honours its key and lists its jobs, one
// that does not know the key, one whose list is behind for good, and one that loses every
// second answer. Where the key holds, one job is paid.
func TestProveSaysTheRightWord(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
		key, list declared.Finding
		bought    int
	}{
		"honours its key": {nil, declared.Holds, declared.Holds, 1},
		"ignores its key": {func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Idempotency-Key")
			return false
		}, declared.Ignored, declared.Holds, 2},
		"lists nothing new": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || r.URL.Path != "/acme/v2/clips" {
				return false
			}
			_, _ = w.Write([]byte(`{"clips":[]}`))
			return true
		}, declared.Holds, declared.NotShown, 1},
		"refuses the second": {func() func(http.ResponseWriter, *http.Request) bool {
			submits := 0
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost {
					submits++
				}
				if r.Method != http.MethodPost || submits != 2 {
					return false
				}
				http.Error(w, `{"error":{"text":"not twice"}}`, http.StatusBadRequest)
				return true
			}
		}(), declared.Unclear, declared.Holds, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := claiming(t, sandbox.Options{Render: 10 * time.Millisecond}, claimedKey)
			d.edit("settle: 5s", "settle: 100ms")
			if c.change != nil {
				d.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !c.change(w, r) {
						d.box.ServeHTTP(w, r)
					}
				})
			}
			proof, err := d.prove(d.trust())
			if err != nil || proof.Key != c.key || proof.List != c.list || proof.Held() != (c.key == declared.Holds && c.list == declared.Holds) {
				t.Errorf("%+v, %v, want %s and %s", proof, err, c.key, c.list)
			}
			bank, err := d.box.Bank()
			if err != nil || len(bank) != c.bought {
				t.Errorf("bought %d, want %d, %v", len(bank), c.bought, err)
			}
			d.believes(proof)
			if out, err := d.start(reelmerge.RunOptions{}); err != nil || out.Sent != 2 {
				t.Errorf("the other rows: %+v, %v", out, err)
			}
		})
	}
}

// believes checks that a plan offers to prove what is not proven yet, and nothing else.
func (d *described) believes(p *reelmerge.Proof) {
	d.t.Helper()
	said := ""
	c, err := d.openedWith(func(o *reelmerge.Options) { o.Note = func(text string) { said += text + "\n" } })
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Plan(d.t.Context(), reelmerge.PlanOptions{}); err != nil {
		d.t.Fatal(err)
	}
	for claim, shown := range map[string]bool{"repeated submits by their key": p.Key == declared.Holds, "list every job": p.List == declared.Holds} {
		if strings.Contains(said, claim) == shown {
			d.t.Errorf("proven %+v, and a plan says %q", p, said)
		}
	}
}

// TestWhatWasProvenSettlesLostAnswers, until the description changes: then the next lost
// answer is left to a person again.
func TestWhatWasProvenSettlesLostAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		changed bool
		bought  int
		cause   reelmerge.Cause
	}{
		"proven": {false, 3, reelmerge.Done}, "of another description": {true, 3, reelmerge.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			d := claiming(t, sandbox.Options{Render: 10 * time.Millisecond, Faults: "drop@3"}, "")
			d.edit("settle: 5s", "settle: 100ms")
			o := d.trust()
			o.Only = map[string]bool{"2": true}
			proof, err := d.prove(o)
			if err != nil || !proof.Held() {
				t.Fatalf("%+v, %v", proof, err)
			}
			if c.changed {
				d.edit("succeeded: [ready]", "succeeded: [ready, finished]")
			}
			trust := reelmerge.RunOptions{}
			if c.changed {
				trust = d.trust()
			}
			_, err = d.start(trust)
			d.want(err, reelmerge.Done, "")
			bank, err := d.box.Bank()
			out, again := d.start(reelmerge.RunOptions{})
			if err != nil || again != nil || out.Cause() != c.cause {
				t.Errorf("bought %d, %s, %v, %v", len(bank), out.Cause(), err, again)
			}
		})
	}
}
