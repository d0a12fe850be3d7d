package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

// session is a finished video that a request begins with, and where it stands in
// the request.
type session struct{ id, pointer string }

// edit learns which of the account's sessions a request begins with. Those of
// external users are in no list.
func (o *online) edit(payload json.RawMessage, row int) {
	if o.setup.service.Name != samsar.Name || strings.HasPrefix(o.setup.template.Operation, samsar.External(samsar.Name+"/")) {
		return
	}
	var request struct {
		One  string   `json:"videoSessionId"`
		Many []string `json:"session_ids"`
	}
	if json.Unmarshal(payload, &request) != nil {
		return // it was checked
	}
	if request.One != "" {
		o.edits.add(session{request.One, "/videoSessionId"}, row)
	}
	for i, id := range request.Many {
		o.edits.add(session{id, fmt.Sprintf("/session_ids/%d", i)}, row)
	}
}

// askSessions compares what rows begin with to the finished sessions of the
// account, as they are now (SAM-J1, SAM-S1). A list that is full proves nothing
// of what is not in it.
func (a *app) askSessions(ctx context.Context, o *online) (problem.List, error) {
	if o.setup.Provider.Sandbox.On {
		a.say("note: a check has a simulator of its own, which has made no session, so those of the sheet are not compared: %s", wording.Count(len(o.edits.order)))
		return nil, nil
	}
	c, err := a.openCatalogue(o.setup, 0)
	if err != nil {
		return nil, err
	}
	defer c.close()
	list, err := c.list(ctx, samsar.Sessions)
	if err != nil {
		return nil, err
	}
	if len(list.Assets) >= samsar.MostSessions {
		a.say("note: the account has more finished sessions than Samsar lists, so that those of the sheet are not compared")
		return nil, nil
	}
	finished := map[string]bool{}
	for _, asset := range list.Assets {
		finished[asset.Name] = true
	}
	var found problem.List
	for _, s := range o.edits.order {
		if !finished[s.id] {
			for _, p := range o.placed(s.missing(), o.edits.rows[s]) {
				found = append(found, o.place(s.pointer, p))
			}
		}
	}
	return found, nil
}

func (s session) missing() problem.Problem {
	p := problem.Problem{
		Severity: problem.Error, Code: "SAM-S1", Value: s.id,
		Message: fmt.Sprintf("the account has no finished session %q", s.id),
		Hint:    "wait until it is finished, or take its id from the column provider_job of the results sheet",
	}
	if s.pointer != "/videoSessionId" {
		p.Code = "SAM-J1"
	}
	return p
}

// placing returns what points a problem of a place in a row's request at the cell
// that feeds it.
func placing(planner *engine.Planner) func(string, problem.Problem) problem.Problem {
	columns := planner.Rows.Columns()
	template := planner.Program.Template()
	return func(pointer string, p problem.Problem) problem.Problem {
		for _, i := range template.Feeding(pointer) {
			if fed := planner.Binder.Columns(i); p.Row > 0 && len(fed) > 0 {
				p.Variable, p.Column, p.Cell = template.Variables[i].Name, columns[fed[0]].Name, columns[fed[0]].Address(p.Row)
				return p
			}
		}
		return p
	}
}
