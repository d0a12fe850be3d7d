package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// beginning is a campaign that a person has begun: a folder with the files that were given,
// and no campaign yet. The folder is all that is known of it.
type beginning struct {
	Name     string `json:"-"`        // of the folder
	Template string `json:"template"` // the name of the file; empty: not given yet
	Sheet    string `json:"sheet"`

	folder string
}

// beginningFile says which files of a folder were given for a campaign.
const beginningFile = "draft.json"

// path is a file of the folder; empty for one that was not given.
func (b beginning) path(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Join(b.folder, name)
}

// campaign is the file that is written at the end.
func (b beginning) campaign() string { return b.path(b.Name + ".yaml") }

// save writes what was given.
func (b beginning) save() error {
	data, err := json.Marshal(b)
	if err == nil {
		err = atomicfile.WriteFile(b.path(beginningFile), data)
	}
	return err
}

// home is the folder for new campaigns: the first folder that is served.
func (s *shelf) home() (string, bool) {
	for _, root := range s.roots {
		if info, err := os.Stat(root); err == nil && info.IsDir() {
			return root, true
		}
	}
	return "", false
}

// begun are the campaigns that are not finished.
func (s *shelf) begun() (list []beginning) {
	home, _ := s.home()
	found, err := filepath.Glob(filepath.Join(escapeGlob(home), "*", beginningFile))
	if home == "" || err != nil {
		return nil
	}
	for _, path := range found {
		if b, ok := readBeginning(filepath.Dir(path)); ok && len(list) < mostCampaigns {
			list = append(list, b)
		}
	}
	return list
}

// beginning finds the unfinished campaign with a name. A browser names none that is not
// in the list.
func (s *shelf) beginning(name string) (beginning, bool) {
	home, there := s.home()
	if !there || name != slug(name) {
		return beginning{}, false
	}
	return readBeginning(filepath.Join(home, name))
}

func readBeginning(folder string) (b beginning, ok bool) {
	data, err := atomicfile.Read(filepath.Join(folder, beginningFile), looks)
	if err != nil || json.Unmarshal(data, &b) != nil {
		return b, false
	}
	b.Name, b.folder = filepath.Base(folder), folder
	plain := func(name string) bool { return name == "" || name == safeName(name) }
	return b, plain(b.Template) && plain(b.Sheet) && !atomicfile.IsThere(b.campaign())
}

// beginPage is what the page of an unfinished campaign shows.
type beginPage struct {
	Begun     beginning
	Trouble   *trouble // the files cannot be used, or not as they were chosen
	Draft     *reelmerge.Draft
	Questions []openQuestion
	Faults    []string // what keeps it from being written
	Saved     string
	Approval  bool
}

// openQuestion is something that neither the files nor the service tell.
type openQuestion struct {
	About       reelmerge.DraftSubject
	Text, Value string
	Fault       string
	Unit        string // of a price
}

// Field is the name of the answer in the form.
func (q openQuestion) Field() string { return answerField(q.About) }

func answerField(about reelmerge.DraftSubject) string { return "answer." + string(about) }

// columnField is the name of the field that chooses the column of a variable.
const columnField = "column."

// draft is the campaign as a form has it. Without a form columns are matched by their names,
// and what is not sure is left open.
func (s *Server) draft(ctx context.Context, b beginning, form url.Values) beginPage {
	p := beginPage{Begun: b, Saved: strings.TrimSpace(form.Get("saved")), Approval: form.Has("approval") || !form.Has("key")}
	if b.Sheet == "" || b.Template == "" && p.Saved == "" {
		return p
	}
	o := reelmerge.DraftOptions{
		Template: b.path(b.Template), Sheet: b.path(b.Sheet), Saved: p.Saved, Out: b.campaign(), Key: form.Get("key"), Approval: p.Approval, Columns: map[string]string{},
		Ask: func(_ context.Context, q reelmerge.DraftQuestion) string { return p.ask(q, form) },
	}
	for name := range form {
		if variable, is := strings.CutPrefix(name, columnField); is {
			o.Columns[variable] = form.Get(name)
		}
	}
	d, err := reelmerge.NewDraft(ctx, o, s.shelf.options)
	if err != nil {
		t := troubleOf(err)
		p.Trouble = &t
		return p
	}
	p.Draft = d
	for _, f := range d.Variables {
		if f.Required && f.Column == "" {
			p.Faults = append(p.Faults, fmt.Sprintf("%s has no column yet", f.Variable))
		}
	}
	return p
}

// ask answers from the form, and remembers the question for the page. Columns and the key
// have a place of their own there.
func (p *beginPage) ask(q reelmerge.DraftQuestion, form url.Values) string {
	value := strings.TrimSpace(form.Get(answerField(q.About)))
	switch q.About {
	case reelmerge.DraftKey:
		return q.Proposal
	case reelmerge.DraftColumn:
		return ""
	case reelmerge.DraftUnit:
		return value
	case reelmerge.DraftSeconds, reelmerge.DraftAddress, reelmerge.DraftMoney, reelmerge.DraftPrice:
	}
	open := openQuestion{About: q.About, Text: q.Text, Value: value, Unit: strings.TrimSpace(form.Get(answerField(reelmerge.DraftUnit)))}
	if value != "" {
		open.Fault = q.Wrong(value)
	}
	p.Questions = append(p.Questions, open)
	if open.Fault != "" {
		p.Faults = append(p.Faults, open.Fault)
		return ""
	}
	return value
}

// found finds the unfinished campaign of a request, or says that there is none.
func (s *Server) found(w http.ResponseWriter, r *http.Request) (beginning, bool) {
	b, ok := s.shelf.beginning(r.PathValue("folder"))
	if !ok {
		s.fail(w, r, http.StatusNotFound, errors.New("there is no such unfinished campaign"), "go to the list of campaigns")
	}
	return b, ok
}

// begun shows the columns of an unfinished campaign, matched to the template's variables.
func (s *Server) begun(w http.ResponseWriter, r *http.Request) {
	if b, ok := s.found(w, r); ok {
		s.showBeginning(w, r, http.StatusOK, s.draft(r.Context(), b, r.URL.Query()))
	}
}

func (s *Server) showBeginning(w http.ResponseWriter, r *http.Request, status int, p beginPage) {
	s.show(w, r, status, "begin", frame{Title: "New campaign: " + p.Begun.Name, Body: p})
}

// finish writes the campaign, and leads to it.
func (s *Server) finish(w http.ResponseWriter, r *http.Request) {
	b, ok := s.found(w, r)
	if !ok {
		return
	}
	p := s.draft(r.Context(), b, r.PostForm)
	if p.Draft == nil || len(p.Faults) > 0 {
		s.showBeginning(w, r, http.StatusUnprocessableEntity, p)
		return
	}
	if err := p.Draft.Write(); err != nil {
		t := troubleOf(err)
		p.Trouble = &t
		s.showBeginning(w, r, http.StatusUnprocessableEntity, p)
		return
	}
	_ = os.Remove(b.path(beginningFile)) // it says nothing beside a campaign
	s.log.Info("campaign written", slog.Int("rows", p.Draft.Rows))
	goTo(w, "../"+s.first(r.Context(), b.campaign(), r.PostForm.Get("on") == "simulator"))
}

// first is the page of a new campaign that comes first: that of its problems, if it has any.
func (s *Server) first(ctx context.Context, path string, sandbox bool) string {
	places := s.shelf.those(func(p place) bool { return p.Path == path })
	if len(places) == 0 {
		return ""
	}
	places[0].Sandbox = sandbox
	address := places[0].key() + "/"
	a := answered(nil)
	c, err := s.shelf.open(ctx, places[0], a)
	if err != nil {
		return address
	}
	defer c.Close()
	if now, err := s.shelf.survey(ctx, places[0], c, a); err == nil && now.plan.Rows.Refused > 0 {
		return address + "problems"
	}
	return address
}

// discard takes the files away that were given for an unfinished campaign.
func (s *Server) discard(w http.ResponseWriter, r *http.Request) {
	b, ok := s.found(w, r)
	if !ok {
		return
	}
	for _, name := range []string{b.Template, b.Sheet, beginningFile} {
		if name != "" {
			_ = os.Remove(b.path(name)) // the list shows it again where that fails
		}
	}
	_ = os.Remove(b.folder) // it stays if a person has put something else there
	goTo(w, "../../")
}

// copyStarter writes a campaign of a starter template, with an example sheet.
func (s *Server) copyStarter(ctx context.Context, name string) (address string, _ error) {
	b, err := s.shelf.reserve(name)
	if err != nil {
		return "", err
	}
	d, err := reelmerge.NewDraft(ctx, reelmerge.DraftOptions{Starter: name, Out: b.campaign()}, s.shelf.options)
	if err == nil {
		err = d.Write()
	}
	if err != nil {
		_ = os.Remove(b.folder) // nothing is in it
		return "", err
	}
	return s.first(ctx, b.campaign(), true), nil
}
