package acme_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/acme"
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func TestConformance(t *testing.T) {
	request := func(body string) providers.Request {
		return providers.Request{Operation: acme.Video, Body: json.RawMessage(body)}
	}
	providertest.Run(t, providertest.Setup{
		Service: acme.Service(), Operation: acme.Video,
		Request: func(n int) providers.Request { return request(fmt.Sprintf(`{"title":"Hello %d","seconds":8}`, n)) },
		Broken:  []providers.Request{request(`{"title":"","seconds":8}`), request(`{"title":"Hello","seconds":61}`)},
		Serve:   providertest.Sandbox(acme.Name, sandbox.Behaviour{}),
	})
}
