package colossyan

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// cast is the avatar of a track, with its voice and the way it is shown.
type cast struct{ actor, speaker, view, variant string }

// listAge is how old a list of avatars or voices may be when it is used again. Lists
// change seldom, and a check of many rows needs each list once.
const listAge = time.Minute

// Wants implements [providers.Auditor]: avatars, their voices, views and variants.
func (c *Checker) Wants(document json.RawMessage) (wants []providers.Want) {
	var tree any
	if json.Unmarshal(document, &tree) != nil {
		return nil
	}
	visitTracks(tree, func(track map[string]any) {
		text := func(field string) string { s, _ := track[field].(string); return s }
		wants = append(wants, providers.Want{What: cast{text("actor"), text("speakerId"), text("view"), text("variant")}})
	})
	return wants
}

// visitTracks calls look for each avatar's track, in the same order each time. It leaves
// out dynamicVariables: a value there could look like a track.
func visitTracks(value any, look func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		if v["type"] == "actor" {
			look(v)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name != "dynamicVariables" {
				visitTracks(v[name], look)
			}
		}
	case []any:
		for _, item := range v {
			visitTracks(item, look)
		}
	}
}

// Audit implements [providers.Auditor]: it compares who speaks with what the account
// can use.
func (c *Checker) Audit(ctx context.Context, a providers.Account, wants []providers.Want) ([]problem.List, string, error) {
	avatars, err := a.List(ctx, Avatars, listAge)
	if err != nil {
		return nil, "", err
	}
	voices, err := a.List(ctx, Voices, listAge)
	if err != nil {
		return nil, "", err
	}
	found := make([]problem.List, len(wants))
	for i, want := range wants {
		if who, ok := want.What.(cast); ok {
			found[i] = who.misfits(avatars, voices)
		}
	}
	return found, "", nil
}

// misfits says which parts the account does not have. Names are compared exactly, as the
// service does. A label is the name that people see in Studio, and no request accepts it
// (COL-G18).
func (w cast) misfits(avatars, voices []providers.Asset) (found problem.List) {
	avatar, p := lookUp("TPL-ACTOR", "avatar", w.actor, avatars)
	found = append(found, p...)
	_, p = lookUp("TPL-VOICE", "voice", w.speaker, voices)
	found = append(found, p...)
	if avatar == nil {
		return found
	}
	views := splitWords(avatar.Details["views"])
	variants := splitWords(avatar.Details["variants"])
	if w.view != "" {
		found = append(found, oneOf("TPL-VIEW", "view", w.view, w.actor, views)...)
		variants = splitWords(avatar.Details["view "+w.view])
	}
	if w.variant != "" {
		found = append(found, oneOf("TPL-VARIANT", "variant", w.variant, w.actor, variants)...)
	}
	return found
}

// lookUp finds an asset by its name. For a label, or a name in another case, the hint
// gives the right name.
func lookUp(code, what, name string, assets []providers.Asset) (*providers.Asset, problem.List) {
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

// assetNames lists the first names for a hint.
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

// oneOf warns of a view or variant that the avatar does not have. It is no error, because
// the service may only ignore it. An avatar whose list is empty is not judged.
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

// splitWords reads a list as [Client.Assets] writes it.
func splitWords(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}
