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

// Assets lists the voices or avatars that the workspace may use. The name of an asset is
// the text that a template needs as speakerId or actor; the label does not work there
// (COL-G18).
//
// Details of a voice are languages, genders, style and cloned. Those of an avatar are
// type, gender, views, and variants of all views. The variants of one view are under
// "view NAME": the service refuses or ignores a request for another variant.
func (c *Client) Assets(ctx context.Context, kind string) ([]providers.Asset, error) {
	switch kind {
	case Voices:
		return list(ctx, c, "/assets/voices", voice.asset)
	case Avatars:
		return list(ctx, c, "/assets/actors", avatar.asset)
	}
	return nil, rest.Invalid("list", "colossyan lists voices and avatars, no %q", kind)
}

// list fetches one list. Assets without a name are left out, since no template could use
// them.
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

// asset translates a voice for people and for the audit.
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

// view is a way to show an avatar. The documentation names its lists in the singular and
// shows them in the plural (COL-G13), so both spellings are read.
type view struct {
	Name        rest.Word `json:"viewVariantType"`
	Variants    words     `json:"supportedActorTrackVariants"`
	VariantsToo words     `json:"supportedActorTrackVariant"`
	Models      words     `json:"supportedInferenceModels"`
	ModelsToo   words     `json:"supportedInferenceModel"`
}

// asset joins the views of an avatar; what each view can do is kept beside that.
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

// note adds a detail unless it is empty.
func note(details map[string]string, name, value string) {
	if value != "" {
		details[name] = value
	}
}

// words is a list of texts, or a single one: answers have both forms.
type words []string

// UnmarshalJSON reads a list or a single text. It takes anything else for an empty list:
// a catalogue is worth showing even when one detail has changed its form.
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
