package serve

import (
	"errors"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
)

// download is a file of the campaign's folder that a person may want.
type download struct {
	Name  string
	About string
	Bytes int64
	At    time.Time
}

// handed are the files that people are given, of all that a folder has. The ledger and its
// secrets are not among them.
func handed() []download {
	return []download{
		{Name: "results.xlsx", About: "the sheet with a link, a cost and a reason for every row"},
		{Name: "results.csv", About: "the sheet with a link, a cost and a reason for every row"},
		{Name: "send-ready.xlsx", About: "the rows that can be mailed"},
		{Name: "send-ready.csv", About: "the rows that can be mailed"},
		{Name: "report.html", About: "the report, as a page that needs nothing else"},
		{Name: "preview.html", About: "the storyboard, as a page that needs nothing else"},
		{Name: "plan.html", About: "the plan, as a page that needs nothing else"},
		{Name: "plan.xlsx", About: "the plan, row by row"},
		{Name: "mail/mailchimp.csv", About: "for Mailchimp"},
		{Name: "mail/hubspot.csv", About: "for HubSpot"},
		{Name: "mail/mail.csv", About: "for a mail tool that takes CSV"},
		{Name: "mail/snippet.html", About: "the HTML for the mail"},
	}
}

// pictured are the folders whose files are shown in pages.
func pictured() []string { return []string{"videos", "stills", "gifs"} }

// folder opens the folder of a campaign. Nothing outside of it can be reached through it,
// not even over a link.
func (v *visit) folder() (*os.Root, error) {
	root, err := os.OpenRoot(v.campaign.Folder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return root, err
}

// results lists what can be downloaded.
func (s *Server) results(v *visit) error {
	var files []download
	root, err := v.folder()
	if err != nil {
		return err
	}
	if root != nil {
		defer root.Close()
		for _, d := range handed() {
			if info, err := root.Stat(d.Name); err == nil && info.Mode().IsRegular() {
				d.Bytes, d.At = info.Size(), info.ModTime()
				files = append(files, d)
			}
		}
	}
	f := v.frame("Results", "results")
	f.Live = true
	return v.page("results", f, map[string]any{"Files": files, "HasRun": v.campaign.HasRun()})
}

// write writes the results and the report anew into the folder of the campaign.
func (s *Server) write(v *visit) error {
	if _, err := v.campaign.WriteResults(v.r.Context(), reelmerge.ResultsOptions{}); err != nil {
		return err
	}
	if _, _, err := v.campaign.WriteReport(v.r.Context(), ""); err != nil {
		return err
	}
	goTo(v.w, "results")
	return nil
}

// resultsCSV answers with the results as they are now. It writes no file.
func (s *Server) resultsCSV(v *visit) error {
	if !v.campaign.HasRun() {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("the campaign has not run yet"), Hint: "there are no results before that"}
	}
	var b strings.Builder
	if _, err := v.campaign.WriteResults(v.r.Context(), reelmerge.ResultsOptions{To: &b}); err != nil {
		return err
	}
	v.attach("results.csv", "text/csv; charset=utf-8")
	_, _ = v.w.Write([]byte(b.String()))
	return nil
}

// attach says that an answer is a file to keep.
func (v *visit) attach(name, kind string) {
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": slug(v.campaign.File().Name) + "-" + path.Base(name)}))
}

// report shows the report of the campaign in a page.
func (s *Server) report(v *visit) error {
	page, err := v.campaign.Report(v.r.Context())
	if err != nil {
		return err
	}
	page.Source = filepath.Base(page.Source)
	body, err := fragment(page.WriteBody)
	if err != nil {
		return err
	}
	f := v.frame("Report", "report")
	f.Live = true
	return v.page("report", f, map[string]template.HTML{"Board": body})
}

// reportFile answers with the report as a file that needs nothing else.
func (s *Server) reportFile(v *visit) error {
	page, err := v.campaign.Report(v.r.Context())
	if err != nil {
		return err
	}
	v.attach("report.html", "text/html; charset=utf-8")
	return page.WriteHTML(v.w)
}

// file answers with a file of the campaign's folder that people are given.
func (s *Server) file(v *visit) error {
	name := v.r.PathValue("name")
	kind := v.kindOf(name)
	root, err := v.folder()
	if err != nil {
		return err
	}
	if kind == "" || root == nil {
		return v.noFile()
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return v.noFile()
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return v.noFile()
	}
	if slices.Contains(pictured(), path.Dir(name)) {
		v.w.Header().Set("Content-Type", kind)
	} else {
		v.attach(name, kind)
	}
	// A video takes as long as the line needs, but one that takes nothing is cut off.
	http.ServeContent(v.w, v.r, "", info.ModTime(), f)
	return nil
}

// kindOf is the type of a file that people are given; empty for any other file.
func (v *visit) kindOf(name string) string {
	if !fs.ValidPath(name) {
		return ""
	}
	if slices.Contains(pictured(), path.Dir(name)) {
		return map[string]string{".mp4": "video/mp4", ".jpg": "image/jpeg", ".gif": "image/gif"}[strings.ToLower(path.Ext(name))]
	}
	if !slices.ContainsFunc(handed(), func(d download) bool { return d.Name == name }) {
		return ""
	}
	return map[string]string{
		".csv": "text/csv; charset=utf-8", ".html": "text/html; charset=utf-8",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[path.Ext(name)]
}

func (v *visit) noFile() error {
	v.fail(v.w, v.r, http.StatusNotFound, errors.New("there is no such file"), "go to the results")
	return nil
}
