package serve

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
)

//go:embed web
var web embed.FS

// frame is what every page has around its content.
type frame struct {
	Root  string // leads from this page to the first one
	Base  string // leads from this page to that of its campaign
	Title string
	Here  string // which page of a campaign it is
	Place place
	Name  string // of the campaign; empty on pages of no campaign
	Test  string // says what the videos of a test are
	Fixed bool   // its file says that it is a test, so there is no other ground
	Live  bool   // a part of the page changes while it is open
	Busy  bool   // it changes all the time
	Guest bool   // the person may look, and do nothing
	Body  any    // of the page's template
}

// Ground is how addresses write on which ground a campaign is.
func (f frame) Ground() string {
	if f.Place.Sandbox {
		return "s"
	}
	return "c"
}

// tab leads to a page of a campaign.
type tab struct{ Name, Here, Path string }

// Tabs are the pages of a campaign.
func (frame) Tabs() []tab {
	return []tab{{"Overview", "home", ""}, {"Problems", "problems", "problems"}, {"Rows", "rows", "rows"}, {"Plan", "plan", "plan"}, {"Videos", "gallery", "videos"}, {"Results", "results", "results"}, {"Report", "report", "report"}}
}

// pages are the templates, by the names of their files.
var pages = sync.OnceValues(func() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	names, err := web.ReadDir("web")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		name, ok := strings.CutSuffix(file.Name(), ".html")
		if !ok || name == "frame" {
			continue
		}
		t, err := template.New("frame.html").Funcs(words()).ParseFS(web, "web/frame.html", "web/"+file.Name())
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
})

// words are the functions of the templates.
func words() template.FuncMap {
	return template.FuncMap{
		"clean": func(s string) string { return report.Shorten(wording.Clean(s), mostWords) }, "number": wording.Count, "plural": wording.Plural,
		"when": when, "moment": func(t time.Time) string { return wording.Moment(t.Local(), time.Now()) },
		"word": reelmerge.ActionWord, "at": at,
		"add": func(a, b int) int { return a + b },
	}
}

// at says where a problem is. People know a file by its name. Its folder is
// left out, since a page may be shown to others.
func at(p problem.Problem) string {
	p.File = filepath.Base(p.File)
	return p.Place.String()
}

// mostWords is how many characters of a text are shown.
const mostWords = 2000

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 January 2006, 15:04")
}

// show writes a page. It is made as a whole before the first byte leaves, so that an answer
// is never half a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, f frame) {
	all, err := pages()
	var b bytes.Buffer
	if err == nil {
		f.Root = rootOf(r.URL.Path)
		by, _ := s.doors.lets(r, time.Now())
		f.Guest = by != nil
		err = all[name].Execute(&b, f)
	}
	if err != nil {
		s.log.Error("page", slog.String("name", name), slog.String("detail", err.Error()))
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // who has left needs no page
}

// rootOf leads from a path to the first page. Addresses are relative, since a proxy may put
// the server into a folder.
func rootOf(path string) string {
	depth := strings.Count(path, "/") - 1
	if depth <= 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

// fragment is a part that package report writes: it escapes every value.
func fragment(write func(io.Writer) error) (template.HTML, error) {
	var b strings.Builder
	if err := write(&b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // G203: report's templates escape
}

// trouble is what the page of an error shows.
type trouble struct {
	Says, Hint string
	Problems   problem.List
	More       int
	Next       []reelmerge.Step
	Commands   []string
	Question   *asking
}

// asking is a question, with the form that asks again with a yes.
type asking struct {
	Text, Otherwise string
	Action          string
	About           reelmerge.Subject
	Fields          []field
}

// field is a hidden field of a form.
type field struct{ Name, Value string }

// fail answers with an error that is about no campaign.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, err error, hint string) {
	s.show(w, r, status, "error", frame{Title: "That did not work", Body: trouble{Says: err.Error(), Hint: hint}})
}

// door answers with the form for the token.
func (s *Server) door(w http.ResponseWriter, r *http.Request, status int, why string) {
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/events") {
		http.Error(w, "no session", status)
		return
	}
	s.show(w, r, status, "door", frame{Title: "Open Reelmerge", Body: map[string]any{"Why": why, "Password": s.options.Password != ""}})
}

// statusOf is the table of HTTP statuses for causes.
func statusOf(cause reelmerge.Cause) int {
	return map[reelmerge.Cause]int{
		reelmerge.Done: http.StatusOK, reelmerge.Bug: http.StatusInternalServerError, reelmerge.Usage: http.StatusUnprocessableEntity,
		reelmerge.Declined: http.StatusConflict, reelmerge.BadRows: http.StatusUnprocessableEntity, reelmerge.Undecided: http.StatusConflict,
		reelmerge.Held: http.StatusConflict, reelmerge.Locked: http.StatusLocked, reelmerge.BadLedger: http.StatusServiceUnavailable,
		reelmerge.Stopped: http.StatusServiceUnavailable,
	}[cause]
}

// troubleOf says what an error of the library says.
func troubleOf(err error) trouble {
	t := trouble{Says: err.Error()}
	if list, ok := errors.AsType[problem.List](err); ok {
		t.Says = "The campaign cannot be used as it is."
		t.Problems = list[:min(len(list), problemsOnPage)]
		t.More = len(list) - len(t.Problems)
	}
	if e, ok := errors.AsType[*reelmerge.Error](err); ok {
		t.Hint, t.Next = e.Hint, e.Next
	}
	if otherwise, asked := reelmerge.Otherwise(err); asked {
		t.Says = otherwise
	}
	return t
}

// asset answers with the style sheet, a script, or another file of the pages.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kinds := map[string]string{"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8", "drop.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}
	kind, known := kinds[name]
	data, err := web.ReadFile("web/" + name)
	if known && err == nil && name == "style.css" {
		var common []byte
		common, err = report.StyleSheet()
		data = append(common, data...)
	}
	if !known || err != nil {
		s.fail(w, r, http.StatusNotFound, errors.New("there is no such file"), "go to the list of campaigns")
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=60")
	_, _ = w.Write(data)
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok")
}

// visit is one request for a page of a campaign.
type visit struct {
	*Server
	w        http.ResponseWriter
	r        *http.Request
	place    place
	campaign *reelmerge.Campaign
	answers  *answers
}

// visit opens the campaign of a request, and shows a page of it.
func (s *Server) visit(w http.ResponseWriter, r *http.Request, ground string, show func(*visit) error) {
	p, found := s.shelf.find(r.PathValue("id"), ground == "s")
	if !found {
		s.fail(w, r, http.StatusNotFound, errors.New("there is no such campaign any more"), "go to the list of campaigns")
		return
	}
	v := &visit{Server: s, w: w, r: r, place: p, answers: answered(r.PostForm["yes"])}
	var err error
	if v.campaign, err = s.shelf.open(r.Context(), p, v.answers); err == nil {
		defer v.campaign.Close()
		s.hub.follow(p, v.campaign)
		err = show(v)
	}
	if err != nil {
		v.refuse(err)
	}
}

// refuse shows the page of an error. If the operation asked something, the page asks it.
func (v *visit) refuse(err error) {
	if v.r.Context().Err() != nil {
		return // the browser has left
	}
	body := troubleOf(err)
	if asked, _ := v.answers.open(); asked != nil && v.r.Method == http.MethodPost {
		body.Question = askingOf(asked, v.r.PostForm, lastOf(v.r.URL.Path))
	}
	f := v.frame("That did not work", "")
	if body.Question != nil {
		f.Title = "One question first"
	}
	if v.campaign != nil {
		for _, step := range body.Next {
			body.Commands = append(body.Commands, v.campaign.Command(step.Verb, step.Flags...))
		}
	}
	f.Body = body
	v.show(v.w, v.r, statusOf(reelmerge.CauseOf(err)), "error", f)
}

// lastOf is the last part of a path: the form of an operation asks at the same address.
func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// askingOf is a question with everything that was in the form before.
func askingOf(q *reelmerge.Question, form map[string][]string, action string) *asking {
	a := &asking{Text: q.Text, Otherwise: q.Otherwise, Action: action, About: q.About}
	for _, name := range []string{"plan", "by", "note", "yes", "accept", "key", "part", "choice", "ticket", "sure", "tool", "address", "one"} {
		for _, value := range form[name] {
			a.Fields = append(a.Fields, field{name, value})
		}
	}
	return a
}

// frame is that of a page of the campaign.
func (v *visit) frame(title, here string) frame {
	f := frame{Title: title, Here: here, Place: v.place, Name: v.place.Name}
	f.Base = strings.Repeat("../", max(0, strings.Count(v.r.URL.Path, "/")-3))
	if f.Base == "" {
		f.Base = "./"
	}
	if c := v.campaign; c != nil {
		f.Name = c.File().Name
		f.Test = c.TestLine()
		f.Fixed = !v.place.Sandbox && c.IsTest()
	}
	return f
}

// page shows a page of the campaign.
func (v *visit) page(name string, f frame, body any) error {
	f.Body = body
	v.show(v.w, v.r, http.StatusOK, name, f)
	return nil
}
