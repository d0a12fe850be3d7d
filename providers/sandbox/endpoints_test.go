package sandbox_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestEveryDocumentedEndpointIsPlayed calls every endpoint that the services document with
// an empty request. The answer must come from a service, in its own words, and not from a
// router that knows no such path.
func TestEveryDocumentedEndpointIsPlayed(t *testing.T) {
	s := open(t, sandbox.Options{})
	for name, test := range map[string]struct {
		caller    caller
		endpoints []string
	}{
		"colossyan": {colossyanCaller(s), []string{
			"POST /video-generation-jobs", "POST /video-generation-jobs/template-jobs",
			"GET /video-generation-jobs/x", "DELETE /video-generation-jobs/x", "GET /generated-videos/x", "DELETE /generated-videos/x",
			"GET /assets/voices", "GET /assets/actors", "POST /assets/actors", "POST /../knowledge-to-draft/generate-draft",
		}},
		"vidgen": {vidgenCaller(s), []string{
			"POST /api/jobs", "GET /api/jobs", "GET /api/status/x", "DELETE /api/jobs/x", "GET /health",
		}},
		"kensa": {kensaCaller(s), []string{
			"POST /video/generate", "GET /video/list", "GET /video/x", "DELETE /video/x", "GET /video/task", "GET /config/models", "GET /credit/history",
		}},
		"samsar": {samsarCaller(s), []string{
			"GET /video/supported_models", "POST /video/text_to_video", "POST /video/image_list_to_video",
			"POST /external_users/text_to_video", "POST /external_users/image_list_to_video",
			"POST /video/add_outro_image", "POST /video/update_outro_image", "POST /video/update_footer_image",
			"POST /external_users/add_outro_image", "POST /external_users/update_outro_image", "POST /external_users/update_footer_image",
			"POST /external_users/translate_video", "POST /external_users/join_videos", "GET /external_users/status",
			"POST /video/clone", "POST /../v2/video/clone", "POST /video/translate_video", "POST /video/retranslate_video", "POST /video/join_videos",
			"POST /video/remove_subtitles", "POST /video/add_subtitles", "POST /video/cancel_render",
			"GET /video/fetch_latest_version", "GET /video/list_completed_video_sessions", "GET /status", "GET /../v2/status",
			"GET /supported_fonts", "GET /credits", "GET /external_users/requests",
		}},
	} {
		for _, endpoint := range test.endpoints {
			t.Run(name+" "+endpoint, func(t *testing.T) {
				method, path, _ := strings.Cut(endpoint, " ")
				c := test.caller
				if rest, up := strings.CutPrefix(path, "/.."); up {
					c.base, path = c.base[:strings.LastIndex(c.base, "/")], rest
				}
				a := c.call(t, method, path, nil)
				if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
					t.Errorf("answer = %d %s %q, want one of the service's", a.status, kind, a.body)
				}
			})
		}
	}
}
