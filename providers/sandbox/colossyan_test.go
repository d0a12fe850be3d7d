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

// behaving opens a sandbox with a Colossyan of its own kind, and a job of a
// minute.
func behaving(t *testing.T, b sandbox.ColossyanBehaviour) (c caller, job, video string) {
	t.Helper()
	s := open(t, sandbox.Options{Render: time.Minute, Behaviour: sandbox.Behaviour{Colossyan: b}})
	c = colossyanCaller(s)
	a := c.want(t, http.StatusOK, "POST", submitPath, templateJob("Ada"))
	return c, "/video-generation-jobs/" + a.text(t, "id"), "/generated-videos/" + a.text(t, "videoId")
}

func TestColossyanProgressIsNoPercentage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, job, _ := behaving(t, sandbox.ColossyanBehaviour{})
		first := c.want(t, http.StatusOK, "GET", job, nil).fields(t)
		if first["progress"] != 0.0 || first["maximumProgress"] != 0.0 {
			t.Errorf("progress of a queued job = %v of %v, want 0 of 0", first["progress"], first["maximumProgress"])
		}
		time.Sleep(30 * time.Second)
		half := c.want(t, http.StatusOK, "GET", job, nil).fields(t)
		if part := half["progress"].(float64) / half["maximumProgress"].(float64); part < 0.4 || part > 0.5 {
			t.Errorf("progress halfway = %v of %v", half["progress"], half["maximumProgress"])
		}
		time.Sleep(time.Minute)
		end := c.want(t, http.StatusOK, "GET", job, nil).fields(t)
		if end["progress"] != end["maximumProgress"] {
			t.Errorf("progress at the end = %v of %v", end["progress"], end["maximumProgress"])
		}
	})
}

func TestColossyanAnswersWithTheWholeJob(t *testing.T) {
	s := open(t, sandbox.Options{})
	c := colossyanCaller(s)
	a := c.want(t, http.StatusOK, "POST", "/video-generation-jobs", scene(`"duration":1000,"tracks":[{"type":"hologram","depth":3}]`))
	job := c.want(t, http.StatusOK, "GET", "/video-generation-jobs/"+a.text(t, "id"), nil)
	if !strings.Contains(string(job.body), `{"type":"hologram","depth":3}`) {
		t.Errorf("job = %s, want the creative it was sent", job.body)
	}
}

func TestColossyanJobPathTakesOneOfTheTwoIDs(t *testing.T) {
	for _, byVideo := range []bool{false, true} {
		c, job, video := behaving(t, sandbox.ColossyanBehaviour{JobByVideoID: byVideo})
		byVideoID := "/video-generation-jobs/" + strings.TrimPrefix(video, "/generated-videos/")
		right, wrong := job, byVideoID
		if byVideo {
			right, wrong = byVideoID, job
		}
		c.want(t, http.StatusOK, "GET", right, nil)
		c.want(t, http.StatusNotFound, "GET", wrong, nil)
		c.want(t, http.StatusBadRequest, "GET", "/video-generation-jobs/nonsense", nil)
	}
}

func TestColossyanResultMayComeAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, job, video := behaving(t, sandbox.ColossyanBehaviour{ResultDelay: 10 * time.Second})
		time.Sleep(65 * time.Second)
		if status := c.want(t, http.StatusOK, "GET", job, nil).text(t, "status"); status != "finished" {
			t.Fatalf("status = %s", status)
		}
		c.want(t, http.StatusNotFound, "GET", video, nil)
		time.Sleep(10 * time.Second)
		c.want(t, http.StatusOK, "GET", video, nil)
	})
}

func TestColossyanDeletedJobIsStoppedAndGivenBack(t *testing.T) {
	for name, test := range map[string]struct {
		behaviour             sandbox.ColossyanBehaviour
		wantDelete, wantAfter int
	}{
		"status deleted": {sandbox.ColossyanBehaviour{}, http.StatusOK, http.StatusOK},
		"gone":           {sandbox.ColossyanBehaviour{DeletedIsGone: true}, http.StatusOK, http.StatusNotFound},
		"no content":     {sandbox.ColossyanBehaviour{DeleteNoContent: true}, http.StatusNoContent, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, job, video := behaving(t, test.behaviour)
				time.Sleep(30 * time.Second)
				c.want(t, test.wantDelete, "DELETE", job, nil)
				a := c.want(t, test.wantAfter, "GET", job, nil)
				if a.status == http.StatusOK && a.text(t, "status") != "deleted" {
					t.Errorf("status = %s", a.body)
				}
				c.want(t, http.StatusNotFound, "DELETE", job, nil)
				time.Sleep(time.Hour)
				c.want(t, http.StatusNotFound, "GET", video, nil)
				if line := bank(t, c.sandbox)[0]; line.State != sandbox.Released {
					t.Errorf("bank = %s, want released", line.State)
				}
			})
		})
	}
}

func TestColossyanDeletedVideoIsGoneAndStaysPaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, video := behaving(t, sandbox.ColossyanBehaviour{})
		c.want(t, http.StatusNotFound, "DELETE", video, nil)
		time.Sleep(time.Hour)
		c.want(t, http.StatusOK, "DELETE", video, nil)
		c.want(t, http.StatusNotFound, "GET", video, nil)
		if line := bank(t, c.sandbox)[0]; line.State != sandbox.Charged {
			t.Errorf("bank = %s, want charged", line.State)
		}
	})
}

func TestColossyanFinishedJobIsDeletedWithItsVideoAndStaysPaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, job, video := behaving(t, sandbox.ColossyanBehaviour{})
		time.Sleep(time.Hour)
		c.want(t, http.StatusOK, "DELETE", job, nil)
		if a := c.want(t, http.StatusOK, "GET", job, nil); a.text(t, "status") != "deleted" {
			t.Errorf("status = %s, want deleted", a.body)
		}
		c.want(t, http.StatusNotFound, "GET", video, nil)
		c.want(t, http.StatusNotFound, "DELETE", job, nil)
		if line := bank(t, c.sandbox)[0]; line.State != sandbox.Charged {
			t.Errorf("bank = %s, want charged", line.State)
		}
	})
}

func TestColossyanWorkspacesDoNotSeeEachOther(t *testing.T) {
	c, job, _ := behaving(t, sandbox.ColossyanBehaviour{})
	other := c
	other.header = http.Header{"Authorization": {"Bearer other"}}
	other.want(t, http.StatusNotFound, "GET", job, nil)
	other.want(t, http.StatusNotFound, "DELETE", job, nil)
}

func TestColossyanErrorsHaveSeveralShapes(t *testing.T) {
	for shape, want := range map[string]string{
		"":       `{"message":"Invalid videoGenerationJobId parameter.","statusCode":400}`,
		"error":  `{"error":"Invalid videoGenerationJobId parameter."}`,
		"errors": `{"errors":[{"message":"Invalid videoGenerationJobId parameter."}]}`,
		"text":   `Invalid videoGenerationJobId parameter.`,
	} {
		c, _, _ := behaving(t, sandbox.ColossyanBehaviour{ErrorShape: shape})
		if a := c.want(t, http.StatusBadRequest, "GET", "/video-generation-jobs/x", nil); string(a.body) != want {
			t.Errorf("error shape %q = %s, want %s", shape, a.body, want)
		}
	}
}

func TestColossyanMayLeaveOutTheVideoIDAndUseOddWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Render: time.Minute, Behaviour: sandbox.Behaviour{Colossyan: sandbox.ColossyanBehaviour{NoVideoID: true, OddStatus: "polishing"}}})
		c := colossyanCaller(s)
		a := c.want(t, http.StatusOK, "POST", submitPath, templateJob("Ada"))
		if a.text(t, "videoId") != "" {
			t.Errorf("answer = %s, want no videoId", a.body)
		}
		time.Sleep(30 * time.Second)
		job := c.want(t, http.StatusOK, "GET", "/video-generation-jobs/"+a.text(t, "id"), nil)
		if job.text(t, "status") != "polishing" || job.text(t, "videoId") == "" {
			t.Errorf("job = %s", job.body)
		}
	})
}

func TestColossyanMakesAvatarsAndDraftsAtOnce(t *testing.T) {
	s := open(t, sandbox.Options{})
	c := colossyanCaller(s)
	avatar := c.want(t, http.StatusCreated, "POST", "/assets/actors", `{"displayName":"Ada","sourceFileUrl":"https://example.com/a.png","gender":"Female"}`)
	actors := c.want(t, http.StatusOK, "GET", "/assets/actors", nil)
	for _, name := range []string{avatar.text(t, "name"), "karen"} {
		if !strings.Contains(string(actors.body), `"`+name+`"`) {
			t.Errorf("avatar %q is not listed in %s", name, actors.body)
		}
	}
	c.base = root + "/colossyan/api"
	draft := c.want(t, http.StatusOK, "POST", "/knowledge-to-draft/generate-draft",
		`{"summary":{"title":"Spring","description":"","chapters":[{"title":"a","script":"b","searchTerms":"c"}]}}`)
	c.base = root
	c.want(t, http.StatusOK, "GET", path(t, draft.fields(t)["url"]), nil)
	c.base = root + "/colossyan/api"
	c.want(t, http.StatusBadRequest, "POST", "/knowledge-to-draft/generate-draft", `{"summary":{}}`)
	for i, want := range []string{"colossyan/avatar", "colossyan/draft"} {
		if line := bank(t, s)[i]; line.Operation != want || line.State != sandbox.Charged || line.Amount != 0 {
			t.Errorf("bank line %d = %+v, want %s", i, line, want)
		}
	}
}

func TestSameContentIsSeenWhateverTheCallbackSays(t *testing.T) {
	s := open(t, sandbox.Options{})
	c := colossyanCaller(s)
	first, second, third := templateJob("Ada"), templateJob("Ada"), templateJob("Bob")
	second["callbackPayload"] = map[string]string{"reference": "another"}
	for _, job := range []map[string]any{first, second, third} {
		c.want(t, http.StatusOK, "POST", submitPath, job)
	}
	lines := bank(t, s)
	if lines[0].Content != lines[1].Content || lines[0].Content == lines[2].Content || lines[0].BodyHash == lines[1].BodyHash {
		t.Errorf("contents = %s, %s, %s", lines[0].Content, lines[1].Content, lines[2].Content)
	}
}
