package kensa

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Models is the only kind of asset.
const Models = "models"

// The modes of a model.
const (
	textToVideo  = "text-to-video"
	imageToVideo = "image-to-video"
)

// The details of a model's asset.
const (
	detailProvider    = "provider"
	detailModes       = "modes"
	detailMaxDuration = "max seconds"
	detailResolutions = "qualities"
	detailRatios      = "aspect ratios"
	detailEnabled     = "enabled"
)

// Kinds returns the kinds that [Client.Assets] lists.
func (c *Client) Kinds() []string { return []string{Models} }

// Assets lists the models of the deployment. Details are provider, modes, max seconds,
// qualities, aspect ratios and enabled, which is "no" for a disabled model (KEN-V7). There
// are no prices, because the service publishes none.
func (c *Client) Assets(ctx context.Context, kind string) ([]providers.Asset, error) {
	if kind != Models {
		return nil, rest.Invalid("list", "kensa lists models, no %q", kind)
	}
	call := rest.Call{Name: "list", Method: http.MethodGet, Path: "/config/models"}
	var shown struct {
		Models *[]shownModel `json:"models"`
	}
	answer, err := c.exchange(ctx, call, &shown)
	if err != nil {
		return nil, err
	}
	if shown.Models == nil {
		return nil, c.rest.Misunderstood(call, answer, "the answer has no list of models")
	}
	assets := make([]providers.Asset, 0, len(*shown.Models))
	for _, m := range *shown.Models {
		// A model without an id cannot be ordered.
		if m.ID != "" {
			assets = append(assets, m.asset())
		}
	}
	return assets, nil
}

// shownModel is an item of K6.
type shownModel struct {
	ID           rest.Word     `json:"id"`
	Name         rest.Word     `json:"name"`
	Provider     rest.Word     `json:"provider"`
	Modes        []rest.Word   `json:"modes"`
	MaxDuration  rest.Quantity `json:"maxDuration"`
	Resolutions  []rest.Word   `json:"resolutions"`
	AspectRatios []rest.Word   `json:"aspectRatios"`
	Enabled      *bool         `json:"enabled"`
}

// asset returns the model as an asset. Details that the deployment leaves out are left out
// here, too.
func (m shownModel) asset() providers.Asset {
	details := map[string]string{}
	note := func(name, value string) {
		if value != "" {
			details[name] = value
		}
	}
	note(detailProvider, string(m.Provider))
	note(detailModes, join(m.Modes))
	if m.MaxDuration > 0 {
		note(detailMaxDuration, strconv.FormatFloat(float64(m.MaxDuration), 'f', -1, 64))
	}
	note(detailResolutions, join(m.Resolutions))
	note(detailRatios, join(m.AspectRatios))
	// Only an explicit word counts. A model without one may well be enabled.
	if m.Enabled != nil {
		details[detailEnabled] = map[bool]string{true: "yes", false: "no"}[*m.Enabled]
	}
	return providers.Asset{Name: string(m.ID), Label: string(m.Name), Details: details}
}

const separator = ", "

// join writes words as one detail of an asset.
func join(words []rest.Word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, separator)
}

// model holds the facts that the rules need. A fact that the deployment leaves out is never
// held against a request.
type model struct {
	modes        []string
	maxDuration  float64
	resolutions  []string
	aspectRatios []string
	disabled     bool
}

// modelOf reads the asset of a model back.
func modelOf(a providers.Asset) model {
	list := func(name string) []string {
		if a.Details[name] == "" {
			return nil
		}
		return strings.Split(a.Details[name], separator)
	}
	longest, err := strconv.ParseFloat(a.Details[detailMaxDuration], 64)
	if err != nil {
		longest = 0
	}
	return model{
		modes: list(detailModes), maxDuration: longest, resolutions: list(detailResolutions),
		aspectRatios: list(detailRatios), disabled: a.Details[detailEnabled] == "no",
	}
}
