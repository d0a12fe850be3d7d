package samsar

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The kinds of assets.
const (
	VideoModels = "video-models"
	ImageModels = "image-models"
	Fonts       = "fonts"
	Sessions    = "sessions" // completed ones, to edit
)

// Kinds returns what [Client.Assets] lists.
func (c *Client) Kinds() []string { return []string{VideoModels, ImageModels, Fonts, Sessions} }

// Assets lists the things that a request can name: models by their value (the label does
// not work), fonts with the languages that they suit, and completed sessions for edits.
//
// The details of a model are its base price in credits. For a video model that is per
// second; for an image model it is not explained (SAM-G15). The details of a font are its
// languages, those of a session its language.
func (c *Client) Assets(ctx context.Context, kind string) ([]providers.Asset, error) {
	switch kind {
	case VideoModels:
		list, err := c.models(ctx, "list")
		return priced(list.Video, "credits per second"), err
	case ImageModels:
		list, err := c.models(ctx, "list")
		return priced(list.Image, "base price in credits"), err
	case Fonts:
		return c.fonts(ctx)
	case Sessions:
		return c.sessions(ctx)
	}
	return nil, rest.Invalid("list", "samsar lists %s, no %q", strings.Join(c.Kinds(), ", "), kind)
}

// offers answers S1: the models that are offered now, with their prices.
type offers struct {
	Image []offer `json:"IMAGE_MODELS"`
	Video []offer `json:"VIDEO_MODELS"`
}

type offer struct {
	Label rest.Word `json:"label"`
	Value rest.Word `json:"value"`
	Price credits   `json:"basePrice"`
}

// models fetches the models. A list without video models is not believed: it would make
// every template wrong.
func (c *Client) models(ctx context.Context, name string) (offers, error) {
	call := rest.Call{Name: name, Method: http.MethodGet, Path: "/video/supported_models"}
	var list offers
	answer, err := c.rest.DoJSON(ctx, call, &list)
	if err == nil && len(list.Video) == 0 {
		err = c.rest.Misunderstood(call, answer, "the answer has no video models")
	}
	return list, err
}

// priced lists models with their base price in some unit.
func priced(list []offer, unit string) []providers.Asset {
	var all []providers.Asset
	for _, o := range list {
		if o.Value == "" {
			continue
		}
		details := map[string]string{}
		if o.Price.told {
			details[unit] = o.Price.amount.String()
		}
		all = append(all, providers.Asset{Name: string(o.Value), Label: string(o.Label), Details: details})
	}
	return all
}

// fonts turns the service's list, which is by language, into one by font.
func (c *Client) fonts(ctx context.Context) ([]providers.Asset, error) {
	var list struct {
		ByLanguage map[string][]rest.Word `json:"fontsByLanguage"`
	}
	if _, err := c.rest.DoJSON(ctx, rest.Call{Name: "list", Method: http.MethodGet, Path: "/supported_fonts"}, &list); err != nil {
		return nil, err
	}
	languages := map[string][]string{}
	for language, fonts := range list.ByLanguage {
		for _, font := range fonts {
			languages[string(font)] = append(languages[string(font)], language)
		}
	}
	var all []providers.Asset
	for font, suits := range languages {
		if font != "" {
			slices.Sort(suits)
			all = append(all, providers.Asset{Name: font, Details: map[string]string{"languages": strings.Join(suits, ", ")}})
		}
	}
	// A map has no order, and lists should not change from call to call.
	slices.SortFunc(all, func(a, b providers.Asset) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func (c *Client) sessions(ctx context.Context) ([]providers.Asset, error) {
	list, err := c.completed(ctx, "list")
	if err != nil {
		return nil, err
	}
	var all []providers.Asset
	for _, s := range list {
		if s.ID != "" {
			all = append(all, providers.Asset{Name: string(s.ID), Details: map[string]string{"language": s.language(), "url": string(s.URL)}})
		}
	}
	return all, nil
}

// Balance asks what the owner of the API key has left. External users have
// credits of their own, which are not in it.
func (c *Client) Balance(ctx context.Context) (credit.Amount, credit.Account, error) {
	call := rest.Call{Name: "balance", Method: http.MethodGet, Path: "/credits"}
	var left struct {
		Remaining credits `json:"remainingCredits"`
	}
	answer, err := c.rest.DoJSON(ctx, call, &left)
	if err == nil && !left.Remaining.told {
		err = c.rest.Misunderstood(call, answer, "the answer has no balance")
	}
	return left.Remaining.amount, credit.Account{Provider: Name, Unit: unitCredits}, err
}

// CheckPrices compares the prices of video models that plans use with those that the
// service publishes now (SAM-$10). A campaign accepts a new price by writing it into its
// price table.
func (c *Client) CheckPrices(ctx context.Context) ([]providers.PriceDifference, error) {
	now, err := c.models(ctx, "check prices")
	if err != nil {
		return nil, fmt.Errorf("check samsar's prices: %w", err)
	}
	var all []providers.PriceDifference
	for _, m := range c.prices.VideoModels {
		difference := providers.PriceDifference{Name: m.Value, Per: "second", Unit: unitCredits, Planned: m.PerSecond}
		i := slices.IndexFunc(now.Video, func(o offer) bool { return string(o.Value) == m.Value })
		switch {
		case i < 0:
			all = append(all, difference)
		// A model without a price in the answer is not compared: silence is no new price.
		case now.Video[i].Price.told && now.Video[i].Price.amount != m.PerSecond:
			difference.Published = &now.Video[i].Price.amount
			all = append(all, difference)
		}
	}
	return all, nil
}
