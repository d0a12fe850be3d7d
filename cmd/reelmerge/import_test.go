package main

import (
	"context"
	"errors"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/databases"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/all"
)

// errKilled ends an import in the middle.
var errKilled = errors.New("killed")

// importing is a database whose import is killed at a moment.
type importing struct {
	reelmerge.Database
	moment string
}

func (d importing) Import(ctx context.Context, name string, from ledger.Store) error {
	if d.moment == "before the copy" {
		return errKilled
	}
	err := d.Database.(interface {
		Import(ctx context.Context, name string, from ledger.Store) error
	}).Import(ctx, name, from)
	if d.moment == "after the copy" {
		return errors.Join(err, errKilled)
	}
	return err
}

func (d importing) Finish(ctx context.Context, name string) error {
	if d.moment == "after the mark" || d.moment == "before the end" {
		return errKilled
	}
	return d.Database.(interface {
		Finish(ctx context.Context, name string) error
	}).Finish(ctx, name)
}

// TestAnImportThatIsKilledGoesOn: at each moment the rows can be sent from one place alone, and
// the import can be done again.
func TestAnImportThatIsKilledGoesOn(t *testing.T) {
	url := migrated(t)
	for _, moment := range []string{"before the copy", "after the copy", "after the mark", "before the end"} {
		t.Run(moment, func(t *testing.T) {
			r := newRig(t, 3, false)
			r.run("run", "rig.yaml").wants(t, exitDone, "")
			before := r.read("out/run.json")
			name := "store.ledger=" + moment
			open := func(killed string) *reelmerge.Campaign {
				c, err := reelmerge.Open(t.Context(), r.path("rig.yaml"), reelmerge.Options{
					Services: all.Services(), Store: url, Set: []string{name},
					Getenv: func(string) string { return "rig-token" },
					Databases: func(ctx context.Context, url string) (reelmerge.Database, error) {
						db, err := databases.Dial(ctx, url)
						return importing{db, killed}, err
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			if err := open(moment).Import(t.Context(), true); !errors.Is(err, errKilled) {
				t.Fatalf("the import ended with %v", err)
			}
			if moment == "after the mark" {
				r.write("out/run.json", before)
			}
			if _, err := open("").Run(t.Context(), reelmerge.RunOptions{Yes: true}); reelmerge.CauseOf(err) != reelmerge.BadLedger {
				t.Errorf("a run from the database: %v", err)
			}
			file := exitDone
			if moment == "after the mark" || moment == "before the end" {
				file = exitLedger
			}
			r.run("run", "rig.yaml").wants(t, file, "")
			for range 2 {
				if err := open("").Import(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}
			r.run("run", "rig.yaml").wants(t, exitLedger, "")
			out, err := open("").Run(t.Context(), reelmerge.RunOptions{Yes: true})
			if err != nil || out.Sent != 0 || out.Summary.States[ledger.Succeeded] != 3 || r.submits.Load() != 3 {
				t.Errorf("sent %d of %v, %d in all: %v", out.Sent, out.Summary.States, r.submits.Load(), err)
			}
		})
	}
}
