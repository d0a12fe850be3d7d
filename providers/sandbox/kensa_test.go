package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func kensaCaller(s *sandbox.Sandbox) caller {
	return caller{s, s.BaseURL(sandbox.Kensa, root), http.Header{"Cookie": {"session=1"}}}
}

// meadow is the documentation's sample order.
func meadow() map[string]any {
	return map[string]any{
		"prompt": "A golden retriever running through a sunlit meadow, cinematic slow motion",
		"model":  "sora-2", "duration": 10, "aspectRatio": "16:9", "quality": "720p",
	}
}

// data reads the data of a successful answer.
func (a answer) data(t *testing.T) map[string]any {
	t.Helper()
	fields := a.fields(t)
	data, ok := fields["data"].(map[string]any)
	if !ok || fields["success"] != true {
		t.Fatalf("answer %d %s is no success", a.status, a.body)
	}
	return data
}

// generate orders a video and returns its uuid.
func (c caller) generate(t *testing.T, order map[string]any) string {
	t.Helper()
	return c.want(t, http.StatusOK, "POST", "/video/generate", order).data(t)["uuid"].(string)
}

func kensaBehaving(t *testing.T, b sandbox.KensaBehaviour, o sandbox.Options) caller {
	t.Helper()
	o.Behaviour.Kensa = b
	return kensaCaller(open(t, o))
}

func TestKensaFreezesThenSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kensaBehaving(t, sandbox.KensaBehaviour{}, sandbox.Options{Render: 100 * time.Second, Balance: map[string]credit.Amount{"kensa": credit.Of(2)}})
		order := c.want(t, 200, "POST", "/video/generate", meadow()).data(t)
		if order["status"] != "PENDING" || order["creditsUsed"] != 2.0 {
			t.Errorf("answer = %v", order)
		}
		if line := bank(t, c.sandbox)[0]; line.State != sandbox.Open || line.Amount != credit.Of(2) {
			t.Errorf("bank while it runs = %+v, want 2 open", line)
		}
		var seen []string
		for range 101 {
			if word := c.want(t, 200, "GET", "/video/task?uuid="+order["uuid"].(string), nil).data(t)["status"].(string); len(seen) == 0 || seen[len(seen)-1] != word {
				seen = append(seen, word)
			}
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]string{"PENDING", "GENERATING", "UPLOADING", "COMPLETED"}, seen); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if line := bank(t, c.sandbox)[0]; line.State != sandbox.Charged || line.Amount != credit.Of(2) {
			t.Errorf("bank at the end = %+v, want 2 charged", line)
		}
		video := c.want(t, 200, "GET", "/video/"+order["uuid"].(string), nil).data(t)
		if video["videoUrl"] == nil || video["resolution"] != "720p" || video["generationTime"] != 100.0 || video["creditsUsed"] != 2.0 {
			t.Errorf("details = %v", video)
		}
		c.want(t, http.StatusPaymentRequired, "POST", "/video/generate", meadow())
		c.sandbox.Grant("kensa", credit.Of(2))
		c.generate(t, meadow())
	})
}

func TestKensaReleasesFailures(t *testing.T) {
	for _, free := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := kensaBehaving(t, sandbox.KensaBehaviour{FailedIsFree: free}, sandbox.Options{
				Faults: "failed@1", Balance: map[string]credit.Amount{"kensa": credit.Of(2)},
			})
			id := c.generate(t, meadow())
			c.want(t, http.StatusPaymentRequired, "POST", "/video/generate", meadow()) // both credits are frozen
			time.Sleep(time.Minute)
			video := c.want(t, 200, "GET", "/video/"+id, nil).data(t)
			want := 2.0
			if free {
				want = 0
			}
			if video["status"] != "FAILED" || video["creditsUsed"] != want {
				t.Errorf("details = %v, want FAILED with %v credits", video, want)
			}
			if line := bank(t, c.sandbox)[0]; line.State != sandbox.Released || line.Amount != credit.Of(2) {
				t.Errorf("bank = %+v, want 2 released", line)
			}
			c.generate(t, meadow())
		})
	}
}

func TestKensaEmptyBalanceMayBe500WithARecord(t *testing.T) {
	c := kensaBehaving(t, sandbox.KensaBehaviour{FundsAs500: true}, sandbox.Options{Balance: map[string]credit.Amount{"kensa": credit.Of(1)}})
	a := c.want(t, http.StatusInternalServerError, "POST", "/video/generate", meadow())
	if !strings.Contains(string(a.body), "credits") {
		t.Errorf("answer = %s, want one that names credits", a.body)
	}
	list := c.want(t, 200, "GET", "/video/list", nil).data(t)
	if list["total"] != 1.0 || list["videos"].([]any)[0].(map[string]any)["status"] != "FAILED" {
		t.Errorf("list = %v, want one failed record", list)
	}
	if n := len(bank(t, c.sandbox)); n != 0 {
		t.Errorf("%d lines in the bank, want none", n)
	}
}

func TestKensaChecksOrders(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any
		want   int
	}{
		"the sample":             {nil, 200},
		"empty prompt":           {map[string]any{"prompt": " "}, 400},
		"prompt of 5001":         {map[string]any{"prompt": strings.Repeat("é", 5001)}, 400},
		"prompt of 5000":         {map[string]any{"prompt": strings.Repeat("é", 5000)}, 200},
		"unknown model":          {map[string]any{"model": "sora-3"}, 400},
		"disabled model":         {map[string]any{"model": "kling-1-0"}, 400},
		"no duration":            {map[string]any{"duration": 0}, 400},
		"too long":               {map[string]any{"duration": 16}, 400},
		"duration as text":       {map[string]any{"duration": "10"}, 400},
		"odd duration":           {map[string]any{"duration": 7}, 200},
		"ratio of another model": {map[string]any{"aspectRatio": "1:1"}, 400},
		"no ratio":               {map[string]any{"aspectRatio": ""}, 400},
		"quality of another":     {map[string]any{"quality": "4k"}, 400},
		"no quality":             {map[string]any{"quality": ""}, 200},
		"image":                  {map[string]any{"startImageUrl": "https://example.com/a.jpg?rk=7"}, 200},
		"image without a host":   {map[string]any{"startImageUrl": "a.jpg"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			order := meadow()
			for field, value := range test.change {
				order[field] = value
			}
			c := kensaCaller(open(t, sandbox.Options{}))
			c.want(t, test.want, "POST", "/video/generate", order)
			if n := len(bank(t, c.sandbox)); (n == 1) != (test.want == 200) {
				t.Errorf("%d jobs in the bank after a %d", n, test.want)
			}
		})
	}
	c := kensaBehaving(t, sandbox.KensaBehaviour{DiscreteDurations: true}, sandbox.Options{})
	odd := meadow()
	odd["duration"] = 7
	c.want(t, 400, "POST", "/video/generate", odd)
}

func TestKensaPrices(t *testing.T) {
	for cell, want := range map[string]int64{
		"sora-2 720p 10": 2, "sora-2 720p 15": 3, "sora-2 1080p 10": 4, "veo-3-1 720p 8": 10, "veo-3-1 4k 8": 29,
		"wan-2-6 720p 5": 25, "seedance-1-5 480p 4": 8, "seedance-1-5 720p 8": 32, "sora-2 720p 12": 99,
	} {
		var model, quality string
		var seconds int
		if _, err := fmt.Sscan(cell, &model, &quality, &seconds); err != nil {
			t.Fatal(err)
		}
		order := meadow()
		order["model"], order["quality"], order["duration"] = model, quality, seconds
		c := kensaBehaving(t, sandbox.KensaBehaviour{Prices: map[string]credit.Amount{"sora-2 720p 12": credit.Of(99)}}, sandbox.Options{})
		c.generate(t, order)
		if line := bank(t, c.sandbox)[0]; line.Price != credit.Of(want) {
			t.Errorf("%s costs %v, want %d", cell, line.Price, want)
		}
	}
}

func TestKensaListCutsPromptsAndPages(t *testing.T) {
	c := kensaCaller(open(t, sandbox.Options{}))
	for range 5 {
		c.generate(t, meadow())
	}
	seen := map[any]bool{}
	for page := range 4 {
		list := c.want(t, 200, "GET", fmt.Sprintf("/video/list?page=%d&pageSize=2", page+1), nil).data(t)
		if list["total"] != 5.0 || list["page"] != float64(page+1) || list["pageSize"] != 2.0 {
			t.Errorf("page %d = %v", page+1, list)
		}
		for _, item := range list["videos"].([]any) {
			video := item.(map[string]any)
			seen[video["uuid"]] = true
			if video["prompt"] != "A golden retriever running t..." {
				t.Errorf("prompt = %q, want it cut", video["prompt"])
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d videos listed, want 5", len(seen))
	}
	for _, query := range []string{"page=0", "page=x", "pageSize=101", "page=9223372036854775807&pageSize=100"} {
		if a := c.call(t, "GET", "/video/list?"+query, nil); a.status != 400 && strings.Contains(string(a.body), "uuid") {
			t.Errorf("list?%s = %d %s", query, a.status, a.body)
		}
	}
}

func TestKensaListMayGrowWhileItIsRead(t *testing.T) {
	c := kensaBehaving(t, sandbox.KensaBehaviour{ListGrows: true, WholePrompts: true}, sandbox.Options{})
	ids := map[any]int{c.generate(t, meadow()): 0, c.generate(t, meadow()): 0}
	for page := 1; page <= 3; page++ {
		list := c.want(t, 200, "GET", fmt.Sprintf("/video/list?page=%d&pageSize=1", page), nil).data(t)
		for _, item := range list["videos"].([]any) {
			ids[item.(map[string]any)["uuid"]]++
		}
	}
	repeated := 0
	for _, n := range ids {
		if n > 1 {
			repeated++
		}
	}
	if repeated == 0 {
		t.Errorf("no video was listed twice: %v; a shifting list repeats some", ids)
	}
	if n := len(bank(t, c.sandbox)); n != 2 {
		t.Errorf("%d lines in the bank, want 2: nobody here paid for the colleague's videos", n)
	}
}

func TestKensaCompletedMayHaveNoLinkForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kensaBehaving(t, sandbox.KensaBehaviour{LinkDelay: 10 * time.Second}, sandbox.Options{Render: time.Second})
		id := c.generate(t, meadow())
		time.Sleep(2 * time.Second)
		if video := c.want(t, 200, "GET", "/video/"+id, nil).data(t); video["status"] != "COMPLETED" || video["videoUrl"] != nil {
			t.Errorf("details at once = %v, want COMPLETED without a link", video)
		}
		time.Sleep(10 * time.Second)
		if video := c.want(t, 200, "GET", "/video/"+id, nil).data(t); video["videoUrl"] == nil {
			t.Errorf("details later = %v, want a link", video)
		}
	})
}

func TestKensaDeleteHidesAndStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kensaBehaving(t, sandbox.KensaBehaviour{}, sandbox.Options{Render: time.Minute})
		id := c.generate(t, meadow())
		if gone := c.want(t, 200, "DELETE", "/video/"+id, nil).data(t); gone["deleted"] != true {
			t.Errorf("answer = %v", gone)
		}
		c.want(t, 404, "GET", "/video/"+id, nil)
		time.Sleep(time.Hour)
		if line := bank(t, c.sandbox)[0]; line.State != sandbox.Charged {
			t.Errorf("bank = %s, want charged", line.State)
		}
	})
}

func TestKensaSessionExpires(t *testing.T) {
	c := kensaBehaving(t, sandbox.KensaBehaviour{SessionCalls: 2}, sandbox.Options{})
	c.generate(t, meadow())
	c.want(t, 200, "GET", "/video/list", nil)
	c.want(t, 401, "POST", "/video/generate", meadow())
	c.header = http.Header{"Cookie": {"session=2"}}
	c.generate(t, meadow())
	c.header = nil
	c.want(t, 401, "GET", "/video/list", nil)
}

func TestKensaErrorsHaveTwoShapes(t *testing.T) {
	for name, test := range map[string]struct {
		behaviour sandbox.KensaBehaviour
		status    int
		body      string
	}{
		"text":    {sandbox.KensaBehaviour{}, 404, `{"error":"Video not found","success":false}`},
		"object":  {sandbox.KensaBehaviour{ErrorObject: true}, 404, `{"error":{"details":{},"message":"Video not found"},"success":false}`},
		"with OK": {sandbox.KensaBehaviour{ErrorsAsOK: true}, 200, `{"error":"Video not found","success":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := kensaBehaving(t, test.behaviour, sandbox.Options{})
			if a := c.want(t, test.status, "GET", "/video/unknown", nil); string(a.body) != test.body {
				t.Errorf("answer = %s, want %s", a.body, test.body)
			}
		})
	}
}

func TestKensaLimitsGiveTheirReason(t *testing.T) {
	for reason, behaviour := range map[string]sandbox.KensaBehaviour{
		"parallel_limit": {Parallel: 1},
		"daily_limit":    {Daily: 1},
	} {
		c := kensaBehaving(t, behaviour, sandbox.Options{Render: time.Hour})
		c.generate(t, meadow())
		a := c.want(t, http.StatusTooManyRequests, "POST", "/video/generate", meadow())
		if !strings.Contains(string(a.body), `"reason":"`+reason+`"`) || a.header.Get("Retry-After") == "" {
			t.Errorf("answer = %s %v, want reason %s and Retry-After", a.body, a.header, reason)
		}
	}
}

func TestKensaListsModelsAndHistory(t *testing.T) {
	c := kensaCaller(open(t, sandbox.Options{Render: time.Hour}))
	id := c.generate(t, meadow())
	models := c.want(t, 200, "GET", "/config/models", nil).data(t)["models"].([]any)
	if first := models[0].(map[string]any); first["id"] != "sora-2" || first["maxDuration"] != 15.0 || first["enabled"] != true {
		t.Errorf("first model = %v", first)
	}
	history := c.want(t, 200, "GET", "/credit/history", nil).data(t)["transactions"].([]any)
	if line := history[0].(map[string]any); line["videoUuid"] != id || line["type"] != "FREEZE" || line["credits"] != 2.0 {
		t.Errorf("history = %v", line)
	}
}
