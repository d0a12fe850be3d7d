package colossyan_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func body(format string, a ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, a...))
}

func templateJob(n int) providers.Request {
	return providers.Request{
		Operation: colossyan.TemplateJob,
		Body:      body(`{"templateJobId":"3f6c2b1e","dynamicVariables":{"name":"Ada Lovelace %d","amount":"€12.30"}}`, n),
	}
}

func videoJob(n int) providers.Request {
	return providers.Request{
		Operation: colossyan.VideoJob,
		Body: body(`{"videoCreative":{"settings":{"name":"Welcome %d","videoSize":{"width":1920,"height":1080}},
			"scenes":[{"duration":5000,"tracks":[{"type":"actor","actor":"karen","speakerId":"en-GB-RyanNeural","text":"Hello",
			"position":{"x":0,"y":0},"size":{"width":960,"height":1080},"madeUpByStudio":{"a":[1,2.50]}}]}]}}`, n),
	}
}

func setup(operation string, request func(int) providers.Request, behaviour sandbox.ColossyanBehaviour) providertest.Setup {
	return providertest.Setup{
		Service: colossyan.Service(), Operation: operation, Request: request,
		Length: job.Length{Low: 19 * time.Second, Likely: 21 * time.Second, High: 25 * time.Second},
		Serve:  providertest.Sandbox(colossyan.Name, sandbox.Behaviour{Colossyan: behaviour}),
	}
}

func brokenTemplateJobs() []providers.Request {
	return []providers.Request{
		{Body: body(`{}`)},
		{Body: body(`{"templateJobId":"","dynamicVariables":{}}`)},
		{Body: body(`{"templateJobId":"a"}`)},
		{Body: body(`{"templateJobId":"a","dynamicVariables":{"n":1}}`)},
		{Body: body(`{"templateJobId":"a","dynamicVariables":{},"callback":"https://x.example"}`)},
	}
}

func TestTemplateJobsConform(t *testing.T) {
	for name, behaviour := range map[string]sandbox.ColossyanBehaviour{
		"plain":            {},
		"other readings":   {JobByVideoID: true, ResultDelay: 30 * time.Millisecond, DeletedIsGone: true, DeleteNoContent: true, OldCallback: true, OddStatus: "polishing"},
		"no id of a video": {NoVideoID: true, ErrorShape: "errors", PayloadWins: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(colossyan.TemplateJob, templateJob, behaviour)
			s.Broken = brokenTemplateJobs()
			providertest.Run(t, s)
		})
	}
}

func TestVideoJobsConform(t *testing.T) {
	s := setup(colossyan.VideoJob, videoJob, sandbox.ColossyanBehaviour{ErrorShape: "text"})
	s.Broken = []providers.Request{
		{Body: body(`{}`)},
		{Body: body(`{"videoCreative":{"scenes":[]}}`)},
		{Body: body(`{"videoCreative":{"settings":{"videoSize":{"width":1,"height":1}},"scenes":[{"tracks":[{"type":"video","imageUrl":"https://x.example/a.mp4"}]}]}}`)},
	}
	providertest.Run(t, s)
}

func TestAvatarsConform(t *testing.T) {
	s := setup(colossyan.Avatar, func(n int) providers.Request {
		return providers.Request{Body: body(`{"displayName":"Ana %d","sourceFileUrl":"https://x.example/%d.jpg","gender":"Female"}`, n, n)}
	}, sandbox.ColossyanBehaviour{})
	s.CostUnknown = true
	s.Broken = []providers.Request{{Body: body(`{}`)}, {Body: body(`{"sourceFileUrl":"https://x.example/a.jpg","gender":"f"}`)}}
	providertest.Run(t, s)
}

func TestDraftsConform(t *testing.T) {
	s := setup(colossyan.Draft, func(n int) providers.Request {
		return providers.Request{Body: body(`{"summary":{"title":"Draft %d","description":"","chapters":[{"title":"One","script":"Hello","searchTerms":"a"}]},"templateId":"t"}`, n)}
	}, sandbox.ColossyanBehaviour{})
	s.CostUnknown = true
	s.Broken = []providers.Request{{Body: body(`{}`)}, {Body: body(`{"summary":{"title":"a","chapters":[{"title":"b"}]}}`)}}
	providertest.Run(t, s)
}

func TestPricesOfTheCampaignAreCharged(t *testing.T) {
	perMinute, perJob := credit.Of(3), credit.Of(2)
	for name, test := range map[string]struct {
		prices providers.Prices
		length job.Length
		want   credit.Estimate
		charge credit.Charge // of a minute and a half
	}{
		"nothing told":      {providers.Prices{}, long(60, 90, 120), credit.Estimate{Low: credit.Of(1), Likely: 1_500_000, High: credit.Of(2), Basis: credit.Documented}, credit.Charge{Amount: 1_500_000, Basis: credit.Observed}},
		"unknown length":    {providers.Prices{}, job.Length{}, credit.Estimate{}, credit.Charge{Amount: 1_500_000, Basis: credit.Observed}},
		"per minute":        {providers.Prices{PerMinute: &perMinute, AsOf: "2026-11-01"}, long(60, 60, 60), credit.Estimate{Low: credit.Of(3), Likely: credit.Of(3), High: credit.Of(3), Basis: credit.Configured, PriceDate: "2026-11-01"}, credit.Charge{Amount: 4_500_000, Basis: credit.Observed}},
		"per job, any long": {providers.Prices{PerJob: &perJob}, job.Length{}, credit.Exactly(credit.Of(2), credit.Configured), credit.Charge{Amount: credit.Of(2), Basis: credit.Observed}},
		"both":              {providers.Prices{PerJob: &perJob, PerMinute: &perMinute}, long(60, 60, 60), credit.Exactly(credit.Of(5), credit.Configured), credit.Charge{Amount: 6_500_000, Basis: credit.Observed}},
		"other unit alone":  {providers.Prices{Unit: "EUR"}, long(60, 60, 60), credit.Estimate{}, credit.Charge{}},
	} {
		checker, err := colossyan.NewChecker(colossyan.TemplateJob, test.prices)
		if err != nil {
			t.Fatal(err)
		}
		got := checker.Quote(templateJob(1), test.length)
		if got != test.want {
			t.Errorf("%s: quote = %+v, want %+v", name, got, test.want)
		}
		done := providers.Progress{Outcome: providers.Succeeded, Result: job.Result{Duration: 90 * time.Second}}
		if charge := checker.Charge(got, done); charge != test.charge {
			t.Errorf("%s: charge = %+v, want %+v", name, charge, test.charge)
		}
		for _, outcome := range []providers.Outcome{providers.Failed, providers.Cancelled} {
			if charge := checker.Charge(got, providers.Progress{Outcome: outcome, Result: done.Result}); charge != (credit.Charge{}) {
				t.Errorf("%s: a job that came to nothing is charged %+v; nobody knows", name, charge)
			}
		}
	}
}

func long(low, likely, high int) job.Length {
	return job.Length{Low: time.Duration(low) * time.Second, Likely: time.Duration(likely) * time.Second, High: time.Duration(high) * time.Second}
}
