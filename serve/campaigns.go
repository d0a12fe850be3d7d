package serve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// shelf finds the campaigns that are served. Browsers know them by an id, never by a path.
type shelf struct {
	roots   []string // absolute paths of campaigns, and of folders with campaigns
	options reelmerge.Options

	mu    sync.Mutex
	desks map[string]*desk // by ground and id
}

// place is a campaign on one ground: as its file says, or on the simulator.
type place struct {
	ID      string
	Path    string // of the campaign's file
	Name    string // the file, as people know it
	Sandbox bool
}

// key names a place as its address does.
func (p place) key() string {
	if p.Sandbox {
		return "s/" + p.ID
	}
	return "c/" + p.ID
}

// newShelf takes the paths that a person named. They must be there.
func newShelf(paths []string, o reelmerge.Options) (*shelf, error) {
	s := &shelf{options: o, desks: map[string]*desk{}}
	for _, path := range paths {
		full, err := filepath.Abs(path)
		if err == nil {
			_, err = os.Stat(full)
		}
		if err != nil {
			return nil, fmt.Errorf("%q cannot be served: %w", path, err)
		}
		s.roots = append(s.roots, full)
	}
	return s, nil
}

// mostCampaigns bounds the list, should a person serve a folder of everything.
const mostCampaigns = 500

// places are all campaigns, in the order of their folders. The folders are read anew each
// time: a campaign may have been added or taken away.
func (s *shelf) places() []place { return s.those(func(place) bool { return true }) }

// those are the wanted ones of all campaigns. Only their files are opened.
func (s *shelf) those(wanted func(place) bool) (list []place) {
	for _, root := range s.roots {
		info, err := os.Stat(root)
		switch {
		case err != nil:
		case info.IsDir():
			for _, path := range filesIn(root) {
				if p := placeOf(root, path); len(list) < mostCampaigns && wanted(p) && isCampaign(path) {
					list = append(list, p)
				}
			}
		default:
			if p := placeOf(filepath.Dir(root), root); wanted(p) {
				list = append(list, p)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b place) int { return cmp.Compare(a.Path, b.Path) })
	list = slices.CompactFunc(list, func(a, b place) bool { return a.Path == b.Path })
	return list[:min(len(list), mostCampaigns)]
}

// find returns the campaign with an id.
func (s *shelf) find(id string, sandbox bool) (place, bool) {
	list := s.those(func(p place) bool { return p.ID == id })
	if len(list) == 0 {
		return place{}, false
	}
	list[0].Sandbox = sandbox
	return list[0], true
}

func placeOf(root, path string) place {
	name, err := filepath.Rel(root, path)
	if err != nil {
		name = filepath.Base(path)
	}
	sum := sha256.Sum256([]byte(path))
	return place{ID: slug(name) + "-" + hex.EncodeToString(sum[:4]), Path: path, Name: filepath.ToSlash(name)}
}

// slug writes a file's name so that it can stand in an address.
func slug(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
	name = strings.Trim(notPlain.ReplaceAllString(name, "-"), "-")
	return cmp.Or(name[:min(len(name), 40)], "campaign")
}

var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// filesIn lists the files of a folder, and of the folders directly in it, that may be
// campaigns.
func filesIn(folder string) (list []string) {
	for _, pattern := range []string{"*.yaml", "*.yml", "*/*.yaml", "*/*.yml"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(folder), pattern))
		if err != nil {
			continue // the patterns are fine, so no folder makes one
		}
		list = append(list, found...)
	}
	return list
}

// escapeGlob has the name of a folder stand for itself in a pattern.
func escapeGlob(folder string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(folder)
}

// looks is the beginning of a file that is looked at to see whether it is a campaign.
const looks = 1 << 20

// isCampaign reports whether a file looks like a campaign, also one with mistakes: it says
// which template, and which rows.
func isCampaign(path string) bool {
	base := filepath.Base(path)
	if strings.HasPrefix(base, ".") || strings.Contains(base, ".service.") {
		return false
	}
	data, err := atomicfile.Read(path, looks)
	return err == nil && saysTemplate.Match(data) && saysRows.Match(data)
}

var (
	saysTemplate = regexp.MustCompile(`(?m)^["']?template["']?\s*:`)
	saysRows     = regexp.MustCompile(`(?m)^["']?rows["']?\s*:`)
)

// open opens the campaign of a place. Each request opens its own: an operation needs a
// campaign for itself, and the file may have changed.
func (s *shelf) open(ctx context.Context, p place, a *answers) (*reelmerge.Campaign, error) {
	o := s.options
	o.Sandbox = p.Sandbox
	o.Stdin = nil
	o.Ask = a.ask
	o.Note = a.note
	return reelmerge.Open(ctx, p.Path, o)
}

// answers are what a person has answered so far, and the first question that is open. An
// operation is asked for again with one more answer.
type answers struct {
	mu    sync.Mutex
	yes   map[reelmerge.Subject]bool
	asked *reelmerge.Question
	notes []string
}

// mostRemarks is how many notes of an operation are shown.
const mostRemarks = 20

func answered(yes []string) *answers {
	a := &answers{yes: map[reelmerge.Subject]bool{}}
	for _, subject := range yes {
		a.yes[reelmerge.Subject(subject)] = true
	}
	return a
}

// ask implements [reelmerge.Options.Ask].
func (a *answers) ask(_ context.Context, q reelmerge.Question) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.yes[q.About] {
		return true
	}
	if a.asked == nil {
		a.asked = &q
	}
	return false
}

// note implements [reelmerge.Options.Note].
func (a *answers) note(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.notes) < mostRemarks && !slices.Contains(a.notes, text) {
		a.notes = append(a.notes, text)
	}
}

// open is the question that was not answered with a yes; nil where there is none.
func (a *answers) open() (*reelmerge.Question, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked, slices.Clone(a.notes)
}
