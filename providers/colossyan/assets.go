package colossyan

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The kinds of assets.
const (
	Voices  = "voices"
	Avatars = "avatars"
)

// Kinds returns what [Client.Assets] lists.
func (c *Client) Kinds() []string { return []string{Voices, Avatars} }

// Assets lists what the workspace may use. The name is what a template writes,
// as speakerId or actor, never the label (COL-G18).
//
// Details of a voice are languages, genders, style and cloned. Those of an
// avatar are type, gender, views, variants (of any view), and for each view what
// it can be shown as, under "view NAME": a request for another variant is
// refused or ignored.
func (c *Client) Assets(ctx context.Context, kind string) ([]providers.Asset, error) {
	switch kind {
	case Voices:
		return list(ctx, c, "/assets/voices", voice.asset)
	case Avatars:
		return list(ctx, c, "/assets/actors", avatar.asset)
	}
	return nil, rest.Invalid("list", "colossyan lists voices and avatars, no %q", kind)
}

func list[T any](ctx context.Context, c *Client, path string, asset func(T) providers.Asset) ([]providers.Asset, error) {
	var found []T
	if _, err := c.rest.DoJSON(ctx, rest.Call{Name: "list", Method: http.MethodGet, Path: path}, &found); err != nil {
		return nil, err
	}
	assets := make([]providers.Asset, 0, len(found))
	for _, one := range found {
		if a := asset(one); a.Name != "" {
			assets = append(assets, a)
		}
	}
	return assets, nil
}

// voice is an item of E7.
type voice struct {
	Name        rest.Word `json:"name"`
	DisplayName rest.Word `json:"displayName"`
	Languages   words     `json:"languages"`
	Genders     words     `json:"genders"`
	Style       rest.Word `json:"style"`
	Cloned      bool      `json:"isClonedVoice"`
}

func (v voice) asset() providers.Asset {
	details := map[string]string{}
	note(details, "languages", v.Languages.String())
	note(details, "genders", v.Genders.String())
	note(details, "style", string(v.Style))
	if v.Cloned {
		details["cloned"] = "yes"
	}
	return providers.Asset{Name: string(v.Name), Label: string(v.DisplayName), Details: details}
}

// avatar is an item of E8, which writes names with underscores unlike all other
// calls (COL-G18).
type avatar struct {
	Name        rest.Word `json:"name"`
	DisplayName rest.Word `json:"display_name"`
	Type        rest.Word `json:"type"`
	Gender      rest.Word `json:"gender"`
	Views       []view    `json:"views"`
}

// view is how an avatar can be shown. The documentation says the names of its
// lists in singular and shows them in plural (COL-G13).
type view struct {
	Name        rest.Word `json:"viewVariantType"`
	Variants    words     `json:"supportedActorTrackVariants"`
	VariantsToo words     `json:"supportedActorTrackVariant"`
	Models      words     `json:"supportedInferenceModels"`
	ModelsToo   words     `json:"supportedInferenceModel"`
}

func (a avatar) asset() providers.Asset {
	details := map[string]string{}
	note(details, "type", string(a.Type))
	note(details, "gender", string(a.Gender))
	var views, variants, models words
	for _, v := range a.Views {
		shown := v.Variants.with(v.VariantsToo...)
		views = views.with(string(v.Name))
		variants = variants.with(shown...)
		models = models.with(v.Models...).with(v.ModelsToo...)
		if v.Name != "" {
			note(details, "view "+string(v.Name), shown.String())
		}
	}
	note(details, "views", views.String())
	note(details, "variants", variants.String())
	note(details, "models", models.String())
	return providers.Asset{Name: string(a.Name), Label: string(a.DisplayName), Details: details}
}

func note(details map[string]string, name, value string) {
	if value != "" {
		details[name] = value
	}
}

// words is a list of texts, or a single one.
type words []string

// UnmarshalJSON reads a list, a single text, or null as nothing.
func (w *words) UnmarshalJSON(data []byte) error {
	var many []rest.Word
	var one rest.Word
	*w = nil
	if json.Unmarshal(data, &many) != nil {
		if json.Unmarshal(data, &one) != nil {
			return nil
		}
		many = []rest.Word{one}
	}
	for _, text := range many {
		*w = w.with(string(text))
	}
	return nil
}

// with returns the list with more texts, each of them once.
func (w words) with(more ...string) words {
	for _, text := range more {
		if text != "" && !slices.Contains(w, text) {
			w = append(w, text)
		}
	}
	return w
}

// String joins the texts with a comma.
func (w words) String() string { return strings.Join(w, ", ") }
