package kensa_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func body(format string, a ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, a...))
}

// fromText returns requests whose prompts differ only where a list cuts them off.
func fromText(n int) providers.Request {
	return providers.Request{
		Operation: kensa.Generate,
		Body:      body(`{"prompt":"A golden retriever runs along the beach towards house number %d","model":"sora-2","duration":10,"aspectRatio":"16:9","quality":"720p"}`, n),
	}
}

func fromPicture(n int) providers.Request {
	return providers.Request{
		Operation: kensa.Generate,
		Body:      body(`{"prompt":"The camera circles the house","model":"wan-2-6","duration":5,"aspectRatio":"9:16","startImageUrl":"https://cdn.example.com/%d.jpg"}`, n),
	}
}

func published() providers.Prices {
	return providers.Prices{AsOf: "2026-11-01", Table: []providers.Price{
		{Model: "sora-2", Quality: "720p", Duration: 10 * time.Second, Amount: credit.Of(2)},
		{Model: "wan-2-6", Duration: 5 * time.Second, Amount: credit.Of(25)},
	}}
}

func setup(request func(int) providers.Request, behaviour sandbox.KensaBehaviour) providertest.Setup {
	return providertest.Setup{
		Service: kensa.Service(), Operation: kensa.Generate, Request: request, Prices: published(),
		Serve:  providertest.Sandbox(kensa.Name, sandbox.Behaviour{Kensa: behaviour}),
		Broken: broken(),
	}
}

func broken() (all []providers.Request) {
	for _, b := range []string{
		`{}`,
		`{"prompt":" ","model":"sora-2","duration":10,"aspectRatio":"16:9"}`,
		`{"prompt":"a","model":"sora2","duration":10,"aspectRatio":"16:9"}`,
		`{"prompt":"a","model":"sora-2","duration":"10","aspectRatio":"16:9"}`,
		`{"prompt":"a","model":"sora-2","duration":10,"aspectRatio":"wide"}`,
		`{"prompt":"a","model":"sora-2","duration":10,"aspectRatio":"16:9","quality":"8k"}`,
		`{"prompt":"a","model":"sora-2","duration":10,"aspectRatio":"16:9","startImageUrl":"houses/1.jpg"}`,
	} {
		all = append(all, providers.Request{Body: json.RawMessage(b)})
	}
	return all
}

func TestVideosFromTextConform(t *testing.T) {
	for name, behaviour := range map[string]sandbox.KensaBehaviour{
		"plain":           {},
		"errors as OK":    {ErrorsAsOK: true, WholePrompts: true},
		"errors, objects": {ErrorObject: true, ListGrows: true, LinkDelay: 30 * time.Millisecond, FundsAs500: true},
	} {
		t.Run(name, func(t *testing.T) { providertest.Run(t, setup(fromText, behaviour)) })
	}
}

func TestVideosFromPicturesConform(t *testing.T) {
	providertest.Run(t, setup(fromPicture, sandbox.KensaBehaviour{}))
}
