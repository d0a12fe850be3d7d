package reelmerge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// vetting asks a described service about each row before anything is paid: by a free call
// of its own, and by comparing variables with those of the saved template. It cannot reach
// a paid call (invariant L13).
type vetting struct {
	campaign *Campaign
	vetter   providers.Vetter
	found    uses[problem.Problem] // by the rows that have them
	err      error                 // of a question that could not be asked
}

// newVetting returns nil where the service has nothing to ask, and on the simulator, whose
// recorded templates are not those of the campaign.
func (c *Campaign) newVetting() (*vetting, error) {
	if c.described == nil || c.simulated() {
		return nil, nil
	}
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	config.Transport = paced{vetOnly{readOnly(config.Transport), c.described, config.BaseURL}, engine.NewPace(c.limits(), nil)}
	provider, err := c.service.New(config)
	if err != nil {
		return nil, fail(Usage, err, "see provider: in the campaign")
	}
	vetter, ok := providers.As[providers.Vetter](provider)
	if !ok {
		return nil, nil
	}
	if err := c.mayAsk(); err != nil {
		return nil, err
	}
	return &vetting{campaign: c, vetter: vetter}, nil
}

// row asks about a row, unless an earlier question could not be asked.
func (v *vetting) row(ctx context.Context, content ledger.Content) {
	if v == nil || v.err != nil {
		return
	}
	found, err := v.vetter.Vet(ctx, providers.Request{Operation: v.campaign.template.Operation, Body: json.RawMessage(content.Payload)})
	if v.err = err; err != nil {
		return
	}
	for _, p := range found {
		v.found.add(p, content.Row)
	}
}

// placed are the problems, each at its rows or at the template.
func (v *vetting) placed(o *online) (all problem.List, err error) {
	switch {
	case v == nil:
		return nil, nil
	case v.err != nil:
		return nil, fail(Held, fmt.Errorf("ask %s about the rows: %w", v.campaign.service.Title, v.err), "try again later, or check without --online")
	}
	for _, p := range v.found.order {
		for _, placed := range o.placed(p, v.found.rows[p]) {
			all = append(all, o.place(placed))
		}
	}
	return all, nil
}

// vetOnly passes requests that read, and the free calls of a description.
type vetOnly struct {
	reader http.RoundTripper
	d      *declared.Description
	base   string
}

// RoundTrip implements [http.RoundTripper].
func (v vetOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if v.d.MayVet(r, v.base) {
		return v.reader.(reader).next.RoundTrip(r)
	}
	return v.reader.RoundTrip(r)
}

// paced lets a request go when its turn has come by the limits of the service. It is used
// by one caller at a time.
type paced struct {
	next http.RoundTripper
	pace *engine.Pace
}

// RoundTrip implements [http.RoundTripper].
func (p paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if !patience.Wait(r.Context(), time.Until(p.pace.Poll(time.Now()))) {
		return nil, r.Context().Err()
	}
	p.pace.Polled(time.Now())
	return p.next.RoundTrip(r)
}
