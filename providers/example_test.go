package providers_test

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

// A checker knows a service's rules and prices, and reaches no network.
func ExampleChecker() {
	checker, err := samsar.Service().NewChecker(samsar.TextToVideo, providers.Prices{})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := providers.Request{Operation: samsar.TextToVideo, Body: []byte(`{
		"prompt": "A bakery opens in Riga", "image_model": "SEEDREAM", "video_model": "RUNWAYML",
		"duration": 10, "aspect_ratio": "1:1", "enable_subtitles": true}`)}
	for _, p := range checker.Check(request) {
		fmt.Println(p.Code, p.Pointer)
	}
	quote := checker.Quote(request, job.Length{})
	fmt.Println(quote.Likely, checker.Account(request).Unit, quote.Basis)
	// Output:
	// SAM-V6 /aspect_ratio
	// 300 credits documented
}

// Whether a failed submit may be repeated is decided by its kind alone; an error
// that nobody has classified may have cost money.
func ExampleKindOf() {
	for _, err := range []error{
		&providers.Error{Kind: providers.NotSent, Call: "submit", Err: errors.New("no connection")},
		&providers.Error{Kind: providers.Throttled, Call: "submit", Status: 429, After: 2 * time.Second},
		&providers.Error{Kind: providers.Transient, Call: "submit", Status: 502},
		net.ErrClosed,
	} {
		kind := providers.KindOf(err)
		fmt.Printf("%s: nothing was created: %t\n", kind, kind.NothingCreated())
	}
	// Output:
	// not-sent: nothing was created: true
	// throttled: nothing was created: true
	// transient: nothing was created: false
	// unknown: nothing was created: false
}
