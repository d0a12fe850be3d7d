package kensa

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Models is the one kind of asset.
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

// Kinds returns what [Client.Assets] lists.
func (c *Client) Kinds() []string { return []string{Models} }

// Assets lists the models of the deployment. Details are provider, modes, max
// seconds, qualities, aspect ratios and enabled, which is "no" for a model that
// is switched off (KEN-V7). Prices are not among them: none are published.
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
	if m.Enabled != nil {
		details[detailEnabled] = map[bool]string{true: "yes", false: "no"}[*m.Enabled]
	}
	return providers.Asset{Name: string(m.ID), Label: string(m.Name), Details: details}
}

const separator = ", "

func join(words []rest.Word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, separator)
}

// model is what the rules need to know of one. Whatever the deployment did not
// say is not held against a request.
type model struct {
	modes        []string
	maxDuration  float64
	resolutions  []string
	aspectRatios []string
	disabled     bool
}

// modelOf reads a model's asset back.
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
