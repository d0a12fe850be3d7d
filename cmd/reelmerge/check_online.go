package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// online is what a check learns from rows to ask the account and the network
// about: each thing once, however many rows want it.
type online struct {
	setup *setup
	rows  int
	casts uses[cast]
	links uses[mediaLink]
	edits uses[session]
	place func(pointer string, p problem.Problem) problem.Problem
}

// whole stands for the template, as the row of what no row can change.
const whole = 0

// cast is who speaks in a track.
type cast struct{ actor, speaker, view, variant string }

// mediaLink is an address that the service will fetch from.
type mediaLink struct{ url, field string }

// uses says which rows want something, in the order in which it was first seen.
type uses[T comparable] struct {
	order []T
	rows  map[T][]int
}

func (u *uses[T]) add(thing T, row int) {
	rows, seen := u.rows[thing]
	if !seen {
		if u.rows == nil {
			u.rows = map[T][]int{}
		}
		u.order = append(u.order, thing)
	}
	if len(rows) == 0 || rows[len(rows)-1] != row {
		u.rows[thing] = append(rows, row)
	}
}

// newOnline watches what a planner makes ready. The request of a template job
// does not carry its scenes, and nothing is put in place in them but texts
// (COL-V3), so that those of the template are looked at.
func newOnline(s *setup, p *engine.Planner) *online {
	o := &online{setup: s, place: placing(p)}
	if s.template.Operation == colossyan.TemplateJob {
		o.look(s.template.Creative, whole)
	}
	p.Record = o.record
	return o
}

func (o *online) record(_ context.Context, changes ...ledger.Change) error {
	for _, c := range changes {
		if c.Event.Kind == ledger.Plan {
			o.rows++
			o.look(c.Event.Content.Payload, c.Event.Content.Row)
			o.edit(c.Event.Content.Payload, c.Event.Content.Row)
		}
	}
	return nil
}

// look learns from one document.
func (o *online) look(document json.RawMessage, row int) {
	var tree any
	if json.Unmarshal(document, &tree) != nil {
		return // there is none
	}
	visit(tree, "", func(field string, value any) {
		switch v := value.(type) {
		case map[string]any:
			o.track(v, row)
		case string:
			if namesMedia(field) && isLink(v) {
				o.links.add(mediaLink{v, field}, row)
			}
		}
	})
}

// visit calls back for every value in a tree, with the name of the member that
// holds it.
func visit(value any, field string, look func(string, any)) {
	look(field, value)
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) { // so that problems come in the same order each time
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

func (o *online) track(t map[string]any, row int) {
	if t["type"] != "actor" || o.setup.service.Name != colossyan.Name {
		return
	}
	text := func(field string) string { s, _ := t[field].(string); return s }
	o.casts.add(cast{text("actor"), text("speakerId"), text("view"), text("variant")}, row)
}

// namesMedia reports whether a member holds an address to fetch from, by its name.
func namesMedia(field string) bool {
	field = strings.ToLower(field)
	return strings.Contains(field, "url") && !strings.Contains(field, "callback") && !strings.Contains(field, "webhook")
}

func isLink(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

// ask asks the account and the network, and adds what is wrong to the plan.
func (a *app) askOnline(ctx context.Context, o *online, plan *engine.Plan) error {
	var found problem.List
	if len(o.casts.order) > 0 {
		problems, err := a.askAccount(ctx, o)
		if err != nil {
			return err
		}
		found = append(found, problems...)
	}
	if len(o.edits.order) > 0 {
		problems, err := a.askSessions(ctx, o)
		if err != nil {
			return err
		}
		found = append(found, problems...)
	}
	found = append(found, a.askLinks(ctx, o)...)
	add(plan, found)
	return ctx.Err()
}

// add adds problems of rows that were ready so far, or of all of them.
func add(plan *engine.Plan, found problem.List) {
	refused := map[int]bool{}
	for _, p := range found {
		if p.IsError() {
			refused[p.Row] = true
		}
	}
	errors, warnings := found.Count()
	plan.Found, plan.Warnings = plan.Found+errors, plan.Warnings+warnings
	n := len(refused)
	if refused[whole] {
		n = plan.Rows.Valid
	}
	plan.Rows.Valid, plan.Rows.Refused = plan.Rows.Valid-n, plan.Rows.Refused+n
	plan.Problems = append(plan.Problems, found...)
}

// askAccount compares who speaks with what the account can use, as it is now.
func (a *app) askAccount(ctx context.Context, o *online) (problem.List, error) {
	c, err := a.openCatalogue(o.setup, time.Minute)
	if err != nil {
		return nil, err
	}
	defer c.close()
	avatars, err := c.list(ctx, colossyan.Avatars)
	if err != nil {
		return nil, err
	}
	voices, err := c.list(ctx, colossyan.Voices)
	if err != nil {
		return nil, err
	}
	var found problem.List
	for _, who := range o.casts.order {
		for _, p := range who.misfits(avatars.Assets, voices.Assets) {
			found = append(found, o.placed(p, o.casts.rows[who])...)
		}
	}
	return found, nil
}

// placed points a problem at the template where all rows have it, else at each
// row that has.
func (o *online) placed(p problem.Problem, rows []int) problem.List {
	if rows[0] == whole || len(rows) == o.rows {
		p.File = o.setup.Template
		return problem.List{p}
	}
	var list problem.List
	for _, row := range rows {
		p.File, p.Row = o.setup.Rows.File, row
		list = append(list, p)
	}
	return list
}

// misfits says what the account cannot use. Names are compared exactly, as the
// service does; a label is what people see, and is no name (COL-G18).
func (c cast) misfits(avatars, voices []providers.Asset) (found problem.List) {
	avatar, p := lookUpAsset("TPL-ACTOR", "avatar", c.actor, avatars)
	found = append(found, p...)
	_, p = lookUpAsset("TPL-VOICE", "voice", c.speaker, voices)
	found = append(found, p...)
	if avatar == nil {
		return found
	}
	views, variants := splitWords(avatar.Details["views"]), splitWords(avatar.Details["variants"])
	if c.view != "" {
		found = append(found, oneOf("TPL-VIEW", "view", c.view, c.actor, views)...)
		variants = splitWords(avatar.Details["view "+c.view])
	}
	if c.variant != "" {
		found = append(found, oneOf("TPL-VARIANT", "variant", c.variant, c.actor, variants)...)
	}
	return found
}

func lookUpAsset(code, what, name string, assets []providers.Asset) (*providers.Asset, problem.List) {
	if name == "" {
		return nil, nil
	}
	hint := "its " + what + "s: " + assetNames(assets)
	for i := range assets {
		switch asset := &assets[i]; {
		case asset.Name == name:
			return asset, nil
		case strings.EqualFold(asset.Name, name), strings.EqualFold(asset.Label, name):
			hint = fmt.Sprintf("write %q: that is the name of %s", asset.Name, asset.Label)
		}
	}
	return nil, problem.List{{
		Severity: problem.Error, Code: code, Value: name,
		Message: fmt.Sprintf("the account has no %s %q", what, name), Hint: hint,
	}}
}

// shownNames is how many names a hint lists.
const shownNames = 8

func assetNames(assets []providers.Asset) string {
	var names []string
	for _, a := range assets[:min(len(assets), shownNames)] {
		names = append(names, a.Name)
	}
	text := strings.Join(names, ", ")
	if len(assets) > shownNames {
		text += ", … (reelmerge assets lists all)"
	}
	return text
}

// oneOf warns, because the service may as well ignore what an avatar cannot do. A
// list that it does not tell is no reason to complain.
func oneOf(code, what, name, actor string, known []string) problem.List {
	if len(known) == 0 || slices.Contains(known, name) {
		return nil
	}
	return problem.List{{
		Severity: problem.Warning, Code: code, Value: name,
		Message: fmt.Sprintf("the avatar %q has no %s %q", actor, what, name),
		Hint:    "it has: " + strings.Join(known, ", "),
	}}
}

// splitWords reads a list as [colossyan.Client.Assets] writes it.
func splitWords(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}
