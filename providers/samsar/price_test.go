package samsar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// asOf is the day of the embedded price list.
const asOf = "2026-11-20"

func seconds(low, likely, high int) job.Length {
	return job.Length{Low: time.Duration(low) * time.Second, Likely: time.Duration(likely) * time.Second, High: time.Duration(high) * time.Second}
}

// documented is an estimate by the published prices.
func documented(low, likely, high int64) credit.Estimate {
	return credit.Estimate{Low: credit.Of(low), Likely: credit.Of(likely), High: credit.Of(high), Basis: credit.Documented, PriceDate: asOf}
}

func TestPricesToTheCredit(t *testing.T) {
	const text, images = samsar.TextToVideo, samsar.ImageListToVideo
	outro := members{"outro_image_url": "https://example.com/o.png"}
	cta := members{"add_narrator_avatar": true, "express_cta_generation": true, "cta_url": "https://example.com"}
	for name, test := range map[string]struct {
		operation string
		change    members
		length    job.Length
		want      credit.Estimate
	}{
		"$1 10 s RUNWAYML":               {text, nil, job.Length{}, documented(300, 300, 300)},
		"$1 8 s VEO3.1I2V":               {text, members{"video_model": "VEO3.1I2V", "duration": 8}, job.Length{}, documented(480, 480, 480)},
		"$1 HAPPYHORSEI2V":               {text, members{"video_model": "HAPPYHORSEI2V", "duration": 15}, job.Length{}, documented(540, 540, 540)},
		"$1 SEEDANCEI2V":                 {text, members{"video_model": "SEEDANCEI2V", "duration": 20}, job.Length{}, documented(600, 600, 600)},
		"$1 KLINGIMGTOVID3PRO":           {text, members{"video_model": "KLINGIMGTOVID3PRO", "duration": 10}, job.Length{}, documented(360, 360, 360)},
		"$1 VEO3.1I2VFAST":               {text, members{"video_model": "VEO3.1I2VFAST", "duration": 14}, job.Length{}, documented(504, 504, 504)},
		"$1 240 s":                       {text, members{"duration": 240}, job.Length{}, documented(7200, 7200, 7200)},
		"$6 12 s may be 15":              {text, members{"duration": 12}, job.Length{}, documented(360, 360, 450)},
		"$6 10 s of 6 and 8 may be 12":   {text, members{"video_model": "VEO3.1I2V", "duration": 10}, job.Length{}, documented(600, 600, 720)},
		"$6 an outro may add 8 s":        {text, outro, job.Length{}, documented(300, 300, 540)},
		"$8 parts of a second":           {text, members{"duration": 9.9}, job.Length{}, documented(297, 297, 307)},
		"$1 no model":                    {text, members{"video_model": "SORA"}, job.Length{}, credit.Estimate{}},
		"$7 two pictures":                {images, nil, job.Length{}, documented(300, 450, 600)},
		"$7 of about 14 s":               {images, nil, seconds(12, 14, 16), documented(300, 420, 600)},
		"$7 of an impossible length":     {images, nil, seconds(90, 90, 90), documented(300, 600, 600)},
		"$2 avatar":                      {images, members{"add_narrator_avatar": true}, job.Length{}, documented(340, 510, 680)},
		"$2 avatar and CTA, (30+5)/s":    {images, cta, job.Length{}, documented(350, 665, 980)},
		"$3 translate 10 s":              {samsar.Translate, nil, seconds(10, 10, 10), documented(30, 30, 30)},
		"$3 translate, not known":        {samsar.Translate, nil, job.Length{}, credit.Estimate{}},
		"$3 join 25 s":                   {samsar.Join, nil, seconds(20, 25, 30), documented(60, 75, 90)},
		"$4 add outro":                   {samsar.AddOutro, nil, job.Length{}, documented(75, 75, 75)},
		"$4 update outro":                {samsar.UpdateOutro, nil, seconds(5, 5, 5), documented(75, 75, 75)},
		"$4 update footer":               {samsar.UpdateFooter, nil, job.Length{}, documented(75, 75, 75)},
		"$4 external outro":              {samsar.External(samsar.AddOutro), nil, job.Length{}, documented(75, 75, 75)},
		"$5 clone":                       {samsar.Clone, nil, job.Length{}, documented(0, 0, 0)},
		"$5 add subtitles":               {samsar.AddSubtitles, nil, job.Length{}, documented(0, 0, 0)},
		"$5 remove subtitles":            {samsar.RemoveSubtitles, nil, seconds(5, 5, 5), documented(0, 0, 0)},
		"$1 external, the same":          {samsar.External(text), nil, job.Length{}, documented(300, 300, 300)},
		"$2 model left out is RUNWAYML":  {images, members{"video_model": nil}, job.Length{}, documented(300, 450, 600)},
		"$2 another model's rate counts": {images, members{"video_model": "VEO3.1I2V"}, job.Length{}, documented(720, 840, 960)},
	} {
		t.Run(name, func(t *testing.T) {
			request := providers.Request{Operation: test.operation, Body: with(test.operation, test.change)}
			if diff := cmp.Diff(test.want, check(t, test.operation).Quote(request, test.length)); diff != "" {
				t.Errorf("quote (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPricesOfTheCampaignComeFirst(t *testing.T) {
	perMinute, perJob := credit.Of(1200), credit.Of(7)
	table := []providers.Price{{Model: "RUNWAYML", Duration: 10 * time.Second, Amount: credit.Of(330)}, {Model: "NEWMODEL", Amount: credit.Of(12)}}
	for name, test := range map[string]struct {
		prices providers.Prices
		model  string
		want   credit.Amount
		basis  credit.Basis
		date   string
	}{
		"none":              {providers.Prices{AsOf: "2027-01-01"}, "RUNWAYML", credit.Of(300), credit.Documented, asOf},
		"per minute":        {providers.Prices{PerMinute: &perMinute, AsOf: "2027-01-01"}, "RUNWAYML", credit.Of(200), credit.Configured, "2027-01-01"},
		"per job":           {providers.Prices{PerJob: &perJob}, "RUNWAYML", credit.Of(7), credit.Configured, asOf},
		"table":             {providers.Prices{Table: table}, "RUNWAYML", credit.Of(330), credit.Configured, asOf},
		"table, new model":  {providers.Prices{Table: table}, "NEWMODEL", credit.Of(120), credit.Configured, asOf},
		"table, not listed": {providers.Prices{Table: table}, "SEEDANCEI2V", credit.Of(300), credit.Documented, asOf},
	} {
		t.Run(name, func(t *testing.T) {
			checker, err := samsar.NewChecker(samsar.TextToVideo, test.prices)
			if err != nil {
				t.Fatal(err)
			}
			request := providers.Request{Body: with(samsar.TextToVideo, members{"video_model": test.model})}
			if problems := checker.Check(request); len(problems) > 0 {
				t.Errorf("problems = %+v", problems)
			}
			want := credit.Estimate{Low: test.want, Likely: test.want, High: test.want, Basis: test.basis, PriceDate: test.date}
			if got := checker.Quote(request, job.Length{}); got != want {
				t.Errorf("quote = %+v, want %+v", got, want)
			}
		})
	}
}

func TestChargeIsTheServicesWordElseUnknownUnlessSure(t *testing.T) {
	exact := credit.Exactly(credit.Of(300), credit.Documented)
	wide := credit.Estimate{Low: credit.Of(300), Likely: credit.Of(450), High: credit.Of(600), Basis: credit.Documented}
	observed := func(n int64) credit.Charge {
		return credit.Charge{Amount: credit.Of(n), Basis: credit.Observed}
	}
	for name, test := range map[string]struct {
		quoted   credit.Estimate
		progress providers.Progress
		want     credit.Charge
	}{
		"reported":               {exact, providers.Progress{Outcome: providers.Succeeded, Reported: observed(305)}, observed(305)},
		"silent, exact price":    {exact, providers.Progress{Outcome: providers.Succeeded}, credit.Charge{Amount: credit.Of(300), Basis: credit.Documented}},
		"silent, interval":       {wide, providers.Progress{Outcome: providers.Succeeded}, credit.Charge{}},
		"silent, no price":       {credit.Estimate{}, providers.Progress{Outcome: providers.Succeeded}, credit.Charge{}},
		"failed, reported":       {exact, providers.Progress{Outcome: providers.Failed, Reported: observed(160)}, observed(160)},
		"failed, silent":         {exact, providers.Progress{Outcome: providers.Failed}, credit.Charge{}},
		"cancelled, silent":      {exact, providers.Progress{Outcome: providers.Cancelled}, credit.Charge{}},
		"cancelled, reported":    {exact, providers.Progress{Outcome: providers.Cancelled, Reported: observed(0)}, observed(0)},
		"running, taken so far":  {exact, providers.Progress{Reported: observed(40)}, credit.Charge{}},
		"succeeded, of no price": {credit.Estimate{Basis: credit.Documented}, providers.Progress{Outcome: providers.Succeeded}, credit.Charge{Basis: credit.Documented}},
	} {
		if got := check(t, samsar.TextToVideo).Charge(test.quoted, test.progress); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestAnExternalUsersChargesAreTheirOwn(t *testing.T) {
	own := credit.Account{Provider: "samsar", Unit: "credits"}
	for body, payer := range map[string]string{
		`{"provider":"crm","external_user_id":"42"}`:                    "crm/42",
		`{"provider":"crm","external_user_id":"42","unique_key":"ada"}`: "crm/ada",
		`{"provider":"shop","external_user_id":"42"}`:                   "shop/42",
	} {
		request := providers.Request{Body: []byte(`{"external_user":` + body + `}`)}
		want := own
		want.Payer = payer
		for _, o := range samsar.Service().Operations {
			who := own
			if strings.HasPrefix(o.Name, "samsar/external-") {
				who = want
			}
			if got := check(t, o.Name).Account(request); got != who {
				t.Errorf("%s is paid by %v, want %v", o.Name, got, who)
			}
		}
	}
}

func TestChangedPricesAreFound(t *testing.T) {
	behaviour := sandbox.Behaviour{Samsar: sandbox.SamsarBehaviour{Rates: map[string]int64{"RUNWAYML": 33}}}
	box, err := sandbox.New(sandbox.Options{Behaviour: behaviour})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	at := func(p providers.Prices) []providers.PriceDifference {
		t.Helper()
		client, err := samsar.New(providers.Config{
			Token: "token", Transport: box.Transport(), BaseURL: box.BaseURL(samsar.Name, "http://sandbox.example"), Prices: p,
		})
		if err != nil {
			t.Fatal(err)
		}
		var checker providers.PriceChecker = client
		found, err := checker.CheckPrices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	now := credit.Of(33)
	want := []providers.PriceDifference{{Name: "RUNWAYML", Per: "second", Unit: "credits", Planned: credit.Of(30), Published: &now}}
	if diff := cmp.Diff(want, at(providers.Prices{})); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	accepted := providers.Price{Model: "RUNWAYML", Duration: time.Second, Amount: now}
	if found := at(providers.Prices{Table: []providers.Price{accepted}}); len(found) > 0 {
		t.Errorf("an accepted price is different: %+v", found)
	}
	gone := providers.Price{Model: "OLDMODEL", Duration: time.Second, Amount: now}
	if found := at(providers.Prices{Table: []providers.Price{accepted, gone}}); len(found) != 1 || found[0].Name != "OLDMODEL" || found[0].Published != nil {
		t.Errorf("differences = %+v, want a model that is not offered", found)
	}
}

// TestAFractionOfASecondIsPricedToTheMillisecond: a duration is counted in whole
// milliseconds, so none is added because a float cannot hold it.
func TestAFractionOfASecondIsPricedToTheMillisecond(t *testing.T) {
	for written, ms := range map[string]int64{"32.197": 32197, "8.2": 8200, "4.35": 4350, "16.1": 16100, "1.001": 1001, "64.33": 64330, "10": 10000, "1.00005": 1001, "2.5e1": 25000} {
		body := with(samsar.TextToVideo, members{"video_model": "VEO3.1I2V", "duration": json.RawMessage(written)})
		got := check(t, samsar.TextToVideo).Quote(providers.Request{Operation: samsar.TextToVideo, Body: body}, job.Length{})
		if want := credit.Of(60).Ratio(ms, 1000); got.Low != want {
			t.Errorf("%s s cost at least %v, want %v", written, got.Low, want)
		}
	}
}
