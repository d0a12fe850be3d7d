package declared

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// Finding is what one paid job showed of a claim of a description.
type Finding string

// The findings. The zero value says that the description claims nothing.
const (
	Unclaimed Finding = ""
	Holds     Finding = "holds"     // the service knew the submit again; or its list shows the new job
	Ignored   Finding = "ignored"   // the service made a second job under the same key
	NotShown  Finding = "not shown" // the list did not show the new job
	Unclear   Finding = "not known" // the service answered neither yes nor no
)

// Proof is what one paid job showed. It holds for the description with that hash, on the
// account that paid.
type Proof struct {
	At   time.Time `json:"at"`
	Hash string    `json:"hash"` // see [Description.Hash]
	Job  string    `json:"job"`
	// Second is the job that the service made instead of knowing the first one again.
	Second string  `json:"second,omitempty"`
	Key    Finding `json:"key,omitempty"`
	List   Finding `json:"list,omitempty"`
	Why    string  `json:"why,omitempty"` // where something is not known
}

// Proven returns the description on an account for which claims were proven, by the full
// names of operations. A proof of another description counts for nothing.
func (d *Description) Proven(proofs map[string]Proof) *Description {
	proven := *d
	proven.Operations = maps.Clone(d.Operations)
	for name, o := range d.Operations {
		p, known := proofs[d.Name+"/"+name]
		if !known || p.Hash != d.Hash() {
			continue
		}
		own := *o
		own.proof = p
		proven.Operations[name] = &own
	}
	return &proven
}

// Unproven lists the claims of an operation that neither the vendor states nor a proof
// shows, in words for people.
func (d *Description) Unproven(operation string) (claims []string) {
	o, known := d.operation(operation)
	if !known {
		return nil
	}
	if k := o.Submit.Lost.Key; k != nil && !d.knowsKey(o) {
		claims = append(claims, "know repeated submits by their key")
	}
	if f := o.Submit.Lost.Find; f != nil && f.Complete && !d.complete(o) {
		claims = append(claims, "list every job")
	}
	return claims
}

// Provable reports whether an operation claims something that one paid job can show.
func (d *Description) Provable(operation string) bool {
	o, known := d.operation(operation)
	return known && (o.Submit.Lost.Key != nil || o.Submit.Lost.Find != nil)
}

// HasKey reports whether the submits of an operation carry a key.
func (d *Description) HasKey(operation string) bool {
	o, known := d.operation(operation)
	return known && o.Submit.Lost.Key != nil
}

// places reports whether files are put before the submit: their places, and so its bytes,
// are other ones each time.
func (o *Operation) places() bool {
	return slices.ContainsFunc(o.Uploads, func(u Upload) bool { return u.How == "before" })
}

// knowsKey reports whether a submit may be sent again under its key: the vendor says so, or
// it was proven. The simulator does what the description says.
func (d *Description) knowsKey(o *Operation) bool {
	k := o.Submit.Lost.Key
	return k != nil && !o.places() && (d.played || o.proof.Key == Holds || d.stated(k.Stated))
}

// complete reports whether a search that finds nothing proves something. A wrong word here
// pays twice, so the vendor must say it, or it was proven.
func (d *Description) complete(o *Operation) bool {
	f := o.Submit.Lost.Find
	return f != nil && f.Complete && (d.played || o.proof.List == Holds || d.stated(f.Stated))
}

// Proving returns the description for a run of one row that is to prove its claims. What
// the first accepted submit shows is told by [Probe.Proof].
func (d *Description) Proving(ctx context.Context) (*Description, *Probe) {
	probe := &Probe{ctx: ctx, done: make(chan Proof, 1), begun: make(chan struct{})}
	proving := *d
	proving.probe = probe
	return &proving, probe
}

// Probe proves the claims of a description with one paid job.
type Probe struct {
	once  sync.Once
	ctx   context.Context //nolint:containedctx // it outlives the submit, and ends with the command
	begun chan struct{}
	done  chan Proof
}

// Proof returns what was shown. It waits for a probe that has begun; without an accepted
// submit there is none.
func (t *Probe) Proof() (Proof, bool) {
	select {
	case <-t.begun:
		return <-t.done, true
	default:
		return Proof{}, false
	}
}

// start begins the probe with the first accepted submit, unless it has begun. The ledger
// gets the ticket meanwhile: a crash then loses the proof, and not the job.
func (t *Probe) start(c *client, o *Operation, r providers.Request, ticket job.Ticket, since time.Time) {
	t.once.Do(func() {
		close(t.begun)
		go func() { // ends with the proof, or with the command
			p := Proof{At: since.UTC(), Hash: c.d.Hash(), Job: ticket.Job}
			c.proveKey(t.ctx, &p, o, r)
			c.proveList(t.ctx, &p, o, providers.Lost{Request: r, Since: since})
			t.done <- p
		}()
	})
}

// probeKey is the key of a probe where the description has one that is not believed yet: the
// run then sends none of its own. It follows from the request.
func probeKey(r providers.Request) string {
	sum := sha256.Sum256([]byte("prove\x00" + r.Reference + "\x00" + string(r.Body)))
	return hex.EncodeToString(sum[:20])
}

// The pauses between sends of a probe that the service puts off.
var probePauses = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}

// proveKey sends the same request again under the same key. What the service puts off, and
// what certainly made nothing, is tried again; a lost answer is not: without its key, the
// service would make a third job.
func (c *client) proveKey(ctx context.Context, p *Proof, o *Operation, r providers.Request) {
	if o.Submit.Lost.Key == nil {
		return
	}
	p.Key = Unclear
	for _, pause := range probePauses {
		receipt, err := c.send(ctx, o, r)
		call, _ := errors.AsType[*providers.Error](err)
		switch {
		case err == nil && receipt.Ticket.Job == p.Job:
			p.Key = Holds
			return
		case err == nil:
			p.Key, p.Second = Ignored, receipt.Ticket.Job
			return
		case call == nil, call.Key != providers.KeyInProgress && !putOff(call.Kind), !patience.Wait(ctx, pause):
			p.Why = err.Error()
			return
		}
		p.Why = err.Error()
	}
}

// putOff reports whether a call of that kind made nothing and may be made again.
func putOff(k providers.Kind) bool {
	return k == providers.NotSent || k == providers.Throttled || k == providers.Busy
}

// proveList looks for the job at once, and again after the time that the list may need.
func (c *client) proveList(ctx context.Context, p *Proof, o *Operation, l providers.Lost) {
	f := o.Submit.Lost.Find
	if f == nil {
		return
	}
	for _, pause := range []time.Duration{0, time.Duration(f.Settle)} {
		if !patience.Wait(ctx, pause) {
			p.List = Unclear
			return
		}
		found, err := c.Find(ctx, l)
		switch {
		case slices.ContainsFunc(found, func(t job.Ticket) bool { return t.Job == p.Job }):
			p.List = Holds
			return
		case err == nil, errors.Is(err, providers.ErrNoWitness):
			p.List = NotShown
		default:
			p.List, p.Why = Unclear, err.Error()
		}
	}
}
