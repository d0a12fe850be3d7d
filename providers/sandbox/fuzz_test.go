package sandbox_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// FuzzParseFaults checks that a list that was read and written reads back the same.
func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{"", "429=10%", "accept-then-drop=5%,failed@3", "slow=1e-3", "500=100%,500@1,,", "=%@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := sandbox.ParseFaults(text)
		if err != nil {
			return
		}
		again, err := sandbox.ParseFaults(first.String())
		if err != nil || again.String() != first.String() {
			t.Errorf("%q reads as %q, which reads as %q, %v", text, first, again, err)
		}
	})
}

// FuzzSubmit checks, for any body, that a job is in the bank exactly when the answer is a
// 200, and that its video has a length.
func FuzzSubmit(f *testing.F) {
	f.Add(uint8(0), `{"templateJobId":"a","dynamicVariables":{"name":"Ada"}}`)
	f.Add(uint8(1), scene(`"tracks":[{"type":"actor","text":"Hello"}]`))
	f.Add(uint8(1), scene(`"duration":1e308,"tracks":[{"type":"video","startTimeGap":-0,"endTimeGap":1}]`))
	f.Add(uint8(2), `{"prompt":"a","model":"sora-2","duration":1e-9,"aspectRatio":"16:9"}`)
	f.Add(uint8(3), `{"input":{"prompt":"a","image_model":"SEEDREAM","video_model":"RUNWAYML","duration":0.0001}}`)
	f.Add(uint8(4), `{"input":{"image_urls":["https://e.com/1.png",{"src":"https://e.com"}]},"webhookUrl":"https://e.com"}`)
	f.Add(uint8(5), `{"summary":{"title":"a","chapters":[{}]}}`)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		s := open(t, sandbox.Options{Render: 1})
		colossyan, samsar := colossyanCaller(s), samsarCaller(s)
		drafts := colossyan
		drafts.base = root + "/colossyan/api"
		calls := []struct {
			caller
			path string
		}{
			{colossyan, submitPath}, {colossyan, "/video-generation-jobs"}, {kensaCaller(s), "/video/generate"},
			{samsar, "/video/text_to_video"}, {samsar, "/video/image_list_to_video"}, {drafts, "/knowledge-to-draft/generate-draft"},
		}
		to := calls[int(which)%len(calls)]
		a := to.call(t, "POST", to.path, body)
		lines := bank(t, s)
		if (a.status == 200) != (len(lines) == 1) || a.status >= 500 {
			t.Fatalf("answer %d, and %d lines in the bank", a.status, len(lines))
		}
		for _, line := range lines {
			if line.Price < 0 {
				t.Errorf("price = %v", line.Price)
			}
		}
	})
}
