package serve

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// videosOnPage is how many videos a page of the gallery has: a browser loads the head of each.
const videosOnPage = 24

// shownVideo is a video of the gallery.
type shownVideo struct {
	reelmerge.Result
	File   string // its address; empty: it is not on this machine
	Length string
	Cost   string
}

// gallery shows the videos that were made, those of this machine to be played.
func (s *Server) gallery(v *visit) error {
	var all []shownVideo
	if v.campaign.HasRun() {
		for r, err := range v.campaign.Results(v.r.Context()) {
			if err != nil {
				return err
			}
			if r.VideoURL != "" || r.VideoFile != "" {
				all = append(all, videoOf(r))
			}
		}
	}
	if find := strings.ToLower(strings.TrimSpace(v.r.FormValue("find"))); find != "" {
		all = slices.DeleteFunc(all, func(s shownVideo) bool { return !strings.Contains(strings.ToLower(s.Key), find) })
	}
	p := pageOf(v.r, len(all), videosOnPage)
	f := v.frame("Videos", "gallery")
	f.Live = true
	return v.page("gallery", f, map[string]any{"Videos": all[p.First:p.Last], "Pager": p, "Find": v.r.FormValue("find")})
}

func videoOf(r reelmerge.Result) shownVideo {
	shown := shownVideo{Result: r}
	if r.VideoFile != "" {
		shown.File = "videos/" + path.Base(r.VideoFile)
	}
	if r.Seconds > 0 {
		shown.Length = fmt.Sprintf("%.1f s", r.Seconds)
	}
	if r.Amount > 0 {
		shown.Cost = r.Amount.In(r.Unit)
	}
	return shown
}

// hand writes the file that a mail tool imports.
func (s *Server) hand(v *visit) error {
	form := v.r.PostForm
	done, err := v.campaign.HandOver(v.r.Context(), reelmerge.HandOverOptions{Tool: form.Get("tool"), Address: form.Get("address"), OnePer: form.Get("one")})
	if unknown, ok := errors.AsType[*reelmerge.AddressError](err); ok {
		return v.page("hand", v.frame("Which column has the addresses?", "results"), map[string]any{"Tool": form.Get("tool"), "One": form.Get("one"), "Columns": unknown.Candidates})
	}
	if err != nil {
		return err
	}
	_, notes := v.answers.open()
	return v.page("handed", v.frame("Handed over", "results"), map[string]any{
		"Done": done, "File": "mail/" + path.Base(done.File), "Snippet": "mail/" + path.Base(done.Snippet), "Rows": wording.Plural(done.Rows, "row"),
		"Left": done.Left[:min(len(done.Left), rowsOnPage)], "More": len(done.Left) - min(len(done.Left), rowsOnPage), "Notes": notes,
	})
}
