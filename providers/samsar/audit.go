package samsar

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// sessionID is the id of a finished video that a request edits or joins.
type sessionID string

// Wants implements [providers.Auditor]: the account's sessions that a request edits or
// joins. Sessions of external users are in no list, so they are left out.
func (c *Checker) Wants(document json.RawMessage) (wants []providers.Want) {
	var request struct {
		One  string   `json:"videoSessionId"`
		Many []string `json:"session_ids"`
	}
	if c.operation.external || json.Unmarshal(document, &request) != nil {
		return nil
	}
	if request.One != "" {
		wants = append(wants, providers.Want{What: sessionID(request.One), Pointer: "/videoSessionId"})
	}
	for i, id := range request.Many {
		wants = append(wants, providers.Want{What: sessionID(id), Pointer: fmt.Sprintf("/session_ids/%d", i)})
	}
	return wants
}

// Audit implements [providers.Auditor]: it looks for the wanted sessions among the
// finished ones of the account (SAM-J1, SAM-S1). If the list is full, a session that is
// not on it may exist all the same, so none is compared.
func (c *Checker) Audit(ctx context.Context, a providers.Account, wants []providers.Want) ([]problem.List, string, error) {
	// The simulator of a check is new and empty; every session would look missing.
	if a.Simulated {
		return nil, "a check has a simulator of its own, which has made no session, so those of the sheet are not compared", nil
	}
	list, err := a.List(ctx, Sessions, 0)
	if err != nil {
		return nil, "", err
	}
	if len(list) >= MostSessions {
		return nil, "the account has more finished sessions than Samsar lists, so that those of the sheet are not compared", nil
	}
	finished := map[sessionID]bool{}
	for _, asset := range list {
		finished[sessionID(asset.Name)] = true
	}
	found := make([]problem.List, len(wants))
	for i, want := range wants {
		if id, ok := want.What.(sessionID); ok && !finished[id] {
			found[i] = problem.List{missing(string(id), want.Pointer)}
		}
	}
	return found, "", nil
}

func missing(id, pointer string) problem.Problem {
	p := problem.Problem{
		Severity: problem.Error, Code: "SAM-S1", Value: id, Place: problem.Place{Pointer: pointer},
		Message: fmt.Sprintf("the account has no finished session %q", id),
		Hint:    "wait until it is finished, or take its id from the column provider_job of the results sheet",
	}
	if pointer != "/videoSessionId" {
		p.Code = "SAM-J1"
	}
	return p
}
