package reelmerge

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// online collects from rows the things that a check asks the account and the network
// about. Each is asked once, whatever the number of rows that want it.
type online struct {
	campaign *Campaign
	rows     int
	wants    uses[providers.Want]
	links    uses[mediaLink]
	place    func(p problem.Problem) problem.Problem
	vetting  *vetting // nil: there is nothing to ask about single rows
}

// whole is the row number that stands for the template, which is the same for all rows.
const whole = 0

// mediaLink is an address from which the service will fetch.
type mediaLink struct{ url, field string }

// uses says which rows want something, in the order in which it was first seen.
type uses[T comparable] struct {
	order []T
	rows  map[T][]int
}

// add notes that a row wants something. The rows come in order, so a row that wants it
// twice is found at the end of its list.
func (u *uses[T]) add(thing T, row int) {
	rows, seen := u.rows[thing]
	if !seen {
		if u.rows == nil {
			u.rows = map[T][]int{}
		}
		u.order = append(u.order, thing)
	}
	// A list per thing costs memory with the number of rows, not of uses.
	if len(rows) == 0 || rows[len(rows)-1] != row {
		u.rows[thing] = append(rows, row)
	}
}

// newOnline watches the rows that a planner makes ready. If the service takes values by
// name, the request has no scenes. Only texts are replaced in those, so the scenes of the
// template are looked at instead.
func newOnline(c *Campaign, p *engine.Planner) *online {
	o := &online{campaign: c, place: placing(p)}
	if c.template.ByName() {
		o.look(c.template.Creative, whole)
	}
	p.Record = o.record
	return o
}

// record takes the place of the ledger: the check plans each row and writes none.
func (o *online) record(ctx context.Context, changes ...ledger.Change) error {
	for _, c := range changes {
		if c.Event.Kind == ledger.Plan {
			o.rows++
			o.look(c.Event.Content.Payload, c.Event.Content.Row)
			o.vetting.row(ctx, c.Event.Content)
		}
	}
	return nil
}

// look collects what one document names.
func (o *online) look(document json.RawMessage, row int) {
	if auditor, ok := providers.As[providers.Auditor](o.campaign.checker); ok {
		for _, want := range auditor.Wants(document) {
			o.wants.add(want, row)
		}
	}
	var tree any
	if json.Unmarshal(document, &tree) != nil {
		return // there is none
	}
	visit(tree, "", func(field, text string) {
		if namesMedia(field) && isLink(text) {
			o.links.add(mediaLink{text, field}, row)
		}
	})
}

// visit calls look for every text in a tree, with the name of the member that holds it,
// in the same order each time.
func visit(value any, field string, look func(field, text string)) {
	switch v := value.(type) {
	case string:
		look(field, v)
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name != "dynamicVariables" {
				visit(v[name], name, look)
			}
		}
	case []any:
		for _, item := range v {
			visit(item, field, look)
		}
	}
}

// namesMedia guesses from a member's name whether it holds an address to fetch from.
// Webhooks are addresses that the service calls, so they are left out.
func namesMedia(field string) bool {
	field = strings.ToLower(field)
	return strings.Contains(field, "url") && !strings.Contains(field, "callback") && !strings.Contains(field, "webhook")
}

// isLink reports whether a text is a web address. Other texts in such members are ids or
// paths.
func isLink(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

// askOnline asks the account and the network, and adds the problems to the plan.
func (c *Campaign) askOnline(ctx context.Context, o *online, plan *engine.Plan) error {
	found, err := c.audit(ctx, o)
	if err != nil {
		return err
	}
	vetted, err := o.vetting.placed(o)
	if err != nil {
		return err
	}
	found = append(append(found, vetted...), c.askLinks(ctx, o)...)
	add(plan, found)
	return ctx.Err()
}

// add adds problems to the plan. Rows that were ready become refused; a problem of the
// template refuses all of them.
func add(plan *engine.Plan, found problem.List) {
	refused := map[int]bool{}
	for _, p := range found {
		if p.IsError() {
			refused[p.Row] = true
		}
	}
	errors, warnings := found.Count()
	plan.Found, plan.Warnings = plan.Found+errors, plan.Warnings+warnings
	// Valid counts rows, and a row can have several problems.
	n := len(refused)
	if refused[whole] {
		n = plan.Rows.Valid
	}
	plan.Rows.Valid, plan.Rows.Refused = plan.Rows.Valid-n, plan.Rows.Refused+n
	plan.Problems = append(plan.Problems, found...)
}

// audit compares the names in rows with those that the account has now.
func (c *Campaign) audit(ctx context.Context, o *online) (all problem.List, _ error) {
	auditor, ok := providers.As[providers.Auditor](c.checker)
	if !ok || len(o.wants.order) == 0 {
		return nil, nil
	}
	catalogue, err := c.Catalogue()
	if err != nil {
		return nil, err
	}
	defer catalogue.Close()
	list := func(ctx context.Context, kind string, age time.Duration) ([]providers.Asset, error) {
		found, err := catalogue.List(ctx, kind, age)
		return found.Assets, err
	}
	found, note, err := auditor.Audit(ctx, providers.Account{Simulated: c.simulated(), List: list}, o.wants.order)
	if err != nil {
		return nil, err
	}
	if note != "" {
		c.note("note: %s", note)
	}
	for i, problems := range found {
		for _, p := range problems {
			for _, placed := range o.placed(p, o.wants.rows[o.wants.order[i]]) {
				all = append(all, o.place(placed))
			}
		}
	}
	return all, nil
}

// placed points a problem at the template if all rows have it, and at each row otherwise.
// A person then mends the template once instead of a thousand cells.
func (o *online) placed(p problem.Problem, rows []int) problem.List {
	if rows[0] == whole || len(rows) == o.rows {
		p.File = o.campaign.file.Template
		return problem.List{p}
	}
	var list problem.List
	for _, row := range rows {
		p.File = o.campaign.file.Rows.Shown()
		p.Row = row
		list = append(list, p)
	}
	return list
}

// placing returns a function that points a problem at a place in a row's request to the
// cell that feeds this place.
func placing(planner *engine.Planner) func(problem.Problem) problem.Problem {
	columns := planner.Rows.Columns()
	template := planner.Program.Template()
	return func(p problem.Problem) problem.Problem {
		if p.Pointer == "" || p.Row == 0 {
			return p
		}
		for _, i := range template.Feeding(p.Pointer) {
			if fed := planner.Binder.Columns(i); len(fed) > 0 {
				p.Variable = template.Variables[i].Name
				p.Column = columns[fed[0]].Name
				p.Cell = columns[fed[0]].Address(p.Row)
				return p
			}
		}
		return p
	}
}

// inform asks the account for facts that the service's rules depend on, such as the
// models of a deployment. The rows are checked by them from then on.
func (c *Campaign) inform(ctx context.Context) error {
	if _, ok := providers.As[providers.Informer](c.checker); !ok {
		return nil
	}
	catalogue, err := c.Catalogue()
	if err != nil {
		return err
	}
	defer catalogue.Close()
	for _, kind := range catalogue.Kinds() {
		list, err := catalogue.List(ctx, kind, time.Minute)
		if err != nil {
			return err
		}
		if informer, ok := providers.As[providers.Informer](c.checker); ok {
			c.checker = informer.WithAssets(kind, list.Assets)
		}
	}
	return nil
}
