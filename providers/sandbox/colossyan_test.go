package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func TestColossyanJobGoesThroughAllStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Render: 100 * time.Second})
		c := colossyanCaller(s)
		a := c.want(t, http.StatusOK, "POST", "/video-generation-jobs/template-jobs", templateJob("Ada"))
		job, video := a.text(t, "id"), a.text(t, "videoId")
		if job == "" || video == "" || job == video {
			t.Fatalf("ids = %q, %q; want two", job, video)
		}
		var seen []string
		for range 101 {
			status := c.want(t, http.StatusOK, "GET", "/video-generation-jobs/"+job, nil)
			if word := status.text(t, "status"); len(seen) == 0 || seen[len(seen)-1] != word {
				seen = append(seen, word)
			}
			time.Sleep(time.Second)
		}
		if got := strings.Join(seen, " "); got != "in_queue preprocessing preprocessing_finished generating finished" {
			t.Errorf("statuses = %s", got)
		}
		result := c.want(t, http.StatusOK, "GET", "/generated-videos/"+video, nil).fields(t)
		if result["jobId"] != job || result["videoDurationSeconds"] != 20.18 {
			t.Errorf("result = %v", result)
		}
		line := bank(t, s)[0]
		if want := credit.Unit.Ratio(20_180, 60_000); line.Amount != want || line.State != sandbox.Charged || line.Unit != "minutes" {
			t.Errorf("bank = %v %s %s, want %v minutes charged", line.Amount, line.Unit, line.State, want)
		}
		if line.Reference != "row-Ada" || line.Operation != "colossyan/template-job" {
			t.Errorf("bank line = %+v", line)
		}
	})
}

// scene is a video job with one scene.
func scene(fields string) string {
	return `{"videoCreative":{"settings":{"name":"v","videoSize":{"width":1920,"height":1080}},"scenes":[{` + fields + `}]}}`
}

func TestColossyanChecksTheTimingOfVideoJobs(t *testing.T) {
	const (
		actor    = `{"type":"actor","actor":"karen","text":"Hello there","speakerId":"x"}`
		video    = `{"type":"video","videoUrl":"https://example.com/v.mp4"}`
		image    = `{"type":"image","imageUrl":"https://example.com/i.png"}`
		imageFor = `{"type":"image","imageUrl":"https://example.com/i.png","duration":3000}`
		imageGap = `{"type":"image","imageUrl":"https://example.com/i.png","startTimeGap":0,"endTimeGap":0}`
		videoGap = `{"type":"video","videoUrl":"https://example.com/v.mp4","startTimeGap":0,"endTimeGap":0}`
		named    = `{"type":"actor","referenceId":"a","text":"Hello"}`
		namedGap = `{"type":"video","referenceId":"a","startTimeGap":0,"endTimeGap":0}`
		tooMuch  = `{"type":"video","duration":1000,"startTimeGap":0,"endTimeGap":0}`
	)
	tracks := func(list ...string) string { return `"tracks":[` + strings.Join(list, ",") + `]` }
	for name, test := range map[string]struct {
		scene string
		want  int
	}{
		"T7 actor alone":                {tracks(actor), 200},
		"T7 video alone":                {tracks(video), 200},
		"T7 image with duration":        {tracks(imageFor), 200},
		"T7 image with nothing":         {tracks(image), 400},
		"T7 actor and gap-timed image":  {tracks(actor, imageGap), 200},
		"T7 actor and image for 3 s":    {tracks(actor, imageFor), 400},
		"T7 actor and video":            {tracks(actor, video), 400},
		"T7 actor and gap-timed video":  {tracks(actor, videoGap), 200},
		"T7 two actors":                 {tracks(actor, actor), 400},
		"T7 does not bind with length":  {`"duration":5000,` + tracks(actor, actor), 200},
		"T4 reference":                  {`"intrinsicDurationTrackReference":"a",` + tracks(named, video), 200},
		"T4 reference to nothing":       {`"intrinsicDurationTrackReference":"b",` + tracks(named), 400},
		"T5 reference twice":            {`"intrinsicDurationTrackReference":"a",` + tracks(named, named), 400},
		"T6 reference to gap-timed":     {`"intrinsicDurationTrackReference":"a",` + tracks(namedGap, actor), 400},
		"T10 over-constrained track":    {`"duration":5000,` + tracks(tooMuch), 400},
		"T11 over-constrained scene":    {`"duration":5000,"intrinsicDurationTrackReference":"a",` + tracks(named), 400},
		"T3 duration as text":           {`"duration":"5000",` + tracks(actor), 400},
		"T3 duration of nothing":        {`"duration":0,` + tracks(actor), 400},
		"T3 negative gap":               {`"duration":5000,` + tracks(`{"type":"actor","startTimeGap":-1}`), 400},
		"unknown track type":            {`"duration":5000,` + tracks(`{"type":"hologram","depth":3}`, actor), 200},
		"unknown type next to an actor": {tracks(`{"type":"hologram"}`, actor), 200},
		"track without type":            {`"duration":5000,` + tracks(`{"text":"x"}`), 400},
		"no tracks":                     {`"duration":5000`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sandbox.Options{})
			colossyanCaller(s).want(t, test.want, "POST", "/video-generation-jobs", scene(test.scene))
			if jobs := len(bank(t, s)); (jobs == 1) != (test.want == 200) {
				t.Errorf("%d jobs in the bank after a %d", jobs, test.want)
			}
		})
	}
}

func TestColossyanRefusesMalformedSubmits(t *testing.T) {
	for name, test := range map[string]struct{ path, body string }{
		"no JSON":                 {"/video-generation-jobs/template-jobs", "templateJobId=1"},
		"a list":                  {"/video-generation-jobs/template-jobs", "[]"},
		"two documents":           {"/video-generation-jobs/template-jobs", `{"templateJobId":"a","dynamicVariables":{}}{}`},
		"no template":             {"/video-generation-jobs/template-jobs", `{"dynamicVariables":{}}`},
		"no variables":            {"/video-generation-jobs/template-jobs", `{"templateJobId":"a"}`},
		"variables in a list":     {"/video-generation-jobs/template-jobs", `{"templateJobId":"a","dynamicVariables":[]}`},
		"callback is no URL":      {"/video-generation-jobs/template-jobs", `{"templateJobId":"a","dynamicVariables":{},"callbackUrl":"here"}`},
		"payload is no object":    {"/video-generation-jobs/template-jobs", `{"templateJobId":"a","dynamicVariables":{},"callbackPayload":"x"}`},
		"no creative":             {"/video-generation-jobs", `{}`},
		"no scenes":               {"/video-generation-jobs", `{"videoCreative":{"settings":{"videoSize":{"width":1,"height":1}},"scenes":[]}}`},
		"no size":                 {"/video-generation-jobs", `{"videoCreative":{"settings":{},"scenes":[{"duration":1,"tracks":[]}]}}`},
		"null callback of E1":     {"/video-generation-jobs", `{"callback":null,` + scene(`"duration":1,"tracks":[]`)[1:]},
		"avatar of a third kind":  {"/assets/actors", `{"gender":"Robot"}`},
		"avatar from no text URL": {"/assets/actors", `{"sourceFileUrl":5}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sandbox.Options{})
			colossyanCaller(s).want(t, http.StatusBadRequest, "POST", test.path, test.body)
			if jobs := len(bank(t, s)); jobs != 0 {
				t.Errorf("%d jobs in the bank after a 400", jobs)
			}
		})
	}
}

func TestColossyanWantsABearerToken(t *testing.T) {
	s := open(t, sandbox.Options{})
	for name, header := range map[string]http.Header{
		"none":    {},
		"old":     {"Authorizationtoken": {"token"}},
		"basic":   {"Authorization": {"Basic dG9rZW4="}},
		"empty":   {"Authorization": {"Bearer "}},
		"expired": {"Authorization": {"Bearer expired"}},
	} {
		c := colossyanCaller(s)
		c.header = header
		t.Run(name, func(t *testing.T) {
			c.want(t, http.StatusUnauthorized, "POST", "/video-generation-jobs/template-jobs", templateJob("Ada"))
			c.want(t, http.StatusUnauthorized, "GET", "/assets/voices", nil)
		})
	}
}

func TestAcceptThenDropChargesAndSaysNothing(t *testing.T) {
	s := open(t, sandbox.Options{Faults: "accept-then-drop=100%"})
	_, err := colossyanCaller(s).try("POST", "/video-generation-jobs/template-jobs", templateJob("Ada"))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("submit: %v, want a lost connection", err)
	}
	if lines := bank(t, s); len(lines) != 1 || lines[0].Reference != "row-Ada" {
		t.Errorf("bank = %+v, want the one accepted job", lines)
	}
}
