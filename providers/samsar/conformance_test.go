package samsar_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/samsar"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func body(format string, a ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, a...))
}

func textToVideo(n int) providers.Request {
	return providers.Request{
		Operation: samsar.TextToVideo,
		Body:      body(`{"prompt":"A bakery in the morning, number %d","image_model":"SEEDREAM","video_model":"RUNWAYML","duration":10}`, n),
	}
}

func imageList(n int) providers.Request {
	return providers.Request{
		Operation: samsar.ImageListToVideo,
		Body:      body(`{"prompt":"House %d","image_urls":["https://cdn.example.com/%d.jpg",{"src":"https://cdn.example.com/b.jpg","title":"Garden"}],"add_narrator_avatar":true}`, n, n),
	}
}

func external(request func(int) providers.Request) func(int) providers.Request {
	return func(n int) providers.Request {
		r := request(n)
		r.Operation = samsar.External(r.Operation)
		r.Body = append(body(`{"external_user":{"provider":"crm","external_user_id":"42"},`), r.Body[1:]...)
		return r
	}
}

func setup(request func(int) providers.Request, behaviour sandbox.SamsarBehaviour) providertest.Setup {
	return providertest.Setup{
		Service: samsar.Service(), Operation: request(0).Operation, Request: request,
		Length: job.Length{Low: 9 * time.Second, Likely: 10 * time.Second, High: 12 * time.Second},
		Serve:  providertest.Sandbox(samsar.Name, sandbox.Behaviour{Samsar: behaviour}),
		Broken: []providers.Request{{Body: body(`{}`)}, {Body: body(`{"prompt":1,"image_urls":[1]}`)}, {Body: body(`{"input":{"prompt":"x"}}`)}},
	}
}

func TestTextToVideoConforms(t *testing.T) {
	for name, behaviour := range map[string]sandbox.SamsarBehaviour{
		"plain":          {},
		"other readings": {ChargeAtOnce: true, Pauses: true, LinkDelay: 30 * time.Millisecond, ResultField: "result_urls", SubmitDelay: 5 * time.Millisecond},
		"silent on cost": {NoCreditHeaders: true, ResultField: "remoteURL"},
	} {
		t.Run(name, func(t *testing.T) { providertest.Run(t, setup(textToVideo, behaviour)) })
	}
}

func TestImageListsConform(t *testing.T) {
	providertest.Run(t, setup(imageList, sandbox.SamsarBehaviour{ResultField: "videoLink"}))
}

func TestExternalUsersConform(t *testing.T) {
	for _, request := range []func(int) providers.Request{external(textToVideo), external(imageList)} {
		t.Run(request(0).Operation, func(t *testing.T) {
			s := setup(request, sandbox.SamsarBehaviour{LinkDelay: 20 * time.Millisecond})
			s.EmptyLists = []string{samsar.Sessions} // the list has the account's own alone
			providertest.Run(t, s)
		})
	}
}
