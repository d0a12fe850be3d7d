package rest

import (
	"encoding/json"
	"errors"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// ErrNoObject is returned by [Object] for a request that is anything but a JSON
// object.
var ErrNoObject = errors.New("the request is not a JSON object")

// Object returns the members of a request, each as it is written.
func Object(body []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, ErrNoObject
	}
	return members, nil
}

// ObjectProblem is the problem of a request that is no JSON object. The hint shows what
// the service wants.
func ObjectProblem(hint string) problem.List {
	return problem.List{{Code: "TPL-SCHEMA", Message: ErrNoObject.Error(), Hint: hint}}
}

// Text returns a member that is a text; empty when it is missing or something
// else.
func Text(members map[string]json.RawMessage, name string) string {
	var text string
	if raw, ok := members[name]; !ok || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// OrNull returns a member to unmarshal or to write: null when it is missing.
func OrNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// BadID turns the refusal of an id into its meaning: there is no such job. It is for
// calls whose only argument is an id, so that a 400 can concern nothing but the id.
func BadID(err error) error {
	if e, ok := err.(*providers.Error); ok && e.Kind == providers.Invalid { //nolint:errorlint // Do returns this type itself
		e.Kind = providers.NotFound
	}
	return err
}
